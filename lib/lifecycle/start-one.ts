/** One attempt's StartRun, so that at most one run comes of it whatever happens on the way. */
import type { Ledger } from '../ledger/ledger.ts';
import { INPUT_DELETED, INPUT_OVERWRITTEN, WOULD_FAIL } from '../runs/outcome-words.ts';
import { type AttemptRecord, currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { REQUEST_ID_TAG, startRunInput } from '../runs/start-run-input.ts';
import { ended, heldUp, type StartedRun, startCalled, startDenied, started, uncertain } from '../runs/transitions.ts';
import { type AnnouncePorts, announceOutcome } from './announce-outcome.ts';
import { checkBeforeStart } from './check-before-start.ts';
import type { Executions, Objects, Runs, Settings, StartRunResult } from './ports.ts';
import { sentences } from './sentences.ts';
import { answerAll } from './tokens.ts';

export interface StartOnePorts extends AnnouncePorts {
  readonly ledger: Pick<Ledger, 'counters' | 'requests' | 'tokens'>;
  readonly runs: Runs;
  readonly objects: Pick<Objects, 'head' | 'someUnder'>;
  readonly executions: Executions;
  readonly settings: Settings;
}

export type StartOneResult =
  | { readonly kind: 'started' }
  /** Refused, superseded or uncertain: it does not wait any more. */
  | { readonly kind: 'settled' }
  | Extract<StartRunResult, { kind: 'quota' | 'later' }>;

export async function startOne(ports: StartOnePorts, record: RequestRecord): Promise<StartOneResult> {
  const attempt = currentAttempt(record);
  const calledAt = attempt.startCalledAt;
  if (calledAt === undefined) {
    // Only before the first call: afterwards a run may exist, and what matters is to find it.
    const changed = await changedMember(ports, record);
    if (changed !== undefined) return end(ports, record, { outcome: 'SUPERSEDED', ...changed });
    // A person in the console gets HealthOmics' own answer.
    const byHand = record.origin.kind === 'execution';
    const problems = byHand ? [] : await checkBeforeStart(ports, startRunInput(record, attempt));
    if (problems.length > 0)
      return end(ports, record, {
        outcome: 'REFUSED',
        reason: `Not started, because it would fail. ${sentences(problems)}`,
        code: WOULD_FAIL,
      });
  } else if (ports.clock.nowMs() - Date.parse(calledAt) > ports.settings.requestIdTrustSeconds * 1000) {
    return lookForRun(ports, record, attempt);
  }
  const nowMs = ports.clock.nowMs();
  if (calledAt === undefined && !(await withinDailyLimit(ports, record, nowMs))) return { kind: 'settled' };
  const at = new Date(nowMs).toISOString();
  const called = await ports.ledger.requests.change(
    record.identity,
    (latest) => startCalled(latest, attempt.attempt, at),
    record,
  );
  if (called.state !== 'WAITING' || currentAttempt(called).attempt !== attempt.attempt) return { kind: 'settled' };
  const result = await ports.runs.startRun(startRunInput(called, currentAttempt(called)));
  switch (result.kind) {
    case 'started':
      return adopt(ports, called, result.run);
    case 'refused':
      return end(ports, called, { outcome: 'REFUSED', reason: result.reason, code: result.code });
    case 'quota':
      // A call before this one may have made a run all the same: only an answer to the first one is the whole truth.
      if (calledAt === undefined) {
        await ports.ledger.requests.change(called.identity, (latest) => startDenied(latest, attempt.attempt, at));
      }
      return result;
    case 'later':
      return result;
    default:
      return result satisfies never;
  }
}

async function adopt(ports: StartOnePorts, record: RequestRecord, run: StartedRun): Promise<StartOneResult> {
  const at = new Date(ports.clock.nowMs()).toISOString();
  const { attempt, requestId } = currentAttempt(record);
  const adopted = await ports.ledger.requests.change(
    record.identity,
    (latest) => started(latest, attempt, run, at),
    record,
  );
  ports.log.info('run started', { identity: record.identity, attempt, requestId, runId: run.runId, uuid: run.uuid });
  await answerAll(ports, adopted, 'start');
  return { kind: 'started' };
}

interface NotStarted {
  readonly outcome: 'REFUSED' | 'SUPERSEDED';
  readonly reason: string;
  readonly code: string | undefined;
}

async function end(
  ports: StartOnePorts,
  record: RequestRecord,
  { outcome, reason, code }: NotStarted,
): Promise<StartOneResult> {
  const at = new Date(ports.clock.nowMs()).toISOString();
  const over = await ports.ledger.requests.change(record.identity, (latest) =>
    latest.state === 'WAITING' ? ended(latest, outcome, at, reason, code) : latest,
  );
  ports.log.warn('request not started', { identity: record.identity, outcome });
  await answerAll(ports, over, 'start');
  await announceOutcome(ports, over);
  return { kind: 'settled' };
}

/** Counts the start against its route's limit. What is over it keeps its place in line and goes on the next day. */
async function withinDailyLimit(ports: StartOnePorts, record: RequestRecord, nowMs: number): Promise<boolean> {
  const { maxRunsPerDay, route } = record;
  const day = new Date(nowMs).toISOString().slice(0, 10);
  if (maxRunsPerDay === undefined || currentAttempt(record).countedOn === day) return true;
  if (await ports.ledger.counters.countUp(`started#${route}#${day}`, maxRunsPerDay, nowMs)) return true;
  const reason = `Route ${route} has started its ${maxRunsPerDay} runs of ${day} (UTC), which is its limit; it goes on the next day.`;
  await ports.ledger.requests.change(record.identity, (latest) => heldUp(latest, reason));
  return false;
}

/** Looks at every member again; says of the first that is gone or another one what happened to it. */
async function changedMember(
  ports: StartOnePorts,
  record: RequestRecord,
): Promise<Pick<NotStarted, 'reason' | 'code'> | undefined> {
  for (const { bucket, key, versionId, etag, dropId } of record.members) {
    const head = await ports.objects.head({ bucket, key, ...(versionId === undefined ? {} : { versionId }) });
    if (head === undefined) {
      const reason = `An input object (drop ${dropId}) was deleted before the run started. Drop it again.`;
      return { reason, code: INPUT_DELETED };
    }
    if (head.etag !== etag) {
      const reason = `An input object (drop ${dropId}) was overwritten before the run started; the newer one is a drop of its own.`;
      return { reason, code: INPUT_OVERWRITTEN };
    }
  }
  return undefined;
}

/** The call is older than HealthOmics can be trusted to remember: never repeat it blindly. */
async function lookForRun(
  ports: StartOnePorts,
  record: RequestRecord,
  attempt: AttemptRecord,
): Promise<StartOneResult> {
  for (const runId of await ports.runs.findRunIdsByName(attempt.name)) {
    const run = await ports.runs.getRun(runId);
    if (run?.tags[REQUEST_ID_TAG] === attempt.requestId) return adopt(ports, record, run);
  }
  const reason =
    `StartRun was called at ${attempt.startCalledAt} and its answer is not known; no run named ${attempt.name} exists now. ` +
    'Whether one ran and was removed cannot be told: a person has to decide.';
  const at = new Date(ports.clock.nowMs()).toISOString();
  await ports.ledger.requests.change(record.identity, (latest) => uncertain(latest, reason, at));
  ports.log.error('start is uncertain', {
    identity: record.identity,
    attempt: attempt.attempt,
    requestId: attempt.requestId,
  });
  return { kind: 'settled' };
}
