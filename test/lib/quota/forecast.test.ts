import { describe, expect, it } from 'vitest';
import { expectedRetained, straightLine, syntheticHistory } from '../../../bench/synthetic-histories.ts';
import { type ForecastInput, forecastExhaustion } from '../../../lib/quota/forecast.ts';
import { DAY_MS, type RetainDay } from '../../../lib/quota/retain-days.ts';

const TODAY = 20_000;
const NOW_MS = TODAY * DAY_MS;

function steady(days: number, perDay: number): RetainDay[] {
  return Array.from({ length: days }, (_, index) => ({ day: TODAY - days + index, started: perDay, deleted: 0 }));
}

function input(change: Partial<ForecastInput>): ForecastInput {
  return { days: steady(28, 100), retained: 50_000, quota: 100_000, nowMs: NOW_MS, ...change };
}

describe('the forecast', () => {
  it('says when a steady pace fills the quota, between an earlier and a later day', () => {
    const forecast = forecastExhaustion(input({}));
    expect(forecast).toMatchObject({ days: 500, perDay: 100, fromDays: 28, exceptionalDays: 0 });
    expect(forecast?.earliestDays).toBeLessThan(500);
    expect(forecast?.latestDays).toBeGreaterThan(500);
  });

  it('is zero when the quota is full, also when it was lowered below what is stored', () => {
    expect(forecastExhaustion(input({ retained: 100_000 }))?.days).toBe(0);
    expect(forecastExhaustion(input({ retained: 100_000, quota: 500 }))?.days).toBe(0);
  });

  it('says nothing of the first days', () => {
    expect(forecastExhaustion(input({ days: steady(2, 100) }))).toBeUndefined();
    expect(forecastExhaustion(input({ days: [] }))).toBeUndefined();
  });

  it('knows no day when nothing is started or as much is deleted', () => {
    expect(forecastExhaustion(input({ days: steady(28, 0) }))?.days).toBeUndefined();
    const balanced = steady(28, 100).map((day) => ({ ...day, deleted: 100 }));
    expect(forecastExhaustion(input({ days: balanced }))?.days).toBeUndefined();
  });

  it('does not take a burst for the new pace, and says that it may come earlier', () => {
    const days = steady(28, 100).map((day) => (day.day === TODAY - 2 ? { ...day, started: 5_000 } : day));
    const forecast = forecastExhaustion(input({ days }));
    expect(forecast).toMatchObject({ days: 500, exceptionalDays: 1 });
    expect(forecast?.earliestDays).toBeLessThan(300);
  });

  it('does not take somebody deleting a thousand runs for a trend', () => {
    const days = steady(28, 100).map((day) => (day.day === TODAY - 1 ? { ...day, deleted: 1_000 } : day));
    expect(forecastExhaustion(input({ days }))).toMatchObject({ days: 500, exceptionalDays: 1 });
  });

  it('knows weekends', () => {
    const days = steady(42, 0).map((day) => ({ ...day, started: day.day % 7 < 2 ? 0 : 140 }));
    const forecast = forecastExhaustion(input({ days, retained: 99_000 }));
    expect(forecast).toMatchObject({ days: expect.closeTo(10, -1), perDay: 100, exceptionalDays: 0 });
    expect(expectedRetained({ days, retained: 99_000, today: TODAY }, 7)).toBe(99_700);
  });

  it('errs at seven days at most half as much as a straight line through the last week, with bursts and deletions', () => {
    const ours: number[] = [];
    const straight: number[] = [];
    let inside = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const { days, counts, future } = syntheticHistory(seed, TODAY);
      const later = future[6] ?? 0;
      const retained = counts.at(-1) ?? 0;
      ours.push(Math.abs(expectedRetained({ days, retained, today: TODAY }, 7) - later));
      straight.push(Math.abs(straightLine(counts.slice(-8), 7) - later));
      const quota = retained + 2_000;
      const forecast = forecastExhaustion({ days, retained, quota, nowMs: NOW_MS });
      const index = future.findIndex((count) => count >= quota);
      const full = index === -1 ? Number.POSITIVE_INFINITY : index + 1;
      const { earliestDays = Number.POSITIVE_INFINITY, latestDays = Number.POSITIVE_INFINITY } = forecast ?? {};
      if (earliestDays <= full && latestDays >= full - 1) inside += 1;
    }
    expect(median(ours) / median(straight)).toBeLessThan(0.5);
    // The interval means four in five; it may err on the wide side.
    expect(inside / 400).toBeGreaterThan(0.75);
  });
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
