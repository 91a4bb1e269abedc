/**
 * The evidence of an outcome: one JSON with everything that is known of a request and its runs, written after the outcome
 * is decided and before it is announced. Nothing here can undo or delay an outcome for long: what cannot be written is
 * tried again by reconciliation, and given up, visibly, after two days.
 */
import type { Ledger } from '../ledger/ledger.ts';
import type { AttemptRecord, EvidenceMark, EvidenceTrouble, RequestRecord } from '../runs/request-record.ts';
import { aboutOutcomeOf, attemptEvidenceKept, evidenceFailed, evidenceKept } from '../runs/transitions.ts';
import { errorName } from './error-name.ts';
import type { Metrics } from './metrics.ts';
import type { Log } from './ports.ts';
import { collectRun, type EvidencePorts, keepRunEvidence, type RunEvidence } from './run-evidence.ts';

export interface KeepEvidencePorts extends EvidencePorts {
  readonly ledger: Pick<Ledger, 'requests'>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The announcement waits for so many tries: about three minutes. */
const TRIES_BEFORE_ANNOUNCEMENT = 3;
/** With the delays below, two days. */
const MOST_TRIES = 16;
const MINUTE_MS = 60_000;
const LONGEST_DELAY_MS = 6 * 60 * MINUTE_MS;

/** Writes the evidence of a request that has ended, unless it is written or was tried a moment ago. Never rejects for S3 or HealthOmics. */
export async function keepEvidence(ports: KeepEvidencePorts, record: RequestRecord): Promise<RequestRecord> {
  if (!isDue(record, ports.clock.nowMs())) return record;
  const tried = await tryToWrite(ports, record);
  if ('trouble' in tried) tellTrouble(ports, record.identity, tried.trouble);
  const step = aboutOutcomeOf(record, (latest) =>
    'evidence' in tried ? evidenceKept(latest, tried.evidence) : evidenceFailed(latest, tried.trouble),
  );
  return ports.ledger.requests.change(record.identity, step, record);
}

function tellTrouble({ log, metrics }: KeepEvidencePorts, identity: string, trouble: EvidenceTrouble): void {
  const fields = { identity, tries: trouble.tries, error: trouble.error };
  if (trouble.givenUpAt === undefined) {
    log.warn('evidence not written', fields);
    return;
  }
  log.error('evidence given up', fields);
  metrics.record({ kind: 'evidenceGivenUp' });
}

/** Whether the announcement should wait for the next try. */
export function holdsAnnouncement({ evidence, evidenceTrouble }: RequestRecord): boolean {
  return evidence === undefined && (evidenceTrouble?.tries ?? 0) < TRIES_BEFORE_ANNOUNCEMENT;
}

/** Of a run that failed and is followed by another attempt: kept if it can be, and else looked for again at the end. */
export async function keepAttemptEvidence(
  ports: KeepEvidencePorts,
  record: RequestRecord,
  number: number,
): Promise<void> {
  const attempt = record.attempts.find((one) => one.attempt === number);
  if (attempt?.runId === undefined || attempt.uuid === undefined || attempt.evidence !== undefined) return;
  const { runId, uuid } = attempt;
  try {
    const { mark } = await keepRunEvidence(ports, { runId, uuid });
    await ports.ledger.requests.change(record.identity, (latest) => attemptEvidenceKept(latest, number, mark), record);
  } catch (error) {
    ports.log.warn('evidence of an attempt not written', {
      identity: record.identity,
      attempt: number,
      runId,
      error: errorName(error),
    });
  }
}

function isDue({ state, evidence, evidenceTrouble: trouble }: RequestRecord, nowMs: number): boolean {
  if (state !== 'ENDED' || evidence !== undefined || trouble?.givenUpAt !== undefined) return false;
  if (trouble === undefined) return true;
  const delayMs = Math.min(LONGEST_DELAY_MS, MINUTE_MS * 2 ** (trouble.tries - 1));
  // A little early counts: reconciliation comes once a minute, and its clock may be another one.
  return nowMs - Date.parse(trouble.lastTryAt) >= delayMs - MINUTE_MS / 2;
}

async function tryToWrite(
  ports: KeepEvidencePorts,
  record: RequestRecord,
): Promise<{ readonly evidence: EvidenceMark } | { readonly trouble: EvidenceTrouble }> {
  try {
    return { evidence: await ports.evidence.put(keyOf(record), await outcomeEvidence(ports, record)) };
  } catch (error) {
    const at = new Date(ports.clock.nowMs()).toISOString();
    const tries = (record.evidenceTrouble?.tries ?? 0) + 1;
    const trouble = { tries, lastTryAt: at, error: errorName(error) };
    return { trouble: tries < MOST_TRIES ? trouble : { ...trouble, givenUpAt: at } };
  }
}

/** A request that a person opened again comes to another outcome, with evidence of its own. */
function keyOf({ identity, outcomeAt, since, reopened = 0 }: RequestRecord): string {
  const [year, month] = (outcomeAt ?? since).split('-');
  return `outcomes/${year}/${month}/${identity}${reopened === 0 ? '' : `-${reopened}`}.json`;
}

type AttemptEvidence = RunEvidence & {
  readonly attempt: number;
  readonly requestId: string;
  /** What of this was kept when the attempt ended. */
  readonly keptAs?: EvidenceMark;
};

async function outcomeEvidence(ports: KeepEvidencePorts, record: RequestRecord): Promise<string> {
  const attempts: AttemptEvidence[] = [];
  for (const attempt of record.attempts) attempts.push(await attemptEvidence(ports, attempt));
  const { rundropVersion, stage } = ports.settings;
  const { identity, route, outcome, outcomeAt, reason, origin, createdAt, executions, members, sheet } = record;
  return JSON.stringify({
    version: '1',
    kind: 'rundrop/outcome-evidence',
    capturedAt: new Date(ports.clock.nowMs()).toISOString(),
    capturedBy: { rundropVersion, stage },
    request: identity,
    route,
    outcome,
    outcomeAt,
    reason,
    createdAt,
    origin,
    routeFile: { sha256: record.routesHash, commit: record.routesCommit },
    rundropVersion: record.rundropVersion,
    startRunRequest: JSON.parse(record.requestText) as unknown,
    members,
    sheet,
    executions,
    attempts,
    ledger: record,
  });
}

async function attemptEvidence(ports: KeepEvidencePorts, attempt: AttemptRecord): Promise<AttemptEvidence> {
  const { attempt: number, requestId, evidence: keptAs } = attempt;
  const text = keptAs === undefined ? undefined : await ports.evidence.read(keptAs);
  if (keptAs === undefined || text === undefined)
    return { attempt: number, requestId, ...(await collectRun(ports, attempt)) };
  const { capturedAt, run, definition, tasks } = JSON.parse(text) as RunEvidence;
  return { attempt: number, requestId, keptAs, capturedAt, run, ...(definition && { definition }), tasks };
}
