/** The machine's third state: how the attempt ended, whether another follows, and the announcement of the outcome. */
import type { Ledger } from '../ledger/ledger.ts';
import { type AttemptRecord, currentAttempt, type Outcome, type RequestRecord } from '../runs/request-record.ts';
import { decideRetry, type FailedAttempt, retryDelaySeconds } from '../runs/retry.ts';
import { askedName, startRunInput } from '../runs/start-run-input.ts';
import { ended, retrying, runHasEnded } from '../runs/transitions.ts';
import { announceOutcome } from './announce-outcome.ts';
import { statusOfRun } from './follow-run.ts';
import type { Announcer, Clock, Log, Runs, Settings } from './ports.ts';

export interface RecordOutcomePorts {
  readonly ledger: Pick<Ledger, 'requests' | 'tokens'>;
  readonly runs: Pick<Runs, 'getRun'>;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: Settings;
  readonly log: Log;
}

/** The run has not ended: WatchRun let go too early. Retriable. */
export class RunNotEnded extends Error {
  override readonly name = 'RunNotEnded';
}

/** What the Outcome state chooses by, and what a person reads as the execution's output. */
export interface OutcomeAnswer {
  readonly request: string;
  readonly next: 'retry' | 'completed' | 'failed';
  readonly outcome?: Outcome;
  readonly attempt: number;
  readonly retryAfterSeconds?: number;
  readonly error?: string;
  readonly cause?: string;
  readonly runs?: readonly Readonly<Record<string, unknown>>[];
}

/** Decides once: a repeat finds what was decided, and says it again. */
export async function recordOutcome(
  ports: RecordOutcomePorts,
  event: { request: string; attempt: number },
): Promise<OutcomeAnswer> {
  const known = await statusOfRun(ports, event.request, event.attempt);
  const decided = await ports.ledger.requests.change(
    known.identity,
    (latest) => decide(ports, latest, event.attempt),
    known,
  );
  if (decided.state === 'ENDED') {
    await announceOutcome(ports, decided);
    return endAnswer(decided);
  }
  if (currentAttempt(decided).attempt === event.attempt) {
    throw new RunNotEnded(`Attempt ${event.attempt} of request ${event.request} has not ended yet.`);
  }
  ports.log.info('attempt failed, another follows', { identity: decided.identity, attempt: event.attempt });
  return {
    request: decided.identity,
    next: 'retry',
    attempt: currentAttempt(decided).attempt,
    retryAfterSeconds: retryDelaySeconds(event.attempt, ports.settings.retryBaseSeconds, ports.random),
  };
}

/** The step from an ended run to an outcome or to the next attempt; pure but for the time. */
function decide(ports: Pick<RecordOutcomePorts, 'clock'>, record: RequestRecord, number: number): RequestRecord {
  const attempt = currentAttempt(record);
  if (record.state !== 'STARTED' || attempt.attempt !== number || !runHasEnded(attempt)) return record;
  const at = new Date(ports.clock.nowMs()).toISOString();
  if (attempt.status === 'COMPLETED') return ended(record, 'COMPLETED', at);
  if (attempt.status === 'CANCELLED') return ended(record, 'CANCELLED', at, 'The run was cancelled.');
  if (attempt.status === 'DELETED') return ended(record, 'REMOVED', at, 'The run was deleted before its end was seen.');
  const decision = decideRetry({
    ...failureOf(record, attempt),
    maxAttempts: record.maxAttempts,
    overrides: record.retry,
  });
  if (decision.kind === 'give-up') return ended(record, 'FAILED', at, failureText(attempt));
  return retrying(record, number, askedName(record.requestText, record.route), decision.changes, at);
}

/** What the request asked for says how much room there was: HealthOmics tells of a STATIC run only its type. */
function failureOf(record: RequestRecord, attempt: AttemptRecord): Omit<FailedAttempt, 'maxAttempts' | 'overrides'> {
  const { storageType, storageCapacity } = startRunInput(record, attempt);
  return {
    failureReason: attempt.failureReason,
    attempt: attempt.attempt,
    storageType: attempt.storageType ?? (typeof storageType === 'string' ? storageType : undefined),
    storageCapacity: typeof storageCapacity === 'number' ? storageCapacity : undefined,
  };
}

function failureText({ failureReason, statusMessage }: AttemptRecord): string {
  return [failureReason ?? 'The run failed without a failureReason.', statusMessage]
    .filter((text) => text !== undefined)
    .join(': ');
}

/** The execution's output: opaque ids and times, so that it may be read by whoever may read the console. */
export function endAnswer(record: RequestRecord): OutcomeAnswer {
  const outcome = record.outcome ?? 'FAILED';
  const attempt = currentAttempt(record);
  const runs = record.attempts.map((one) => ({
    attempt: one.attempt,
    requestId: one.requestId,
    runId: one.runId,
    uuid: one.uuid,
    status: one.status,
    failureReason: one.failureReason,
    runOutputUri: one.runOutputUri,
    startTime: one.startTime,
    stopTime: one.stopTime,
  }));
  const answer = { request: record.identity, outcome, attempt: attempt.attempt, runs };
  if (outcome === 'COMPLETED') return { ...answer, next: 'completed' };
  const failure = attempt.failureReason ?? outcome;
  return {
    ...answer,
    next: 'failed',
    error: outcome === 'FAILED' ? 'RunFailed' : `Run${outcome.charAt(0)}${outcome.slice(1).toLowerCase()}`,
    cause: `Run ${attempt.runId ?? '(none)'} of request ${record.identity}: ${failure}. "rundrop show ${record.identity}" tells the rest.`,
  };
}
