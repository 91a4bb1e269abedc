/** What `rundrop quota` knows, as data. Pure. */
import { type Forecast, forecastExhaustion } from '../../lib/quota/forecast.ts';
import type { QueueEstimate } from '../../lib/quota/queue-ahead.ts';
import type { QueuePicture, Room } from '../../lib/quota/queue-picture.ts';
import {
  countOf,
  type Holders,
  type QuotaSnapshot,
  removeSurvivalDays,
  retainedShare,
  type WhatIf,
  whatIf,
} from '../../lib/quota/quota-snapshot.ts';
import type { RetainDay } from '../../lib/quota/retain-days.ts';
import type { RunDurations } from '../../lib/quota/run-durations.ts';
import { type AskedRun, type QueueReport, queueReport, queueWith } from './queue-report.ts';

export interface TrendPoint {
  readonly takenAt: string;
  readonly RETAIN: number;
  readonly REMOVE: number;
  readonly UNKNOWN: number;
  readonly storedRuns: number;
  readonly storedRunsQuota: number;
}

export interface QuotaReport extends QuotaSnapshot {
  /** From 0; above 1 when the quota was lowered. */
  readonly retainedShareOfQuota: number;
  /** `null`: no run was started in the last day. */
  readonly removeSurvivalDays: number | null;
  /** `null`: too little history. */
  readonly forecast: ForecastRow | null;
  readonly holders: Holders | null;
  readonly trend: readonly TrendPoint[];
  /** `null`: the last sweep was made by a version that did not look. */
  readonly queue: QueueReport | null;
  readonly whatIf?: WhatIfReport;
}

export interface WhatIfReport {
  readonly count: number;
  readonly RETAIN: WhatIf;
  readonly REMOVE: WhatIf;
  /** What the runs are taken to be like, as a person reads it. */
  readonly like: string;
  /** Of those with a place among the stored runs, together with what is there already. `null`: nothing is known of durations. */
  readonly queue: QueueEstimate | null;
}

/** JSON has no `undefined`: `null` is "not within ten years", or "perhaps never". */
export interface ForecastRow extends Pick<Forecast, 'perDay' | 'fromDays' | 'exceptionalDays'> {
  readonly days: number | null;
  readonly earliestDays: number | null;
  readonly latestDays: number | null;
}

export interface ReportInput {
  readonly snapshot: QuotaSnapshot;
  readonly days: readonly RetainDay[];
  readonly holders: Holders | undefined;
  /** Newest first. */
  readonly history: readonly QuotaSnapshot[];
  readonly nowMs: number;
  readonly queue: QueuePicture | undefined;
  readonly durations: RunDurations;
  readonly whatIf?: WhatIfInput;
}

export interface WhatIfInput {
  readonly count: number;
  /** What was asked for lately, of one route or of all. */
  readonly asked: readonly AskedRun[];
  readonly route?: string;
}

export function quotaReport(input: ReportInput): QuotaReport {
  const { snapshot, days, holders, history, nowMs, queue, durations } = input;
  const retained = countOf(snapshot, 'RETAIN');
  const forecast = forecastExhaustion({ days, retained, quota: snapshot.storedRunsQuota, nowMs });
  return {
    ...snapshot,
    retainedShareOfQuota: retainedShare(snapshot),
    removeSurvivalDays: removeSurvivalDays(snapshot) ?? null,
    forecast: forecast === undefined ? null : rowOf(forecast),
    holders: holders ?? null,
    trend: history.toReversed().map(pointOf),
    queue: queue === undefined ? null : queueReport(queue, durations, roomOf(snapshot)),
    ...(input.whatIf === undefined ? {} : { whatIf: whatIfReport(input, input.whatIf) }),
  };
}

function whatIfReport({ snapshot, queue, durations }: ReportInput, { count, asked, route }: WhatIfInput): WhatIfReport {
  const retain = whatIf(snapshot, count, 'RETAIN');
  const remove = whatIf(snapshot, count, 'REMOVE');
  const removed = asked.filter(({ retentionMode }) => retentionMode === 'REMOVE').length;
  const refused = Math.round(
    asked.length === 0
      ? retain.refused
      : (retain.refused * (asked.length - removed) + remove.refused * removed) / asked.length,
  );
  return {
    count,
    RETAIN: retain,
    REMOVE: remove,
    like: likeWhat(asked.length, route),
    queue:
      queue === undefined
        ? null
        : queueWith(queue, durations, { count: count - refused, asked, room: roomOf(snapshot) }),
  };
}

function roomOf({ storedRuns, storedRunsQuota, removableRuns }: QuotaSnapshot): Room {
  return { free: storedRunsQuota - storedRuns, removable: removableRuns };
}

function likeWhat(asked: number, route: string | undefined): string {
  if (asked === 0) return 'DYNAMIC, in no run group, and as long as other runs';
  const newest = asked === 1 ? 'the newest request' : `the newest ${asked} requests`;
  return `like ${newest}${route === undefined ? '' : ` of route ${route}`}`;
}

function rowOf({ days, earliestDays, latestDays, ...rest }: Forecast): ForecastRow {
  return { days: days ?? null, earliestDays: earliestDays ?? null, latestDays: latestDays ?? null, ...rest };
}

function pointOf(snapshot: QuotaSnapshot): TrendPoint {
  const { takenAt, storedRuns, storedRunsQuota } = snapshot;
  return {
    takenAt,
    RETAIN: countOf(snapshot, 'RETAIN'),
    REMOVE: countOf(snapshot, 'REMOVE'),
    UNKNOWN: countOf(snapshot, 'UNKNOWN'),
    storedRuns,
    storedRunsQuota,
  };
}
