/** What `rundrop quota` knows, as data. Pure. */
import { type Forecast, forecastExhaustion } from '../../lib/quota/forecast.ts';
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
  readonly whatIf?: { readonly count: number; readonly RETAIN: WhatIf; readonly REMOVE: WhatIf };
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
  readonly count?: number;
}

export function quotaReport({ snapshot, days, holders, history, nowMs, count }: ReportInput): QuotaReport {
  const retained = countOf(snapshot, 'RETAIN');
  const forecast = forecastExhaustion({ days, retained, quota: snapshot.storedRunsQuota, nowMs });
  return {
    ...snapshot,
    retainedShareOfQuota: retainedShare(snapshot),
    removeSurvivalDays: removeSurvivalDays(snapshot) ?? null,
    forecast: forecast === undefined ? null : rowOf(forecast),
    holders: holders ?? null,
    trend: history.toReversed().map(pointOf),
    ...(count === undefined
      ? {}
      : { whatIf: { count, RETAIN: whatIf(snapshot, count, 'RETAIN'), REMOVE: whatIf(snapshot, count, 'REMOVE') } }),
  };
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
