/** Made-up histories of an account's RETAIN runs, what the forecast expects of them, and what most people would. */
import { paceOf, usualGrowth } from '../lib/quota/forecast.ts';
import { DAY_MS, type RetainDay } from '../lib/quota/retain-days.ts';

/** 56 days and 300 more: a weekly pace, in one of eight histories slowly growing, one burst a month, one clean-up a month. */
export function syntheticHistory(
  seed: number,
  today: number,
): { days: RetainDay[]; counts: number[]; future: number[] } {
  const random = randomOf(seed);
  const pace = 20 + 200 * random();
  const growth = seed % 8 === 0 ? 0.005 : 0;
  const days: RetainDay[] = [];
  const counts: number[] = [];
  const future: number[] = [];
  let count = 20_000;
  for (let day = today - 56; day < today + 300; day += 1) {
    const mean = pace * (day % 7 < 2 ? 0.4 : 1) * (1 + growth * (day - today + 56));
    const burst = random() < 1 / 30 ? Math.round(500 + 3_000 * random()) : 0;
    const started = Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random))) + burst;
    const deleted = random() < 1 / 30 ? Math.round(1_000 + 1_000 * random()) : 0;
    count += started - deleted;
    if (day < today) {
      days.push({ day, started, deleted });
      counts.push(count);
    } else {
      future.push(count);
    }
  }
  return { days, counts, future };
}

/** The forecast's curve at so many days from `today`, if no run is refused. */
export function expectedRetained(
  { days, retained, today }: { days: readonly RetainDay[]; retained: number; today: number },
  inDays: number,
): number {
  const pace = paceOf(days, today);
  return pace === undefined ? Number.NaN : retained + usualGrowth(pace, today * DAY_MS)(inDays);
}

/** Least squares through the counts, one a day, `ahead` days beyond the last. */
export function straightLine(counts: readonly number[], ahead: number): number {
  const middle = (counts.length - 1) / 2;
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const products = counts.reduce((sum, count, index) => sum + (index - middle) * (count - mean), 0);
  const squares = counts.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return mean + (products / squares) * (counts.length - 1 - middle + ahead);
}

function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
