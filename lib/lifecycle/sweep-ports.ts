/** What the sweeper needs of the world. */

import type { Deletions } from '../ledger/deletions.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { GoneRun } from '../ledger/snapshots.ts';
import type { Sweeps } from '../ledger/sweeps.ts';
import type { Forecast } from '../quota/forecast.ts';
import type { PruneFacts } from '../quota/prune-rules.ts';
import type { PruneRules } from '../quota/prune-settings.ts';
import type { RunGroupLimits } from '../quota/queue-picture.ts';
import type { AccountQuotas, QuotaSnapshot } from '../quota/quota-snapshot.ts';
import type { EvidenceStore, RunArchive } from './evidence-ports.ts';
import type { Announcer, Clock, Log, Notifier, Settings } from './ports.ts';

export interface ListedRun {
  readonly runId: string;
  readonly name: string | undefined;
  readonly status: string;
  readonly storageType: string | undefined;
  readonly workflowId: string | undefined;
  /** Tells two runs apart that had the same id; 0 when HealthOmics did not say. */
  readonly createdMs: number;
  readonly startedMs?: number | undefined;
  readonly stoppedMs?: number | undefined;
}

export interface SeenRun extends ListedRun {
  readonly uuid: string;
  readonly retentionMode: string | undefined;
  readonly runGroupId: string | undefined;
  readonly startedBy: string | undefined;
}

export interface RunPage {
  readonly runs: readonly ListedRun[];
  /** Where the next page begins; absent after the last. */
  readonly token?: string;
}

/** The page token is not good any more: the listing must begin again. */
export class PageTokenExpired extends Error {
  override readonly name = 'PageTokenExpired';
}

/** HealthOmics asks for fewer calls. Retriable. */
export class CallsThrottled extends Error {
  override readonly name = 'CallsThrottled';
}

export interface StoredRuns {
  /** One ListRuns call, 100 runs at most. @throws PageTokenExpired, CallsThrottled */
  page(options: { readonly status?: string; readonly token?: string }): Promise<RunPage>;
  /** One GetRun call; `undefined` when there is no such run (any more). @throws CallsThrottled */
  look(runId: string): Promise<SeenRun | undefined>;
}

export interface PrunableRuns {
  /** One GetRun call; `undefined` when there is no such run. @throws CallsThrottled */
  describe(runId: string): Promise<PruneFacts | undefined>;
  /**
   * One DeleteRun call, never repeated by itself. `gone`: there is no such run. `refused`: HealthOmics does not delete it.
   * Rejects when nobody knows whether it was deleted. @throws CallsThrottled when it was not
   */
  delete(runId: string): Promise<'deleted' | 'gone' | 'refused'>;
}

/** There only when the route file has `prune:`. */
export interface PrunePorts {
  readonly rules: PruneRules;
  readonly runs: PrunableRuns;
  /** Where a run's evidence comes from and goes to, before it is deleted. @throws CallsThrottled */
  readonly archive: RunArchive;
  readonly evidence: EvidenceStore;
  readonly settings: Pick<Settings, 'rundropVersion' | 'stage'>;
  readonly deletions: Deletions;
}

export interface PruneSummary {
  readonly dryRun: boolean;
  /** By the picture alone; a GetRun on each decides. */
  readonly candidates: number;
  readonly looked: number;
  /** What became of those that were looked at, to a count. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Ids of those that were deleted, or would have been. */
  readonly runs: readonly string[];
}

export interface RunGroups {
  /** One ListRunGroups call, 100 groups at most. @throws CallsThrottled */
  page(token: string | undefined): Promise<{ readonly groups: readonly RunGroupLimits[]; readonly token?: string }>;
}

/** What a sweep writes down, besides the ledger's record. */
export interface SweepMetrics {
  publish(figures: SweepFigures): void;
}

/** Not its turn yet; a quota of the account is full; its route's runs of the day are started; StartRun did not get through. */
export const WAITING_REASONS = ['IN_LINE', 'QUOTA', 'DAILY_LIMIT', 'THROTTLED'] as const;

export interface WaitingFigures {
  readonly reason: (typeof WAITING_REASONS)[number];
  readonly count: number;
  readonly oldestSeconds: number;
}

export interface SweepFigures {
  readonly snapshot: QuotaSnapshot;
  readonly forecast: Forecast | undefined;
  readonly waiting: readonly WaitingFigures[];
}

/** Whose a run is, as the ledger tells. */
export interface SweepPorts {
  readonly store: Sweeps;
  readonly snapshots: { write(snapshot: QuotaSnapshot): Promise<void>; noteGone(run: GoneRun): Promise<void> };
  readonly requests: Pick<Ledger['requests'], 'findByRunId' | 'read' | 'list' | 'open'>;
  readonly storedRuns: StoredRuns;
  readonly quotas: { all(): Promise<AccountQuotas>; startRunsPerSecond(): Promise<number> };
  readonly runGroups: RunGroups;
  readonly announcer: Announcer;
  readonly notifier: Notifier;
  readonly metrics: SweepMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** No call of HealthOmics begins after it; a few seconds more are needed to write down what was learned. */
  readonly deadlineMs: number;
  /** The part of HealthOmics' call rates that the sweeper takes, above 0 and at most 1. */
  readonly rateShare: number;
  /** Percent of the stored-run quota. */
  readonly thresholds: readonly number[];
  readonly prune?: PrunePorts;
  /** Told now and then how far the sweep is. */
  readonly progress?: (progress: SweepProgress) => void;
}

export interface SweepProgress {
  readonly step: 'listing' | 'looking';
  readonly done: number;
  /** `undefined` while it is not known. */
  readonly of: number | undefined;
}

export interface SweepRequest {
  /** Scan all stored runs even if that was done within the day. */
  readonly scan?: boolean;
}

export interface SweepResult {
  /** `busy`: another sweep is under way. `overtaken`: another one took over. `unfinished`: the first scan goes on later. */
  readonly outcome: 'done' | 'unfinished' | 'busy' | 'overtaken';
  readonly basis?: QuotaSnapshot['basis'];
  readonly storedRuns?: number;
  readonly storedRunsQuota?: number;
  readonly unknownRetention?: number;
  readonly pruned?: PruneSummary;
  readonly listCalls: number;
  readonly getCalls: number;
}
