/** Room for a new run: the quota of stored runs, and the removal of REMOVE runs that makes some. */
import { quotaExceeded } from '../errors.ts';
import type { OmicsSwitches } from '../settings.ts';
import type { RetentionMode, Run } from './run.ts';
import type { RunStore } from './run-store.ts';

export interface RetentionOptions {
  readonly store: RunStore;
  readonly switches: OmicsSwitches;
  /** The live quota of stored runs, active and inactive. */
  readonly storedRunLimit: () => number;
  readonly evict: (run: Run) => void;
}

/**
 * Makes room for one run. More than one removal happens only when the quota was lowered below what is stored.
 * @throws AwsError ServiceQuotaExceededException (402) when nothing can be removed; then nothing was.
 */
export function makeRoom(retentionMode: RetentionMode, options: RetentionOptions): void {
  const { store, switches } = options;
  const limit = options.storedRunLimit();
  const tooMany = store.count - limit + 1;
  if (tooMany <= 0) return;
  const mayEvict = retentionMode === 'REMOVE' || switches.retainEvictsRemove;
  const removable = mayEvict ? store.countRemovable(switches.evictActiveRuns) : 0;
  if (limit < 1 || removable < tooMany) {
    throw quotaExceeded(
      `The maximum number of runs, active and inactive, is ${limit}. Delete runs, or use the retention mode REMOVE.`,
    );
  }
  for (let removed = 0; removed < tooMany; removed += 1) {
    const oldest = oldestToGo(store, switches);
    if (oldest !== undefined) options.evict(oldest);
  }
}

function oldestToGo(store: RunStore, switches: OmicsSwitches): Run | undefined {
  const ended = store.oldestRemovable(switches.oldestBy);
  if (!switches.evictActiveRuns) return ended;
  const active = store.oldestActiveRemove();
  if (ended === undefined || active === undefined) return ended ?? active;
  return active.seq < ended.seq ? active : ended;
}
