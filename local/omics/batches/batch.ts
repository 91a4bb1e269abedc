/** Batches of runs as the emulator keeps them. */
import type { Resource } from '../resource-table.ts';
import type { Tags } from '../runs/run.ts';

export type BatchStatus =
  | 'CREATING'
  | 'PENDING'
  | 'SUBMITTING'
  | 'INPROGRESS'
  | 'STOPPING'
  | 'CANCELLED'
  | 'FAILED'
  | 'PROCESSED'
  | 'RUNS_DELETING'
  | 'RUNS_DELETE_FAILED'
  | 'RUNS_DELETED';

export type SubmissionStatus =
  | 'SUCCESS'
  | 'FAILED'
  | 'CANCEL_SUCCESS'
  | 'CANCEL_FAILED'
  | 'DELETE_SUCCESS'
  | 'DELETE_FAILED';

/** `defaultRunSetting` of StartRunBatch, after validation against the model. */
export interface DefaultRunSetting {
  readonly workflowId: string;
  readonly roleArn: string;
  readonly outputUri?: string;
  readonly runTags?: Tags;
  readonly parameters?: unknown;
  readonly runGroupId?: string;
  readonly workflowType?: string;
}

/** One run of a batch: what differs from the default. */
export interface InlineSetting {
  readonly runSettingId: string;
  readonly name?: string;
  readonly outputUri?: string;
  readonly priority?: number;
  readonly parameters?: unknown;
  readonly outputBucketOwnerId?: string;
  readonly runTags?: Tags;
  readonly engineSettings?: unknown;
}

export interface Batch extends Resource {
  readonly id: string;
  readonly uuid: string;
  readonly name?: string;
  readonly status: BatchStatus;
  readonly statusMs: number;
  readonly tags: Tags;
  readonly totalRuns: number;
  readonly defaultRunSetting: DefaultRunSetting;
  readonly s3Uri?: string;
  /** Of the S3 file when the batch was made: a changed file fails the batch. */
  readonly s3Fingerprint?: string;
  readonly createdMs: number;
  readonly submittedMs?: number;
  readonly processedMs?: number;
  readonly failedMs?: number;
  readonly failureReason?: string;
}

/** `key` is `<batchId>/<index>`, counted from 0. */
export interface BatchMember extends Resource {
  readonly batchId: string;
  readonly setting: InlineSetting;
  /** How its start went, and later its cancelling or deleting; absent before. */
  readonly started?: 'SUCCESS' | 'FAILED';
  readonly submissionStatus?: SubmissionStatus;
  readonly runId?: string;
  readonly runUuid?: string;
  readonly failureReason?: string;
  readonly failureMessage?: string;
}
