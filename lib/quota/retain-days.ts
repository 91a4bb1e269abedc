/** How many RETAIN runs came and went, day by day: what the forecast is made from. */
import type { StoredRun } from './stored-run.ts';

export interface RetainDay {
  /** The day's number since 1970, UTC. */
  readonly day: number;
  /** RETAIN runs created on that day. */
  readonly started: number;
  /** RETAIN runs that were noticed to be gone on that day. */
  readonly deleted: number;
}

export const DAY_MS = 24 * 3_600_000;
/** So many days are kept. */
export const MOST_DAYS = 63;

export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

/**
 * Brings the days up to date. What was started is counted by creation time among the runs that are stored, so it is known
 * from the first picture on, and learning a mode late does not look like a start; a day's count never falls, because runs
 * that were deleted since had come, too.
 */
export function updateDays(
  before: readonly RetainDay[],
  runs: Iterable<StoredRun>,
  { nowMs, deletedNow }: { readonly nowMs: number; readonly deletedNow: number },
): RetainDay[] {
  const today = dayOf(nowMs);
  const started = new Map<number, number>();
  let first = today;
  for (const { retentionMode, createdMs } of runs) {
    if (retentionMode !== 'RETAIN' || createdMs === 0) continue;
    const day = dayOf(createdMs);
    first = Math.min(first, day);
    if (day > today - MOST_DAYS) started.set(day, (started.get(day) ?? 0) + 1);
  }
  const known = new Map(before.map((one) => [one.day, one]));
  const oldest = Math.max(today - MOST_DAYS + 1, Math.min(first, ...before.map(({ day }) => day)));
  return Array.from({ length: today - oldest + 1 }, (_, index) => {
    const day = oldest + index;
    const { started: startedBefore = 0, deleted = 0 } = known.get(day) ?? {};
    return {
      day,
      started: Math.max(startedBefore, started.get(day) ?? 0),
      deleted: deleted + (day === today ? deletedNow : 0),
    };
  });
}
