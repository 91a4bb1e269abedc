/** What an execution says at its end: to the Outcome state, which chooses by it, and to a person who reads its output. */
import { type AttemptRecord, currentAttempt, type Outcome, type RequestRecord } from '../runs/request-record.ts';

/** Opaque ids, places, statuses and times: it may be read by whoever may read the console. */
export interface OutcomeAnswer {
  readonly request: string;
  readonly next: 'retry' | 'completed' | 'failed';
  readonly outcome?: Outcome;
  readonly attempt: number;
  /** The last attempt's run, and where its outputs are. */
  readonly runId?: string;
  readonly uuid?: string;
  readonly runOutputUri?: string;
  readonly durations?: Durations;
  readonly retryAfterSeconds?: number;
  readonly error?: string;
  readonly cause?: string;
  readonly attempts?: readonly AttemptAnswer[];
}

/** Whole seconds; absent where a time is not known. */
export interface Durations {
  /** Before HealthOmics had the run: for the rest of its line, a quota, the delay of a retry. */
  readonly waitingSeconds?: number;
  /** From the run's creation to its start. */
  readonly pendingSeconds?: number;
  /** From the run's start to its end. */
  readonly runningSeconds?: number;
}

export interface AttemptAnswer extends Durations {
  readonly attempt: number;
  readonly requestId: string;
  readonly runId?: string;
  readonly uuid?: string;
  readonly status?: string;
  readonly outcome?: Outcome;
  readonly failureReason?: string;
  readonly runOutputUri?: string;
  readonly startTime?: string;
  readonly stopTime?: string;
  /** Why another attempt followed this one. */
  readonly retriedBecause?: string;
  /** What the attempt asked for differently than the request. */
  readonly changes?: readonly string[];
}

/** The answer for a request that has ended. */
export function endAnswer(record: RequestRecord): OutcomeAnswer {
  const outcome = record.outcome ?? 'FAILED';
  const { attempt, runId, uuid, runOutputUri } = currentAttempt(record);
  const attempts = record.attempts.map((one, index) => attemptAnswer(record, one, index));
  const durations = sumOf(attempts);
  const answer = {
    request: record.identity,
    outcome,
    attempt,
    ...defined({ runId, uuid, runOutputUri }),
    durations,
    attempts,
  };
  if (outcome === 'COMPLETED') return { ...answer, next: 'completed' };
  return { ...answer, next: 'failed', error: errorOf(outcome), cause: causeOf(record, durations) };
}

function attemptAnswer(record: RequestRecord, attempt: AttemptRecord, index: number): AttemptAnswer {
  const { requestId, runId, uuid, status, outcome, failureReason, runOutputUri, startTime, stopTime } = attempt;
  const next = record.attempts[index + 1];
  const changes = Object.keys(attempt.changes);
  return {
    attempt: attempt.attempt,
    requestId,
    ...defined({ runId, uuid, status, outcome, failureReason, runOutputUri, startTime, stopTime }),
    ...durationsOf(record, attempt, record.attempts[index - 1]),
    ...(next === undefined ? {} : { retriedBecause: failureReason ?? outcome ?? 'its start was uncertain' }),
    ...(changes.length === 0 ? {} : { changes }),
  };
}

/** GetRun's own times where they are known, else when Rundrop first saw the status. */
function durationsOf(record: RequestRecord, attempt: AttemptRecord, before: AttemptRecord | undefined): Durations {
  const asked = before === undefined ? record.createdAt : (before.stopTime ?? before.statuses.FAILED);
  const created = attempt.creationTime ?? attempt.statuses.PENDING;
  const started = attempt.startTime ?? attempt.statuses.STARTING ?? attempt.statuses.RUNNING;
  const ended = attempt.stopTime ?? attempt.statuses.COMPLETED ?? attempt.statuses.FAILED ?? attempt.statuses.CANCELLED;
  const hasRun = attempt.uuid !== undefined;
  return defined({
    // A run that somebody else started did not wait here.
    waitingSeconds:
      record.origin.kind === 'run' ? undefined : between(asked, hasRun ? created : (record.outcomeAt ?? undefined)),
    pendingSeconds: between(created, started ?? ended),
    runningSeconds: between(started, ended),
  });
}

function sumOf(attempts: readonly Durations[]): Durations {
  const sum = (name: keyof Durations) => {
    const known = attempts.flatMap((attempt) => attempt[name] ?? []);
    return known.length === 0 ? undefined : known.reduce((total, seconds) => total + seconds, 0);
  };
  return defined({
    waitingSeconds: sum('waitingSeconds'),
    pendingSeconds: sum('pendingSeconds'),
    runningSeconds: sum('runningSeconds'),
  });
}

function between(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  // Two clocks: HealthOmics' and ours.
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
}

function errorOf(outcome: Outcome): string {
  return outcome === 'FAILED' ? 'RunFailed' : `Run${outcome.charAt(0)}${outcome.slice(1).toLowerCase()}`;
}

/** A Fail state has no output, so what matters is in the cause. */
function causeOf(record: RequestRecord, { waitingSeconds, pendingSeconds, runningSeconds }: Durations): string {
  const { attempt, runId, uuid, failureReason, runOutputUri } = currentAttempt(record);
  const took = [
    ...(waitingSeconds === undefined ? [] : [`${waitingSeconds} s waiting`]),
    ...(pendingSeconds === undefined ? [] : [`${pendingSeconds} s pending`]),
    ...(runningSeconds === undefined ? [] : [`${runningSeconds} s running`]),
  ];
  return [
    `Run ${runId ?? '(none)'}${uuid === undefined ? '' : ` (uuid ${uuid})`} of request ${record.identity}: ${failureReason ?? record.outcome ?? 'FAILED'}, attempt ${attempt} of ${record.maxAttempts}.`,
    ...(took.length === 0 ? [] : [`It took ${took.join(', ')}.`]),
    ...(runOutputUri === undefined ? [] : [`Outputs, if any: ${runOutputUri}.`]),
    `"rundrop show ${record.identity}" tells the rest, "rundrop rerun ${record.identity}" runs it again.`,
  ].join(' ');
}

function defined<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
