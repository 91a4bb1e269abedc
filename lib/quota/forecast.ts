/**
 * How long until RETAIN runs fill the quota, with an interval. docs/quota.md explains the method.
 *
 * A straight line through the last week takes a burst for the new pace and a clean-up for a trend. Here each day's net
 * change is compared with what is usual on that day of the week; days that are far off count as exceptions: they do not
 * move the expected pace, they widen the interval on their side.
 */
import { DAY_MS, dayOf, type RetainDay } from './retain-days.ts';

export interface Forecast {
  /** Days until the quota is full at the usual pace; `undefined`: not within ten years. */
  readonly days: number | undefined;
  /** The interval's ends, with the pace's spread and exceptions: about four in five futures lie between. */
  readonly earliestDays: number | undefined;
  /** `undefined`: perhaps never. */
  readonly latestDays: number | undefined;
  /** The usual net change, RETAIN runs a day. */
  readonly perDay: number;
  /** Complete days that it was made from. */
  readonly fromDays: number;
  /** Of them, days that were taken as exceptions: bursts and clean-ups. */
  readonly exceptionalDays: number;
}

export interface ForecastInput {
  readonly days: readonly RetainDay[];
  readonly retained: number;
  readonly quota: number;
  readonly nowMs: number;
}

/** Days of history that count; older ones tell of another time. */
const WINDOW_DAYS = 42;
/** With fewer there is no forecast. */
const FEWEST_DAYS = 3;
/** From so many days on, each day of the week has its own pace. */
const WEEKLY_FROM_DAYS = 21;
/** A day's weight halves with so many days of age. */
const HALF_LIFE_DAYS = 21;
/** A day so many standard deviations from the usual is an exception. */
const EXCEPTION_DEVIATIONS = 4;
/** A median absolute deviation as a standard deviation, for a normal spread. */
const MAD_TO_DEVIATION = 1.4826;
/** Nine in ten of a normal spread: with exceptions, whose number is small and known badly, about four in five remain. */
const INTERVAL_DEVIATIONS = 1.6449;
const FURTHEST_DAYS = 3_650;

/** The usual pace and its spread. */
interface Pace {
  /** Net change of day number `day`. */
  on(day: number): number;
  readonly variance: number;
  /** Mean a day of what bursts brought, and their square; likewise for clean-ups. */
  readonly up: Exceptions;
  readonly down: Exceptions;
  readonly fromDays: number;
  readonly exceptionalDays: number;
}

interface Exceptions {
  readonly mean: number;
  readonly variance: number;
}

/** `undefined` when there is too little history to say anything. */
export function forecastExhaustion(input: ForecastInput): Forecast | undefined {
  const today = dayOf(input.nowMs);
  const pace = paceOf(input.days, today);
  if (pace === undefined) return undefined;
  const room = Math.max(0, input.quota - input.retained);
  const spreadAt = (days: number, variance: number) =>
    INTERVAL_DEVIATIONS * Math.sqrt(days * variance + (days * days * pace.variance) / pace.fromDays);
  const usual = usualGrowth(pace, input.nowMs);
  const fill = (growthAt: (days: number) => number) => firstDay((days) => growthAt(days) >= room);
  const upVariance = pace.variance + pace.up.variance;
  const downVariance = pace.variance + pace.down.variance;
  return {
    days: fill(usual),
    earliestDays: fill((days) => usual(days) + days * pace.up.mean + spreadAt(days, upVariance)),
    latestDays: fill((days) => usual(days) - days * pace.down.mean - spreadAt(days, downVariance)),
    perDay: usual(28) / 28,
    fromDays: pace.fromDays,
    exceptionalDays: pace.exceptionalDays,
  };
}

/** Growth from now to a number of days (whole or not) later. Cumulative, so that asking day after day costs one step each. */
export function usualGrowth(pace: Pace, nowMs: number): (days: number) => number {
  const start = nowMs / DAY_MS;
  const sums: number[] = [0];
  /** Growth from the beginning of today to the beginning of the day `ahead` days later. */
  const until = (ahead: number): number => {
    for (let day = sums.length; day <= ahead; day += 1)
      sums.push((sums[day - 1] ?? 0) + pace.on(Math.floor(start) + day - 1));
    return sums[ahead] ?? 0;
  };
  const at = (ahead: number): number => {
    const whole = Math.floor(ahead);
    return until(whole) + (ahead - whole) * pace.on(Math.floor(start) + whole);
  };
  const passed = start - Math.floor(start);
  return (days) => at(passed + days) - at(passed);
}

/** The first whole number of days, then tenths within it; whether it holds must not change back for good before. */
function firstDay(holds: (days: number) => boolean): number | undefined {
  if (holds(0)) return 0;
  for (let day = 1; day <= FURTHEST_DAYS; day += 1) {
    if (!holds(day)) continue;
    for (let tenth = 1; tenth < 10; tenth += 1) {
      const days = day - 1 + tenth / 10;
      if (holds(days)) return days;
    }
    return day;
  }
  return undefined;
}

/** `undefined` when there is too little history. */
export function paceOf(days: readonly RetainDay[], today: number): Pace | undefined {
  // Today is not over.
  const history = days.filter(({ day }) => day < today && day >= today - WINDOW_DAYS);
  if (history.length < FEWEST_DAYS) return undefined;
  const changes = history.map(({ day, started, deleted }) => ({ day, net: started - deleted, age: today - day }));
  const usual = usualOf(changes, history.length >= WEEKLY_FROM_DAYS);
  const residuals = changes.map((one) => ({ ...one, residual: one.net - usual(one.day) }));
  const deviation = MAD_TO_DEVIATION * median(residuals.map(({ residual }) => Math.abs(residual)));
  // Counts of rare events spread by their square root even where the median says nothing happens.
  const floor = Math.sqrt(Math.max(1, Math.abs(median(changes.map(({ net }) => net)))));
  const limit = EXCEPTION_DEVIATIONS * Math.max(deviation, floor);
  const regular = residuals.filter(({ residual }) => Math.abs(residual) <= limit);
  if (regular.length === 0) return undefined;
  const means = meansOf(regular, history.length >= WEEKLY_FROM_DAYS);
  const variance = sum(regular.map(({ net, day }) => (net - means(day)) ** 2)) / regular.length;
  return {
    on: means,
    variance: Math.max(variance, Math.abs(means(today)) / 2),
    up: exceptionsOf(
      residuals.filter(({ residual }) => residual > limit).map(({ residual }) => residual),
      history.length,
    ),
    down: exceptionsOf(
      residuals.filter(({ residual }) => residual < -limit).map(({ residual }) => -residual),
      history.length,
    ),
    fromDays: history.length,
    exceptionalDays: residuals.length - regular.length,
  };
}

interface Change {
  readonly day: number;
  readonly net: number;
  readonly age: number;
}

/** What is usual on a day: the median, of the same day of the week where there are enough weeks. */
function usualOf(changes: readonly Change[], weekly: boolean): (day: number) => number {
  const overall = median(changes.map(({ net }) => net));
  if (!weekly) return () => overall;
  const byWeekday = Array.from({ length: 7 }, (_, weekday) => {
    const same = changes.filter(({ day }) => day % 7 === weekday).map(({ net }) => net);
    return same.length === 0 ? overall : median(same);
  });
  return (day) => byWeekday[day % 7] ?? overall;
}

/** The mean of regular days, recent ones weighing more. */
function meansOf(regular: readonly Change[], weekly: boolean): (day: number) => number {
  const overall = weightedMean(regular);
  if (!weekly) return () => overall;
  const byWeekday = Array.from({ length: 7 }, (_, weekday) => {
    const same = regular.filter(({ day }) => day % 7 === weekday);
    return same.length === 0 ? overall : weightedMean(same);
  });
  return (day) => byWeekday[day % 7] ?? overall;
}

function weightedMean(changes: readonly Change[]): number {
  const weight = ({ age }: Change) => 0.5 ** (age / HALF_LIFE_DAYS);
  return sum(changes.map((one) => one.net * weight(one))) / sum(changes.map(weight));
}

/** One more than were seen, so that a single one does not pass for the most that can come. */
function exceptionsOf(sizes: readonly number[], days: number): Exceptions {
  if (sizes.length === 0) return { mean: 0, variance: 0 };
  const each = (sizes.length + 1) / sizes.length / days;
  return { mean: sum(sizes) * each, variance: sum(sizes.map((size) => size * size)) * each };
}

function sum(values: readonly number[]): number {
  return values.reduce((whole, value) => whole + value, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? 0;
  const lower = sorted[(sorted.length - 1) >> 1] ?? 0;
  return (lower + upper) / 2;
}
