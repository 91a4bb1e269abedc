/** What is active in HealthOmics, and how often reconciliation has to ask for it. */
import { type AttemptRecord, currentAttempt, isHeardOf, type RequestRecord } from '../runs/request-record.ts';
import { ACTIVE_RUN_STATUSES, type ActiveRunStatus } from '../runs/run-status.ts';
import type { ListedRun, Runs } from './ports.ts';

export interface ActiveRuns {
  /** Those that were asked for. */
  readonly statuses: readonly ActiveRunStatus[];
  readonly runs: ReadonlyMap<string, ListedRun>;
}

const MINUTE_MS = 60_000;
/** By then an event has told of a new run, if events arrive. */
const FIRST_EVENT_MS = 5 * MINUTE_MS;
/**
 * While events tell of everything: what one of them, lost alone, may cost. Nothing costs as much as a run that runs; before
 * that it seldom ends, and the next event tells as much as the lost one.
 */
const MINUTES_BETWEEN_LISTINGS: Readonly<Record<ActiveRunStatus, number>> = {
  PENDING: 20,
  STARTING: 20,
  RUNNING: 10,
  STOPPING: 10,
};
const MINUTES_BETWEEN_SHORT_LISTINGS = 5;
/** Where so few run, the longer interval would spare little; where a hundred do, the shorter one is most of the calls. */
const SHORT_LISTING = 50;
/** What an event told a moment ago needs no listing yet. */
const SETTLED_MS = 4 * MINUTE_MS;

/**
 * A listing finds what no event told. It is due every minute, of all statuses, until events have told of every run that
 * is followed, and again when a listing was ahead of them. While they do, it is due more seldom, and only of the statuses
 * in which a run of ours has been for a while: the pages of every minute would be most of the calls.
 */
export function statusesToList(started: readonly RequestRecord[], nowMs: number): readonly ActiveRunStatus[] {
  const attempts = started.map(currentAttempt);
  if (!eventsArrive(attempts, nowMs)) return ACTIVE_RUN_STATUSES;
  const minute = Math.floor(nowMs / MINUTE_MS);
  return ACTIVE_RUN_STATUSES.filter((status) => {
    const settled = attempts.filter((attempt) => isSettledIn(attempt, status, nowMs)).length;
    return settled > 0 && minute % minutesBetweenListings(status, settled) === 0;
  });
}

function minutesBetweenListings(status: ActiveRunStatus, runs: number): number {
  const isShort = status === 'RUNNING' && runs <= SHORT_LISTING;
  return isShort ? MINUTES_BETWEEN_SHORT_LISTINGS : MINUTES_BETWEEN_LISTINGS[status];
}

function eventsArrive(attempts: readonly AttemptRecord[], nowMs: number): boolean {
  const isNew = ({ startCalledAt, creationTime }: AttemptRecord) =>
    nowMs - Date.parse(startCalledAt ?? creationTime ?? '') < FIRST_EVENT_MS;
  return (
    attempts.some(isHeardOf) &&
    attempts.every((attempt) => isHeardOf(attempt) || (attempt.missedAt === undefined && isNew(attempt)))
  );
}

function isSettledIn(attempt: AttemptRecord, status: ActiveRunStatus, nowMs: number): boolean {
  const since = attempt.statuses[status];
  return attempt.status === status && (since === undefined || nowMs - Date.parse(since) >= SETTLED_MS);
}

/** In the order in which a run moves, so that none is missed. */
export async function listActive(
  runs: Pick<Runs, 'listRuns'>,
  statuses: readonly ActiveRunStatus[],
): Promise<ActiveRuns> {
  const active = new Map<string, ListedRun>();
  for (const status of ACTIVE_RUN_STATUSES.filter((one) => statuses.includes(one))) {
    for (const run of await runs.listRuns(status)) active.set(run.runId, run);
  }
  return { statuses, runs: active };
}
