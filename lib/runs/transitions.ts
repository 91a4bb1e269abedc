/**
 * Every step that a request can take: pure functions from one record to the next. A step that does not apply, because it
 * was already taken or something else came first, returns the record as it was; nothing here ever goes back.
 */
import { requestIdOf } from './identity.ts';
import type { AttemptRecord, EvidenceMark, EvidenceTrouble, Outcome, RequestRecord } from './request-record.ts';
import { currentAttempt, isHeardOf, toldOfOutcome } from './request-record.ts';
import type { RequestChanges } from './retry.ts';
import { advances, isTerminal, type RunStatus } from './run-status.ts';
import { runNameOf } from './start-run-input.ts';
import { newlyTold, type Told } from './told.ts';

/** What StartRun answered, or GetRun and ListRuns said of a run that turned out to be ours. */
export interface StartedRun extends Partial<RunNews> {
  readonly runId: string;
  readonly uuid: string;
  readonly name?: string;
  readonly arn?: string;
}

/** What GetRun or an event says of a run. Times are ISO. */
export interface RunNews {
  readonly status: RunStatus;
  readonly creationTime?: string;
  readonly startTime?: string;
  readonly stopTime?: string;
  readonly failureReason?: string;
  readonly statusMessage?: string;
  readonly runOutputUri?: string;
  readonly retentionMode?: string;
  readonly storageType?: string;
}

export function newAttempt(identity: string, attempt: number, runName: string, changes: RequestChanges): AttemptRecord {
  const requestId = requestIdOf(identity, attempt);
  return { attempt, requestId, name: runNameOf(runName, requestId), changes, statuses: {} };
}

/** The execution name `w<n>` that is to be started next. */
export function watcherAllocated(record: RequestRecord): RequestRecord {
  return { ...record, watchers: record.watchers + 1 };
}

export function executionStarted(record: RequestRecord, executionArn: string): RequestRecord {
  if (record.executions.includes(executionArn)) return record;
  return { ...record, executions: [...record.executions, executionArn] };
}

/** In line for the starter: from the claim, from a retry's delay, or when a person said so of an uncertain one. */
export function waiting(record: RequestRecord, at: string): RequestRecord {
  if (record.state !== 'CLAIMED' && record.state !== 'RETRYING') return record;
  const { reason: _, ...rest } = record;
  return { ...rest, state: 'WAITING', since: at };
}

/** Still in line, and now it is known why. Does not change since when it waits. */
export function heldUp(record: RequestRecord, reason: string): RequestRecord {
  return record.state === 'WAITING' && record.reason !== reason ? { ...record, reason } : record;
}

/** Written before the first StartRun call of an attempt: from then on a run may exist. */
export function startCalled(record: RequestRecord, attempt: number, at: string): RequestRecord {
  if (record.state !== 'WAITING' || currentAttempt(record).attempt !== attempt) return record;
  if (currentAttempt(record).startCalledAt !== undefined) return record;
  return changeAttempt(record, attempt, { startCalledAt: at, countedOn: at.slice(0, 10) });
}

/** Why a request ended that a person cancelled before it had a run. */
export const NEVER_STARTED = 'It was cancelled by hand before it started.';

/** HealthOmics answered the first call, the one of `calledAt`, with a definite no: there is no run, and nothing to look for. */
export function startDenied(record: RequestRecord, attempt: number, calledAt: string): RequestRecord {
  const current = currentAttempt(record);
  if (record.state !== 'WAITING' || current.attempt !== attempt || current.startCalledAt !== calledAt) return record;
  const { startCalledAt: _, ...denied } = current;
  const withoutCall = { ...record, attempts: [...record.attempts.slice(0, -1), denied] };
  // Whether there was a run to cancel could not be known while the call was under way.
  return record.cancelAskedAt === undefined ? withoutCall : ended(withoutCall, 'CANCELLED', calledAt, NEVER_STARTED);
}

/** HealthOmics has the run. The first uuid that is written stays. */
export function started(record: RequestRecord, attempt: number, run: StartedRun, at: string): RequestRecord {
  const known = record.attempts.find((one) => one.attempt === attempt);
  if (known === undefined || known.uuid !== undefined || record.state === 'ENDED') return record;
  // A person may have given that attempt up for another one meanwhile.
  if (currentAttempt(record).attempt !== attempt) return record;
  const { status, ...facts } = run;
  const withRun = changeAttempt(record, attempt, { ...facts, ...statusSeen(known, status ?? 'PENDING', at) });
  const { reason: _, ...rest } = withRun;
  return { ...rest, state: 'STARTED', since: at };
}

/** How news of a run came: HealthOmics sent an event, or was asked for a list. */
export type NewsBy = 'event' | 'listing';

/** News of a run: a status moves it forward only; facts are filled in. */
export function statusKnown(
  record: RequestRecord,
  attempt: number,
  news: RunNews & { readonly by?: NewsBy | undefined },
  at: string,
): RequestRecord {
  const known = record.attempts.find((one) => one.attempt === attempt);
  if (known?.uuid === undefined || known.outcome !== undefined) return record;
  if (known.status !== news.status && !advances(known.status, news.status)) return record;
  const { status, by, ...facts } = news;
  const isHeard = isHeardOf(known);
  const heard = by === 'event' && !isHeard ? { heardAt: at } : {};
  const isAhead = by === 'listing' && known.status !== status;
  const missed = isAhead && (isHeard || known.missedAt === undefined) ? { missedAt: at } : {};
  const changed = changeAttempt(record, attempt, { ...facts, ...heard, ...missed, ...statusSeen(known, status, at) });
  if (known.status === status || known.overdue?.status !== known.status) return changed;
  // It was overdue in the status that it has left.
  const { reason: _, ...rest } = changed;
  return rest;
}

/** The attempt failed and another one follows after a delay. */
export function retrying(
  record: RequestRecord,
  attempt: number,
  runName: string,
  changes: RequestChanges,
  at: string,
): RequestRecord {
  const known = currentAttempt(record);
  if (known.attempt !== attempt || known.outcome !== undefined || record.state !== 'STARTED') return record;
  const failed = changeAttempt(record, attempt, { outcome: 'FAILED' });
  const next = newAttempt(record.identity, attempt + 1, runName, { ...known.changes, ...changes });
  return { ...failed, attempts: [...failed.attempts, next], state: 'RETRYING', since: at };
}

/** Over. The first outcome that is written stays. `code` is what of the reason names nothing. */
export function ended(
  record: RequestRecord,
  outcome: Outcome,
  at: string,
  reason?: string,
  code?: string,
): RequestRecord {
  if (record.state === 'ENDED') return record;
  const { reason: _, reasonCode: __, ...rest } = changeAttempt(record, currentAttempt(record).attempt, { outcome });
  const why = { ...(reason === undefined ? {} : { reason }), ...(code === undefined ? {} : { reasonCode: code }) };
  return { ...rest, state: 'ENDED', since: at, outcome, outcomeAt: at, ...why };
}

/** A StartRun whose outcome cannot be found out any more. */
export function uncertain(record: RequestRecord, reason: string, at: string): RequestRecord {
  return record.state === 'WAITING' ? { ...record, state: 'UNCERTAIN', since: at, reason } : record;
}

/** It was told, as long as it is about the same uncertainty. */
export function uncertainTold(record: RequestRecord, since: string, told: Told): RequestRecord {
  if (record.state !== 'UNCERTAIN' || record.since !== since) return record;
  const news = newlyTold(told, toldOfUncertainty(record));
  if (news === undefined) return record;
  return {
    ...record,
    ...(news.programs ? { uncertainAnnouncedSince: since } : {}),
    ...(news.people ? { uncertainToldSince: since } : {}),
  };
}

/** Whom word of the present uncertainty has reached. */
export function toldOfUncertainty({ since, uncertainAnnouncedSince, uncertainToldSince }: RequestRecord): Told {
  return { programs: uncertainAnnouncedSince === since, people: uncertainToldSince === since };
}

/** The step, taken of this record's outcome alone: a person may open the request again meanwhile, and it comes to another. */
export function aboutOutcomeOf(
  { reopened }: RequestRecord,
  step: (record: RequestRecord) => RequestRecord,
): (record: RequestRecord) => RequestRecord {
  return (record) => (record.reopened === reopened ? step(record) : record);
}

/** The evidence of the outcome is written. The first mark stays. */
export function evidenceKept(record: RequestRecord, evidence: EvidenceMark): RequestRecord {
  if (record.state !== 'ENDED' || record.evidence !== undefined) return record;
  const { evidenceTrouble: _, ...rest } = record;
  return { ...rest, evidence };
}

export function evidenceFailed(record: RequestRecord, trouble: EvidenceTrouble): RequestRecord {
  if (record.state !== 'ENDED' || record.evidence !== undefined) return record;
  if ((record.evidenceTrouble?.tries ?? 0) >= trouble.tries) return record;
  return { ...record, evidenceTrouble: trouble };
}

/** The run of an attempt that another one follows is on record. */
export function attemptEvidenceKept(record: RequestRecord, attempt: number, evidence: EvidenceMark): RequestRecord {
  const known = record.attempts.find((one) => one.attempt === attempt);
  if (known === undefined || known.evidence !== undefined) return record;
  return changeAttempt(record, attempt, { evidence });
}

/** Its outcome was told. The first mark of each stays. */
export function announced(record: RequestRecord, at: string, told: Told): RequestRecord {
  if (record.state !== 'ENDED') return record;
  const news = newlyTold(told, toldOfOutcome(record));
  if (news === undefined) return record;
  return { ...record, ...(news.programs ? { announcedAt: at } : {}), ...(news.people ? { notifiedAt: at } : {}) };
}

/** Whether HealthOmics has said how the current attempt's run ended. */
export function runHasEnded(attempt: AttemptRecord): boolean {
  return attempt.status !== undefined && isTerminal(attempt.status);
}

function statusSeen(known: AttemptRecord, status: RunStatus, at: string): Pick<AttemptRecord, 'status' | 'statuses'> {
  return { status, statuses: { ...known.statuses, [status]: known.statuses[status] ?? at } };
}

function changeAttempt(record: RequestRecord, attempt: number, change: Partial<AttemptRecord>): RequestRecord {
  return {
    ...record,
    attempts: record.attempts.map((one) => (one.attempt === attempt ? { ...one, ...change } : one)),
  };
}
