/** What `prune:` in the route file may say: which RETAIN runs are deleted to make room. */

export const PRUNABLE_STATUSES = ['COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type PrunableStatus = (typeof PRUNABLE_STATUSES)[number];

export interface PruneRules {
  /** A run stays for at least so long after it ended. */
  readonly olderThanMs: number;
  readonly statuses: readonly PrunableStatus[];
  /** So many RETAIN runs, the newest by creation, stay however old they are. */
  readonly keepNewest: number;
  /** A run with this tag stays, whatever the tag's value. */
  readonly keepTag: string;
  /** `ours`: only runs that the ledger knows. `all`: also what others started. */
  readonly runs: 'ours' | 'all';
  /** So many are deleted by one sweep at most. */
  readonly mostPerSweep: number;
  /** Says what would go and deletes nothing. */
  readonly dryRun: boolean;
}
