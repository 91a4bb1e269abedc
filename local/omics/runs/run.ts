/** A run as the emulator keeps it. Small: there may be a hundred thousand. */

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
  readonly startMs?: number;
  /** When it left RUNNING. */
  readonly stoppingMs?: number;
  /** When it reached its end. */
  readonly stopMs?: number;
  /** The end that a STOPPING run is going to. */
  readonly outcome?: RunOutcome;
  readonly failureReason?: string;
  /** Whether it counts against the limits of active runs. */
  readonly active?: boolean;
}

export interface Run extends RunState {
  /** The order of creation: unique, ascending, never reused. */
  readonly seq: number;
  /** Seven digits; reused after deletion. */
  readonly id: string;
  /** Never reused. */
  readonly uuid: string;
  readonly createdMs: number;
  readonly name?: string;
  readonly workflowId: string;
  readonly workflowType: 'PRIVATE' | 'READY2RUN';
  readonly workflowUuid: string;
  readonly workflowName?: string;
  readonly workflowVersionName?: string;
  readonly runGroupId?: string;
  readonly batchId?: string;
  readonly priority?: number;
  readonly storageType: StorageType;
  readonly storageCapacity?: number;
  readonly retentionMode: RetentionMode;
  readonly fate?: Fate;
  /** The StartRun members beyond these, as JSON: a text costs a fraction of the objects, and many runs share one. */
  readonly requestJson: string;
  /** `parameters` as JSON: what differs from run to run. */
  readonly parametersJson?: string;
  /** Tags as JSON; absent when there are none. */
  readonly tagsJson?: string;
}

export function isTerminal(status: RunStatus): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED' || status === 'DELETED';
}

export type Tags = Readonly<Record<string, string>>;

export function tagsOf(run: Run): Tags {
  return run.tagsJson === undefined ? {} : (JSON.parse(run.tagsJson) as Tags);
}

/** What StartRun was given and GetRun gives back, beyond the members of `Run`. */
export interface KeptRequest {
  readonly runId?: string;
  readonly roleArn: string;
  readonly outputUri: string;
  readonly parameters?: unknown;
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

export function requestOf(run: Run): KeptRequest {
  const request = JSON.parse(run.requestJson) as KeptRequest;
  return run.parametersJson === undefined
    ? request
    : { ...request, parameters: JSON.parse(run.parametersJson) as unknown };
}
