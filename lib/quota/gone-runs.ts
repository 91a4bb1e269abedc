/** Why stored runs are gone: made room for others by their retention mode, deleted by somebody, or by our own pruning. */
import { DAY_MS } from './retain-days.ts';
import { isActive, type StoredRun } from './stored-run.ts';

export type GoneHow = 'retention' | 'deleted' | 'pruned' | 'unclear';

/** What is stored besides the runs that are gone. */
export interface Remaining {
  readonly storedRuns: number;
  readonly quota: number;
  /** Creation of the oldest REMOVE run at its end that is still stored; `undefined` when there is none. */
  readonly oldestRemovableMs: number | undefined;
}

/** HealthOmics removes a run only at the quota; between a removal and its being noticed a few runs may have been deleted. */
const FULL_SHARE = 0.98;
/** AWS does not say whether the oldest is by creation or by end: within a day, both orders are allowed. */
const ORDER_SLACK_MS = DAY_MS;

export function remainingOf(runs: Iterable<StoredRun>, storedRuns: number, quota: number): Remaining {
  let oldest: number | undefined;
  for (const run of runs) {
    if (run.retentionMode !== 'REMOVE' || isActive(run)) continue;
    if (oldest === undefined || run.createdMs < oldest) oldest = run.createdMs;
  }
  return { storedRuns, quota, oldestRemovableMs: oldest };
}

/** Retention takes the oldest REMOVE runs, and only in a full account; whatever else is gone was deleted. */
export function howGone(run: StoredRun, remaining: Remaining, goneTogether: number): GoneHow {
  if (run.retentionMode === 'RETAIN') return 'deleted';
  if (run.retentionMode === 'UNKNOWN') return 'unclear';
  const { storedRuns, quota, oldestRemovableMs } = remaining;
  if (oldestRemovableMs !== undefined && oldestRemovableMs < run.createdMs - ORDER_SLACK_MS) return 'deleted';
  if (storedRuns >= quota * FULL_SHARE) return 'retention';
  // The account may have been full, and then runs were deleted.
  return storedRuns + goneTogether >= quota * FULL_SHARE ? 'unclear' : 'deleted';
}
