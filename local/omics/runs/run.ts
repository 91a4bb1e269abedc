/** A run, as it is at the moment when it is read from the store. */

export type RunStatus =
  | 'PENDING'
  | 'STARTING'
  | 'RUNNING'
  | 'STOPPING'
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELLED'
  | 'DELETED';
export type RunOutcome = 'COMPLETED' | 'FAILED' | 'CANCELLED';
export type StorageType = 'STATIC' | 'DYNAMIC';
export type RetentionMode = 'RETAIN' | 'REMOVE';

/** What a run was told to do other than complete. */
export type Fate =
  | { readonly kind: 'FAIL'; readonly at: 'STARTING' | 'RUNNING' | 'STOPPING'; readonly failureReason: string }
  | { readonly kind: 'HANG'; readonly at: 'PENDING' | 'STARTING' | 'RUNNING' | 'STOPPING' };

export interface RunState {
  readonly status: RunStatus;
  /** When the run entered its status; all times in milliseconds since 1970. */
  readonly statusMs: number;
  /** When it began RUNNING. */
  readonly startMs?: number | undefined;
  /** When it left RUNNING. */
  readonly stoppingMs?: number | undefined;
  /** When it reached its end. */
  readonly stopMs?: number | undefined;
  /** The end that a STOPPING run is going to. */
  readonly outcome?: RunOutcome | undefined;
  readonly failureReason?: string | undefined;
  /** Whether it counts against the limits of active runs. */
  readonly active?: boolean | undefined;
}

/** What many runs have in common; never changes. */
export interface RunProfile {
  readonly workflowId: string;
  readonly workflowType: 'PRIVATE' | 'READY2RUN';
  readonly workflowUuid: string;
  readonly workflowName?: string | undefined;
  readonly workflowVersionName?: string | undefined;
  readonly runGroupId?: string | undefined;
  readonly batchId?: string | undefined;
  readonly priority?: number | undefined;
  readonly storageType: StorageType;
  readonly storageCapacity?: number | undefined;
  readonly retentionMode: RetentionMode;
  readonly fate?: Fate | undefined;
  /** The StartRun members beyond these. */
  readonly request: KeptRequest;
}

export interface Run extends RunState, RunProfile {
  /** The order of creation: unique, ascending, never reused. */
  readonly seq: number;
  /** Seven digits; reused after deletion. */
  readonly id: string;
  /** Never reused. */
  readonly uuid: string;
  readonly createdMs: number;
  readonly name?: string | undefined;
  /** `parameters` as JSON. */
  readonly parametersJson?: string | undefined;
  /** Tags as JSON; absent when there are none. */
  readonly tagsJson?: string | undefined;
}

export function isTerminal(status: RunStatus): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED' || status === 'DELETED';
}

export type Tags = Readonly<Record<string, string>>;

export function tagsOf(run: Run): Tags {
  return run.tagsJson === undefined ? {} : (JSON.parse(run.tagsJson) as Tags);
}

/** What StartRun was given and GetRun gives back, beyond the other members of `Run` and without `parameters`. */
export interface KeptRequest {
  readonly runId?: string;
  readonly roleArn: string;
  readonly outputUri: string;
  readonly cacheId?: string;
  readonly cacheBehavior?: string;
  readonly logLevel?: string;
  readonly workflowOwnerId?: string;
  readonly networkingMode?: string;
  readonly scratchStorageMode?: string;
  readonly configurationName?: string;
  readonly sessionPolicy?: string;
  readonly engineSettings?: unknown;
  readonly outputBucketOwnerId?: string;
}

export function parametersOf(run: Run): unknown {
  return run.parametersJson === undefined ? undefined : JSON.parse(run.parametersJson);
}
