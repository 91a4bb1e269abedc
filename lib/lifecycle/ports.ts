/**
 * What the lifecycle needs of the world, each as narrow as its use. `lib/aws` speaks them to AWS; a test or a simulation
 * may speak them to anything.
 */
import type { RouteFile } from '../routing/route-file.ts';
import type { SheetPartOfDrop } from '../routing/sheet-message.ts';
import type { ActiveRunStatus } from '../runs/run-status.ts';
import type { StartRunInput } from '../runs/start-run-input.ts';
import type { RunNews, StartedRun } from '../runs/transitions.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** One line of the log. Fields are opaque ids and counts only: never keys, sample names or parameters (invariant 9). */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A run as GetRun tells it. */
export interface RunFacts extends RunNews {
  readonly runId: string;
  readonly uuid: string;
  readonly arn?: string;
  readonly name?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A run as ListRuns tells it: without its uuid. */
export interface ListedRun {
  readonly runId: string;
  readonly name?: string;
  readonly status: string;
  /** ISO. Of two runs that had the same id, and maybe the same name, it is another one. */
  readonly creationTime?: string;
}

export type StartRunResult =
  | { readonly kind: 'started'; readonly run: StartedRun }
  /** HealthOmics said no for good. */
  | { readonly kind: 'refused'; readonly reason: string; readonly code?: string }
  /** The account's stored-run quota, or another, is full. */
  | { readonly kind: 'quota'; readonly reason: string }
  /** Too many calls, or the service is ill: later. */
  | {
      readonly kind: 'later';
      readonly reason: string;
      /** It was turned away before anything was done. Without this a run may have come of the call. */
      readonly isThrottled?: true;
    };

/** A workflow as StartRun names it. */
export interface WorkflowName {
  readonly workflowId: string;
  readonly workflowType?: string;
  readonly workflowOwnerId?: string;
  readonly workflowVersionName?: string;
}

export interface Runs {
  /** Safe to repeat: HealthOmics answers the same run for the same requestId. */
  startRun(input: StartRunInput): Promise<StartRunResult>;
  /** `undefined` when there is no such run (any more). */
  getRun(runId: string): Promise<RunFacts | undefined>;
  /** Asks for the end of a run. One that is over or gone needs none. */
  cancelRun(runId: string): Promise<void>;
  /** Ids of the runs of that name. */
  findRunIdsByName(name: string): Promise<readonly string[]>;
  /** The workflow's parameter template by parameter; `undefined` when it has none or it cannot be read. */
  parameterTemplate(
    workflow: WorkflowName,
  ): Promise<Readonly<Record<string, { readonly optional?: boolean | undefined }>> | undefined>;
  /** Every run in that status. */
  listRuns(status: string): Promise<readonly ListedRun[]>;
}

export type TokenAnswer = 'delivered' | 'spent';

export interface Executions {
  /** Starts by name; an execution of that name that exists already, running or closed, is as good. Returns its ARN. */
  start(name: string, input: Readonly<Record<string, unknown>>): Promise<string>;
  /** RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, or `undefined` when Step Functions does not know it. */
  status(executionArn: string): Promise<string | undefined>;
  succeed(token: string, output: Readonly<Record<string, unknown>>): Promise<TokenAnswer>;
  fail(token: string, error: string, cause: string): Promise<TokenAnswer>;
}

export interface ObjectHead {
  readonly etag: string;
  readonly sizeBytes: number;
  readonly checksum?: string;
  readonly versionId?: string;
  readonly storageClass: string;
  /** When the object was written. */
  readonly lastModifiedMs?: number;
}

export interface Objects {
  /** `undefined` when there is no such object or bucket. */
  head(object: { bucket: string; key: string; versionId?: string }): Promise<ObjectHead | undefined>;
  /** Whether an object's key begins so; `unknown` where we may not look. */
  someUnder(place: { bucket: string; prefix: string }): Promise<'yes' | 'no' | 'unknown'>;
  tags(object: { bucket: string; key: string; versionId?: string }): Promise<Readonly<Record<string, string>>>;
  /** The object's text, or `too-large`, or `undefined` when it is gone or not the version with that ETag. */
  read(
    object: { bucket: string; key: string; etag: string },
    limitBytes: number,
  ): Promise<string | 'too-large' | undefined>;
}

/** Word to ourselves, through the drops queue: parts of a sheet whose rows are to be claimed. */
export interface SheetParts {
  /** Rejects unless the queue took all of them. */
  send(parts: readonly (SheetPartOfDrop & { readonly afterSeconds: number })[]): Promise<void>;
}

/** Word to ourselves, through the drops queue: objects that are other ones by now are to be taken anew. */
export interface DropsAgain {
  /** By the ids of their old drops. Rejects unless the queue took all of them. */
  send(dropIds: readonly string[]): Promise<void>;
}

/** Tells the starter that something waits, and what, if it has just come. Losing a nudge costs a minute, until reconciliation sends another. */
export interface Starter {
  nudge(cause: string, identity?: string): Promise<void>;
}

export interface Announcement {
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Announcer {
  /** Rejects when the bus did not take it. */
  announce(announcement: Announcement): Promise<void>;
}

/** What people may want word of; the setting RUNDROP_NOTIFY chooses. */
export const NOTICE_KINDS = [
  'FAILED',
  'REFUSED',
  'SUPERSEDED',
  'REMOVED',
  'CANCELLED',
  'COMPLETED',
  /** Nobody knows whether a StartRun made a run. */
  'UNCERTAIN',
  /** A run stays in a status for longer than its route allows. */
  'OVERDUE',
  /** A set of drops stays incomplete for longer than its route allows. */
  'INCOMPLETE',
  /** A drop that starts nothing. */
  'REJECTED',
  /** A threshold of the stored-run quota was passed. */
  'QUOTA',
] as const;

export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Word for people, by e-mail or whatever they subscribed with. Opaque ids and routes only (invariant 9). */
export interface Notice {
  /** The same for every repeat. */
  readonly eventId: string;
  /** The detail-type of the event that tells programs the same. */
  readonly about: string;
  /** One line; what is not ASCII or too long for SNS is mended when it is sent. */
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
  readonly kind: NoticeKind;
  readonly route?: string;
}

export interface Notifier {
  /** Sends it if its kind is wanted. Rejects when the topic did not take it. */
  notify(notice: Notice): Promise<void>;
}

export interface Quotas {
  /** StartRun calls a second that the account may make. */
  startRunsPerSecond(): Promise<number>;
}

export interface Routes {
  read(): Promise<RouteFile>;
}

export interface Settings {
  readonly stage: string;
  readonly rundropVersion: string;
  /** The git commit of the route file, where that is known. */
  readonly routesCommit?: string;
  /** How long HealthOmics is trusted to remember a requestId. */
  readonly requestIdTrustSeconds: number;
  /** The first retry waits up to so long; each next one up to twice as long. */
  readonly retryBaseSeconds: number;
  /** While a quota is full, one StartRun goes out in so long. */
  readonly quotaProbeSeconds: number;
  /** How long a run may be in each status where its route does not say. */
  readonly inStatusSeconds: Readonly<Record<ActiveRunStatus, number>>;
}
