/** What the sweeper keeps from one sweep to the next. One ledger item; the runs themselves are in chunks beside it. */
import type { RetainDay } from './retain-days.ts';
import type { Crossings } from './thresholds.ts';

export interface ChunkName {
  /** The chunk's key in the ledger; never written twice. */
  readonly key: string;
  readonly hash: string;
  readonly writtenMs: number;
}

/** A scan that is under way. */
export interface ScanProgress {
  readonly startedMs: number;
  /** Where ListRuns goes on; absent before the first page. */
  readonly token?: string;
  readonly pages: number;
  /** Runs listed so far. */
  readonly listed: number;
  /** How often its page token had expired. */
  readonly restarts: number;
  readonly chunks: readonly ChunkName[];
}

/** Word that is decided and not yet sent. */
export interface PendingWord {
  readonly detailType: string;
  /** Absent: for programs, on the bus. `people`: the same news as a notice; each is sent until it was taken. */
  readonly to?: 'people';
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface SweepState {
  /** Rises with each sweep; a write of an earlier one is refused. */
  readonly fence: number;
  /** Made by the first sweep: part of every eventId, so that two accounts' crossings are never taken for one. */
  readonly sweeperId: string;
  /** All stored runs as last known; empty before the first complete scan. */
  readonly chunks: readonly ChunkName[];
  /** Start and end of the last complete scan; absent before the first. */
  readonly scanStartedMs?: number;
  readonly scannedMs?: number;
  readonly scan?: ScanProgress;
  readonly crossings: Crossings;
  readonly days: readonly RetainDay[];
  readonly pending: readonly PendingWord[];
  /** Whether the account's own quota of stored runs was ever read: then a fallback in its place is a fault of the moment. */
  readonly sawAppliedQuota?: boolean;
  /** Where pruning goes on: the place of the candidate that was last looked at. */
  readonly pruneAfter?: string;
}

export function firstState(sweeperId: string): SweepState {
  return { fence: 0, sweeperId, chunks: [], crossings: {}, days: [], pending: [] };
}

/** Every chunk that the state names. */
export function chunkKeysOf(state: SweepState): Set<string> {
  return new Set([...state.chunks, ...(state.scan?.chunks ?? [])].map(({ key }) => key));
}
