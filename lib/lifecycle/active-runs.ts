/** What is active in HealthOmics, and how often reconciliation has to ask for it. */
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { ACTIVE_RUN_STATUSES } from '../runs/run-status.ts';
import type { ListedRun, Runs } from './ports.ts';

export type ActiveRuns = ReadonlyMap<string, ListedRun>;

const MINUTE_MS = 60_000;
/** By then an event has told of a new run, if events arrive. */
const FIRST_EVENT_MS = 5 * MINUTE_MS;
/** While events tell of everything: what one of them, lost alone, may cost. */
const MINUTES_BETWEEN_LISTINGS = 20;

/**
 * A listing finds what no event told. It is due every minute, unless events have told of every run that is followed, and
 * a listing has not been ahead of them: then it is every twentieth, since ten pages a minute would be most of the calls.
 */
export function listingIsDue(started: readonly RequestRecord[], nowMs: number): boolean {
  const attempts = started.map(currentAttempt);
  const isNew = ({ startCalledAt, creationTime }: (typeof attempts)[number]) =>
    nowMs - Date.parse(startCalledAt ?? creationTime ?? '') < FIRST_EVENT_MS;
  const eventsArrive =
    attempts.some(({ heardAt }) => heardAt !== undefined) &&
    attempts.every((attempt) => attempt.missedAt === undefined && (attempt.heardAt !== undefined || isNew(attempt)));
  return !eventsArrive || Math.floor(nowMs / MINUTE_MS) % MINUTES_BETWEEN_LISTINGS === 0;
}

/** In the order in which a run moves, so that none is missed. */
export async function listActive(runs: Pick<Runs, 'listRuns'>): Promise<ActiveRuns> {
  const active = new Map<string, ListedRun>();
  for (const status of ACTIVE_RUN_STATUSES) {
    for (const run of await runs.listRuns(status)) active.set(run.runId, run);
  }
  return active;
}
