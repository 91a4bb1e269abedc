/**
 * Level-triggered repair, every minute: compares what the ledger says is unfinished with what HealthOmics and Step
 * Functions say, and takes the step that a lost event, a lost execution or a crash left out. Every step is safe to repeat.
 */
import type { Ledger } from '../ledger/ledger.ts';
import { type AttemptRecord, currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { advances, parseRunStatus, type RunStatus } from '../runs/run-status.ts';
import { isUncertaintyTold, runHasEnded, waiting } from '../runs/transitions.ts';
import { type ActiveRuns, listActive, statusesToList } from './active-runs.ts';
import { announceIncomplete } from './announce-incomplete.ts';
import { announceOutcome } from './announce-outcome.ts';
import { announceRejected } from './announce-rejected.ts';
import { announceStuckSheets } from './announce-stuck-sheets.ts';
import { announceUncertain } from './announce-uncertain.ts';
import { byTurns } from './by-turns.ts';
import { cancelIfAsked } from './cancel-request.ts';
import { ensureWatcher, startAnotherWatcher } from './claim-request.ts';
import { errorName } from './error-name.ts';
import { followHint, statusOfRun } from './follow-run.ts';
import { claimWithoutRoute, fireIfComplete } from './gather-drop.ts';
import { keepEvidence } from './keep-evidence.ts';
import type { Objects, Runs, Starter } from './ports.ts';
import { type RecordOutcomePorts, recordOutcome } from './record-outcome.ts';
import { sideBySide } from './side-by-side.ts';
import type { TakeDropPorts } from './take-drop.ts';
import { tellOverdue } from './tell-overdue.ts';
import { answerAll, answerEverybody } from './tokens.ts';

export interface ReconcilePorts extends TakeDropPorts, RecordOutcomePorts {
  readonly ledger: Ledger;
  readonly runs: RecordOutcomePorts['runs'] & Pick<Runs, 'listRuns' | 'cancelRun'>;
  readonly objects: Objects;
  readonly starter: Starter;
}

/** So much unfinished work of each kind is looked at in one pass, oldest first. */
const MOST_PER_PASS = 1_000;
const READS_AT_ONCE = 8;
/** Executions are asked for at a rate that all of an account share: of more that wait, each is looked at by turns. */
const MOST_WATCHERS = 200;
/** Younger than this, a step is most likely being taken right now by whoever is in charge of it. */
const SETTLE_MS = 60_000;

export interface Reconciled {
  readonly unfinished: number;
  readonly repaired: number;
}

/**
 * What one service does not answer keeps back only what needs it.
 * @throws PassesFailed once all others are done
 */
export async function reconcile(ports: ReconcilePorts): Promise<Reconciled> {
  const failed: unknown[] = [];
  let unfinished = 0;
  let repaired = 0;
  for (const [name, pass] of PASSES) {
    try {
      const done = await pass(ports);
      unfinished += done.seen;
      repaired += done.repaired;
    } catch (error) {
      failed.push(error);
      ports.log.error('pass failed', { pass: name, error: errorName(error) });
    }
  }
  if (failed.length > 0) throw new PassesFailed(failed);
  return { unfinished, repaired };
}

/** Some of reconciliation was not done; the next one, in a minute, tries it again. */
export class PassesFailed extends AggregateError {
  override readonly name = 'PassesFailed';
  constructor(errors: readonly unknown[]) {
    super(errors, `${errors.length} of ${PASSES.length} passes of reconciliation failed; the log names them.`);
  }
}

const PASSES: readonly (readonly [name: string, pass: (ports: ReconcilePorts) => Promise<Pass>])[] = [
  ['gathers', fireGathers],
  ['claims', (ports) => forEachOpen(ports, 'CLAIMED', (record) => repairClaim(ports, record))],
  // Before the line is looked through, because a long one takes long.
  ['nudge', nudgeStarter],
  ['waiting', (ports) => forEachOpen(ports, 'WAITING', (record) => repairWatcher(ports, record), MOST_WATCHERS)],
  ['retrying', (ports) => forEachOpen(ports, 'RETRYING', (record) => repairWatcher(ports, record), MOST_WATCHERS)],
  ['runs', followStarted],
  ['outcomes', (ports) => forEachOpen(ports, 'UNANNOUNCED', (record) => repairAnnouncement(ports, record))],
  ['uncertain', (ports) => forEachOpen(ports, 'UNCERTAIN', (record) => repairUncertainty(ports, record))],
  ['rejections', tellRejected],
  ['evidence', (ports) => forEachOpen(ports, 'UNEVIDENCED', (record) => repairEvidence(ports, record))],
  ['sheets', announceStuckSheets],
];

/** Counts nothing: what waits is counted by its own pass. */
async function nudgeStarter({ ledger, starter, clock }: ReconcilePorts): Promise<Pass> {
  if ((await ledger.requests.open('WAITING', 1)).length > 0) await starter.nudge(`reconcile-${clock.nowMs()}`);
  return { seen: 0, repaired: 0 };
}

/** What is left to do of requests that have ended. */
const STATE_OF_WORK: Readonly<Record<string, string>> = { UNANNOUNCED: 'ENDED', UNEVIDENCED: 'ENDED' };

interface Pass {
  readonly seen: number;
  readonly repaired: number;
}

/** One bad request harms itself only: its error is logged with its identity, and the pass goes on. */
async function forEachOpen(
  ports: ReconcilePorts,
  state: string,
  repair: (record: RequestRecord) => Promise<boolean>,
  most = MOST_PER_PASS,
): Promise<Pass> {
  const identities = await ports.ledger.requests.open(state, MOST_PER_PASS);
  const now = byTurns(identities, most, ports.clock.nowMs());
  let seen = identities.length - now.length;
  let repaired = 0;
  for (const identity of now) {
    const record = await ports.ledger.requests.read(identity);
    if (record === undefined || record.state !== (STATE_OF_WORK[state] ?? state)) continue;
    seen += 1;
    try {
      if (await repair(record)) repaired += 1;
    } catch (error) {
      ports.log.error('repair failed', { identity, state, error: errorName(error) });
    }
  }
  return { seen, repaired };
}

async function fireGathers(ports: ReconcilePorts): Promise<Pass> {
  let seen = 0;
  let repaired = 0;
  const headers = [
    ...(await ports.ledger.gathers.open('FIRED', MOST_PER_PASS)),
    ...(await ports.ledger.gathers.open('GATHERING', MOST_PER_PASS)),
  ];
  if (headers.length === 0) return { seen, repaired };
  const file = await ports.routes.read();
  for (const header of headers) {
    const route = file.routes.find((one) => one.name === header.route);
    seen += 1;
    try {
      if (route === undefined) {
        if (await claimWithoutRoute(ports, header)) repaired += 1;
        continue;
      }
      const taken = await fireIfComplete(ports, file, route, header);
      if (taken === 'started') repaired += 1;
      if (taken === 'gathering') await announceIncomplete(ports, route, header.gatherId);
    } catch (error) {
      ports.log.error('gather failed', {
        gatherId: header.gatherId,
        error: errorName(error),
      });
    }
  }
  return { seen, repaired };
}

async function repairClaim(ports: ReconcilePorts, record: RequestRecord): Promise<boolean> {
  if (isYoung(ports, record)) return false;
  if (record.executions.length > 0) return repairWatcher(ports, record);
  await ensureWatcher(ports, record);
  return true;
}

/**
 * A request that is not over needs a living execution. One that was stopped by hand stays stopped; what it would have
 * put in line is put in line here, since stopping an execution cancels no request.
 */
async function repairWatcher(ports: ReconcilePorts, record: RequestRecord): Promise<boolean> {
  if (isYoung(ports, record)) return false;
  const latest = record.executions.at(-1);
  const status = latest === undefined ? undefined : await ports.executions.status(latest);
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return false;
  if (status === 'ABORTED') return putInLine(ports, record);
  await startAnotherWatcher(ports, record);
  ports.log.warn('watcher restarted', { identity: record.identity, state: record.state });
  return true;
}

async function putInLine(ports: ReconcilePorts, record: RequestRecord): Promise<boolean> {
  const at = new Date(ports.clock.nowMs()).toISOString();
  const placed = await ports.ledger.requests.change(record.identity, (latest) => waiting(latest, at));
  return placed.revision !== record.revision;
}

/** Whoever recorded the outcome and died may have left executions without an answer, too. */
async function repairAnnouncement(ports: ReconcilePorts, record: RequestRecord): Promise<boolean> {
  // What a person ended is in nobody else's charge.
  const byHand = record.acts !== undefined && currentAttempt(record).uuid === undefined;
  if (!byHand && isYoung(ports, record)) return false;
  await answerEverybody(ports, record);
  await announceOutcome(ports, record);
  return true;
}

/** A person may let it rest, but has to know. */
async function repairUncertainty(ports: ReconcilePorts, record: RequestRecord): Promise<boolean> {
  if (isUncertaintyTold(record) || isYoung(ports, record)) return false;
  await announceUncertain(ports, record);
  return true;
}

/** Drops are rejected in one write, by whoever takes them; that they are told is left to this. */
async function tellRejected(ports: ReconcilePorts): Promise<Pass> {
  const dropIds = await ports.ledger.drops.untold(MOST_PER_PASS);
  for (const dropId of dropIds) {
    try {
      await announceRejected(ports, dropId);
    } catch (error) {
      ports.log.error('a rejection was not told', { dropId, error: errorName(error) });
    }
  }
  return { seen: dropIds.length, repaired: 0 };
}

async function repairEvidence(ports: ReconcilePorts, record: RequestRecord): Promise<boolean> {
  return record.evidence === undefined && (await keepEvidence(ports, record)).evidence !== undefined;
}

/** Lists what is active only while a run of ours is. */
async function followStarted(ports: ReconcilePorts): Promise<Pass> {
  const { requests } = ports.ledger;
  const identities = await requests.open('STARTED', MOST_PER_PASS);
  const records = await sideBySide(identities, READS_AT_ONCE, (identity) => requests.read(identity));
  const started = records.filter((record) => record?.state === 'STARTED') as RequestRecord[];
  if (started.length === 0) return { seen: 0, repaired: 0 };
  const active = await listActive(ports.runs, statusesToList(started, ports.clock.nowMs()));
  return forEachOpen(ports, 'STARTED', (record) => followOne(ports, record, active));
}

/** Fractions of a second may be told here and not there. */
function isAnotherTime(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return Math.abs(Date.parse(one) - Date.parse(other)) > 1_000;
}

/** Whether the status that the run was last known in was asked for. */
function isListed({ statuses }: ActiveRuns, { status }: AttemptRecord): boolean {
  return status !== undefined && statuses.some((one) => one === status);
}

/** Ids are reused and a listing tells no uuid; but the names that we give are our own, and no two runs begin at one time. */
function listedStatus(record: RequestRecord, active: ActiveRuns): RunStatus | undefined {
  const attempt = currentAttempt(record);
  const listed = attempt.runId === undefined ? undefined : active.runs.get(attempt.runId);
  // Not asked for this time: it is what events last said.
  if (listed === undefined) return isListed(active, attempt) ? undefined : attempt.status;
  const namedByUs = record.origin.kind !== 'run';
  if (namedByUs && listed.name !== undefined && listed.name !== attempt.name) return undefined;
  if (isAnotherTime(listed.creationTime, attempt.creationTime)) return undefined;
  return parseRunStatus(listed.status);
}

async function followOne(ports: ReconcilePorts, record: RequestRecord, active: ActiveRuns): Promise<boolean> {
  try {
    return await followRun(ports, record, active);
  } finally {
    // Last: a cancel that HealthOmics does not take must not keep an end back, nor the other way round.
    await cancelIfAsked(ports, record);
  }
}

async function followRun(ports: ReconcilePorts, record: RequestRecord, active: ActiveRuns): Promise<boolean> {
  const attempt = currentAttempt(record);
  // The starter may have died between its record and its answer.
  if (!isYoung(ports, record) && (await answerAll(ports, record, 'start')) > 0) return true;
  const listed = listedStatus(record, active);
  if (listed !== undefined && !runHasEnded(attempt)) {
    const moved = advances(attempt.status, listed);
    if (moved && attempt.runId !== undefined) {
      const uuid = attempt.uuid === undefined || record.origin.kind === 'run' ? {} : { uuid: attempt.uuid };
      await followHint(ports, { runId: attempt.runId, ...uuid, status: listed }, 'listing');
    }
    const repaired = (await repairWatcher(ports, record)) || moved;
    if (!moved && isListed(active, attempt)) await tellOverdue(ports, record);
    return repaired;
  }
  const told = await statusOfRun(ports, record.identity, attempt.attempt, 'listing');
  if ((await answerEverybody(ports, told)) > 0) return true;
  return told.state === 'ENDED' ? repairAnnouncement(ports, told) : finishUnwatched(ports, told);
}

/** The run has ended and nobody waits for it: an execution that still runs will see to it, else the outcome is ours to record. */
async function finishUnwatched(ports: ReconcilePorts, record: RequestRecord): Promise<boolean> {
  const attempt = currentAttempt(record);
  if (!runHasEnded(attempt)) {
    const repaired = await repairWatcher(ports, record);
    await tellOverdue(ports, record);
    return repaired;
  }
  const latest = record.executions.at(-1);
  const status = latest === undefined ? undefined : await ports.executions.status(latest);
  if (status === 'RUNNING') return false;
  await recordOutcome(ports, { request: record.identity, attempt: attempt.attempt });
  return true;
}

function isYoung(ports: ReconcilePorts, record: RequestRecord): boolean {
  return ports.clock.nowMs() - Date.parse(record.since) < SETTLE_MS;
}
