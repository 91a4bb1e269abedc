/**
 * What the ledger keeps of one request: the frozen StartRun request, its attempts, and how far it is. One item, so that
 * a single conditional write moves it from one consistent state to the next.
 */
import type { Origin } from './identity.ts';
import type { RequestChanges, RetryOverrides } from './retry.ts';
import type { ActiveRunStatus, RunStatus } from './run-status.ts';
import { isEverybodyTold, type Told, toldBy } from './told.ts';

export type RequestState =
  /** The claim is written, its execution may not run yet. */
  | 'CLAIMED'
  /** In line for the starter. */
  | 'WAITING'
  /** HealthOmics has the run of the current attempt. */
  | 'STARTED'
  /** The last attempt failed, the next has not been put in line yet. */
  | 'RETRYING'
  /** Nobody knows whether StartRun made a run; a person decides. */
  | 'UNCERTAIN'
  /** Over: `outcome` says how. */
  | 'ENDED';

const OUTCOMES = ['COMPLETED', 'FAILED', 'CANCELLED', 'REMOVED', 'REFUSED', 'SUPERSEDED'] as const;

/**
 * COMPLETED, FAILED, CANCELLED: as HealthOmics says. REMOVED: the run is gone and its end was never seen. REFUSED:
 * StartRun, or a check before it, said no for good. SUPERSEDED: an input changed before the run started.
 */
export type Outcome = (typeof OUTCOMES)[number];

/** An object that the request was made from, as it was when it was taken. */
export interface MemberRecord {
  readonly dropId: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly versionId?: string;
}

/** The sheet that a request's row, or group of rows, was first seen in. */
export interface SheetSource {
  readonly dropId: string;
  /** From 1; of a very large group the first ones. */
  readonly lines: readonly number[];
}

/** Where something is kept as evidence: which object, and which bytes. */
export interface EvidenceMark {
  /** `s3://bucket/key` */
  readonly uri: string;
  readonly etag: string;
  /** Of a versioned bucket. */
  readonly versionId?: string;
  /** Of the whole object, in hex. */
  readonly sha256: string;
}

/** What keeps the evidence of an outcome from being written. */
export interface EvidenceTrouble {
  readonly tries: number;
  /** ISO. */
  readonly lastTryAt: string;
  /** The name of the last error. */
  readonly error: string;
  /** ISO. Nobody tries any more. */
  readonly givenUpAt?: string;
}

export interface AttemptRecord {
  /** From 1. */
  readonly attempt: number;
  readonly requestId: string;
  /** The run's name as sent; of a run that a person adopted, its own. */
  readonly name: string;
  /** What differs from the frozen request, after a failure that asks for it. */
  readonly changes: RequestChanges;
  /** ISO time before the first StartRun call. Set and no `uuid`: the call's outcome is unknown. */
  readonly startCalledAt?: string;
  /** The day (UTC) on whose limit the attempt's start was counted. */
  readonly countedOn?: string;
  readonly runId?: string;
  readonly uuid?: string;
  readonly arn?: string;
  readonly runOutputUri?: string;
  readonly retentionMode?: string;
  readonly storageType?: string;
  readonly status?: RunStatus;
  /** When each status was first seen, ISO. */
  readonly statuses: Readonly<Partial<Record<RunStatus, string>>>;
  /**
   * When an event first told of the run, and when a listing found a change that no event had told; after that, when an
   * event told of it again. ISO.
   */
  readonly heardAt?: string;
  readonly missedAt?: string;
  readonly creationTime?: string;
  readonly startTime?: string;
  readonly stopTime?: string;
  readonly failureReason?: string;
  readonly statusMessage?: string;
  readonly outcome?: Outcome;
  /** The last status that its run stayed in for too long, and when that was noticed, told to programs, and to people. */
  readonly overdue?: {
    readonly status: ActiveRunStatus;
    readonly noticedAt: string;
    readonly announcedAt?: string;
    readonly toldAt?: string;
  };
  /** Of its run alone, written when another attempt followed. */
  readonly evidence?: EvidenceMark;
}

/** What a person did to a request, through the command line. */
export interface Act {
  readonly what: 'cancel' | 'replay' | 'rerun' | 'adopt' | 'start-again' | 'give-up';
  /** ISO. */
  readonly at: string;
  /** ARN of the caller, as STS says it. */
  readonly by: string;
  readonly reason?: string;
  /** Ids that the act is about beside the request's own. */
  readonly note?: string;
}

/** What its route says about a request's life, frozen with it. */
export interface RequestPolicy {
  readonly maxAttempts: number;
  /** Where the route decides otherwise than the table of failureReasons. */
  readonly retry?: RetryOverrides;
  /** How many runs of its route may start on one day, UTC; no limit when absent. */
  readonly maxRunsPerDay?: number;
  /** The request does not wait for room in a full quota, it is refused. */
  readonly onQuota?: 'reject';
  /** A run that stays in a status for longer is told of; the account's defaults hold where this says nothing. */
  readonly inStatusSeconds?: Readonly<Partial<Record<ActiveRunStatus, number>>>;
}

export interface EarlierOutcome {
  readonly outcome: Outcome | undefined;
  /** ISO. */
  readonly at: string | undefined;
  readonly evidence?: EvidenceMark;
}

export interface RequestRecord extends RequestPolicy {
  readonly identity: string;
  /** Counts the writes; each write is conditional on the one before. */
  readonly revision: number;
  readonly route: string;
  readonly origin: Origin;
  /** SHA-256 of the route file that made the request. */
  readonly routesHash: string;
  /** The git commit that it came from, where that is known. */
  readonly routesCommit?: string;
  readonly rundropVersion: string;
  /** The StartRun request without requestId, name suffix and our tags: JSON text, never rewritten. */
  readonly requestText: string;
  readonly members: readonly MemberRecord[];
  /** Not a member: a sheet that is edited later does not supersede the rows that stay. */
  readonly sheet?: SheetSource;
  /** A higher number starts earlier. */
  readonly priority: number;
  readonly createdAt: string;
  readonly state: RequestState;
  /** Since when it is in `state`, ISO. */
  readonly since: string;
  /** Why it waits, was refused, was superseded or is uncertain: a sentence for people. May name inputs. */
  readonly reason?: string;
  /** Of `reason`, what names nothing: the name of an error, or one of our own words. */
  readonly reasonCode?: string;
  readonly attempts: readonly AttemptRecord[];
  /** How many execution names are allocated: w1, w2, … */
  readonly watchers: number;
  /** ARNs of executions known to have been started, oldest first. */
  readonly executions: readonly string[];
  readonly outcome?: Outcome;
  readonly outcomeAt?: string;
  readonly evidence?: EvidenceMark;
  readonly evidenceTrouble?: EvidenceTrouble;
  readonly announcedAt?: string;
  /** What people did to it, oldest first. */
  readonly acts?: readonly Act[];
  /** A person asked for its end, ISO: its run is cancelled as soon as there is one, and no attempt follows. */
  readonly cancelAskedAt?: string;
  /** How often a person opened it again after it had ended without a run. */
  readonly reopened?: number;
  /** What it had come to before it was opened again, oldest first. */
  readonly earlierOutcomes?: readonly EarlierOutcome[];
  /** When the topic for people took word of the outcome, or nobody wanted it. */
  readonly notifiedAt?: string;
  /** The `since` of the uncertainty that programs, and that people were told of. */
  readonly uncertainAnnouncedSince?: string;
  readonly uncertainToldSince?: string;
}

export function currentAttempt(record: RequestRecord): AttemptRecord {
  const attempt = record.attempts.at(-1);
  if (attempt === undefined) throw new Error(`Request ${record.identity} has no attempt: its ledger item is damaged.`);
  return attempt;
}

/** Whether events tell of the attempt's run: one did, and no listing has been ahead of them since. */
export function isHeardOf({ heardAt, missedAt }: AttemptRecord): boolean {
  return heardAt !== undefined && (missedAt === undefined || missedAt < heardAt);
}

/** Whom word of its outcome has reached. */
export function toldOfOutcome({ announcedAt, notifiedAt }: Pick<RequestRecord, 'announcedAt' | 'notifiedAt'>): Told {
  return toldBy(announcedAt, notifiedAt);
}

/** Where the request stands in the index of unfinished work; `undefined` when nothing is left to do. */
export function openWork(record: RequestRecord): RequestState | 'UNANNOUNCED' | 'UNEVIDENCED' | undefined {
  if (record.state !== 'ENDED') return record.state;
  if (!isEverybodyTold(toldOfOutcome(record))) return 'UNANNOUNCED';
  const { evidence, evidenceTrouble } = record;
  const lacksEvidence = evidence === undefined && evidenceTrouble !== undefined;
  return lacksEvidence && evidenceTrouble.givenUpAt === undefined ? 'UNEVIDENCED' : undefined;
}
