import type { PruneRules } from '../quota/prune-settings.ts';
import type { RetryOverrides } from '../runs/retry.ts';
import type { ActiveRunStatus } from '../runs/run-status.ts';
import type { KeyPattern } from './key-pattern.ts';
import type { Problem } from './problems.ts';
import type { RunTemplate } from './run-template.ts';
import type { SheetFormat } from './sheet-format.ts';
import type { SizeCondition } from './units.ts';

/** What every route has, whatever starts it. */
interface RouteBasics {
  /** Letters, digits, `_` and `-`, at most 40. Unique among routes and schedules. */
  readonly name: string;
  readonly run: RunTemplate;
  readonly retry: Retry;
  /** Wildcards (or `row.column`) whose values must stay out of names, tags and output locations. */
  readonly sensitive: readonly string[];
  /** What makes two drops the same: their content, or the version of the object. */
  readonly identity: 'content' | 'version';
  readonly limits?: Limits;
  /** What becomes of a request that meets a full quota. */
  readonly onQuota: 'wait' | 'reject';
}

export interface Retry extends RetryOverrides {
  /** Counts every StartRun of a request, the first included. */
  readonly attempts: number;
}

export interface Limits {
  readonly maxRunsPerDay?: number;
  readonly inStatusSeconds?: Readonly<Partial<Record<ActiveRunStatus, number>>>;
}

/** A route that drops start. */
export interface Route extends RouteBasics {
  readonly bucket: string;
  readonly pattern: KeyPattern;
  /** Wildcard and the values for which the route does not take a drop. */
  readonly except: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly when?: When;
  readonly gather?: Gather;
  readonly each?: Each;
  /** With `each`, and then always there. */
  readonly sheet?: SheetFormat;
}

/** A route that the outcome of another route's run starts. */
export interface OutcomeRoute extends RouteBasics {
  readonly upstream: { readonly route: string; readonly statuses: readonly OutcomeStatus[] };
}

export const OUTCOME_STATUSES = ['COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];

/** Conditions on the object itself. All that are given must hold. */
export interface When {
  /** Empty when the route says nothing of the size. */
  readonly size: readonly SizeCondition[];
  readonly storageClasses?: readonly string[];
  readonly tags: readonly { readonly key: string; readonly values: readonly string[] }[];
}

/** Wait until a set of drops is complete, one set for each combination of the values of `by`. */
export interface Gather {
  readonly by: readonly string[];
  readonly needs: Needs;
  /** How long a set may stay incomplete before that is announced. 24 h unless the route says otherwise. */
  readonly withinMs: number;
  /** A complete set starts after this long without another drop of it. */
  readonly quietMs?: number;
  /** When a member changes after the set has started: wait for all of them or a person, or start the mixed set. */
  readonly onChange: 'hold' | 'restart';
}

export type Needs =
  /** One member for each combination of the values. */
  | {
      readonly kind: 'product';
      readonly lists: readonly { readonly name: string; readonly values: readonly string[] }[];
    }
  | { readonly kind: 'count'; readonly count: number }
  /** Complete when an object arrives that matches `pattern`; its wildcards are those of `by`. */
  | { readonly kind: 'marker'; readonly pattern: KeyPattern }
  /** Complete with any member: `quietMs` decides. */
  | { readonly kind: 'silence' };

/** One run for each row of a sheet, or for each group of rows that agree in a column. */
export type Each = { readonly kind: 'row' } | { readonly kind: 'group'; readonly column: string };

/** A run at a time of day. */
export interface Schedule {
  readonly name: string;
  /** EventBridge Scheduler's own: `cron(0 2 * * ? *)`, `rate(1 hour)` or `at(2026-12-24T18:00:00)`. */
  readonly expression: string;
  /** IANA name. */
  readonly timezone: string;
  readonly run: RunTemplate;
  readonly retry: Retry;
  readonly limits?: Limits;
  readonly onQuota: 'wait' | 'reject';
}

/** What `rundrop.yaml` says, checked. */
export interface RouteFile {
  /** Of the file's text, before environment variables are put in. */
  readonly hash: string;
  /** Those that drops start, in the file's order: the first that matches wins. */
  readonly routes: readonly Route[];
  /** Those that the outcome of another route's run starts. */
  readonly outcomeRoutes: readonly OutcomeRoute[];
  readonly schedules: readonly Schedule[];
  /** Which stored runs the sweeper deletes; absent: none, ever. */
  readonly prune?: PruneRules;
  readonly warnings: readonly Problem[];
  /** Every variable of a `${env:NAME}`, sorted. */
  readonly environmentNames: readonly string[];
}
