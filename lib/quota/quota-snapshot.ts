/** Stored runs by retention mode and status, against the account's quota. */

export interface StoredRun {
  readonly status: string;
  readonly storageType: string | undefined;
  /** `UNKNOWN` when neither the ledger nor GetRun has told. */
  readonly retentionMode: string;
}

export interface QuotaSnapshot {
  /** ISO. */
  readonly takenAt: string;
  readonly storedRuns: number;
  readonly storedRunsQuota: number;
  /** Retention mode, then status, to a count. */
  readonly byRetentionMode: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Active runs by storage type. */
  readonly activeByStorageType: Readonly<Record<string, number>>;
}

const ACTIVE = new Set(['PENDING', 'STARTING', 'RUNNING', 'STOPPING']);

export function takeSnapshot(runs: Iterable<StoredRun>, storedRunsQuota: number, takenAt: string): QuotaSnapshot {
  const byRetentionMode: Record<string, Record<string, number>> = {};
  const activeByStorageType: Record<string, number> = {};
  let storedRuns = 0;
  for (const run of runs) {
    storedRuns += 1;
    const byStatus = byRetentionMode[run.retentionMode] ?? {};
    byRetentionMode[run.retentionMode] = { ...byStatus, [run.status]: (byStatus[run.status] ?? 0) + 1 };
    if (!ACTIVE.has(run.status)) continue;
    const storageType = run.storageType ?? 'UNKNOWN';
    activeByStorageType[storageType] = (activeByStorageType[storageType] ?? 0) + 1;
  }
  return { takenAt, storedRuns, storedRunsQuota, byRetentionMode, activeByStorageType };
}
