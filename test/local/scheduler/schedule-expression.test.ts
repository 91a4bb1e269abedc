import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../local/scheduler/schedule-expression.ts';

function occurrences(expression: string, timeZone: string, after: string, count: number): string[] {
  const times = parseSchedule(expression, timeZone);
  const found: string[] = [];
  let afterMs = Date.parse(after);
  for (let index = 0; index < count; index += 1) {
    const nextMs = times.next(afterMs, Date.parse(after));
    if (nextMs === undefined) break;
    found.push(new Date(nextMs).toISOString().replace('.000Z', 'Z'));
    afterMs = nextMs;
  }
  return found;
}

describe('a cron expression', () => {
  it.each([
    ['every day', '0 2 * * ? *', ['2026-01-02T02:00:00Z', '2026-01-03T02:00:00Z']],
    ['every 15 minutes', '0/15 * * * ? *', ['2026-01-01T12:15:00Z', '2026-01-01T12:30:00Z']],
    [
      'a list with a range and a step',
      '0 1-3,20/2 1 * ? *',
      ['2026-01-01T20:00:00Z', '2026-01-01T22:00:00Z', '2026-02-01T01:00:00Z'],
    ],
    [
      'Monday to Friday',
      '0 18 ? * MON-FRI *',
      ['2026-01-01T18:00:00Z', '2026-01-02T18:00:00Z', '2026-01-05T18:00:00Z'],
    ],
    ['days by name in any case', '0 0 ? jan sun,Sat *', ['2026-01-03T00:00:00Z', '2026-01-04T00:00:00Z']],
    [
      'the 31st only where there is one',
      '0 0 31 * ? *',
      ['2026-01-31T00:00:00Z', '2026-03-31T00:00:00Z', '2026-05-31T00:00:00Z'],
    ],
    ['29 February', '0 0 29 2 ? *', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
    ['the last day of the month', '0 0 L * ? *', ['2026-01-31T00:00:00Z', '2026-02-28T00:00:00Z']],
    ['the last Friday of the month', '0 0 ? * 6L *', ['2026-01-30T00:00:00Z', '2026-02-27T00:00:00Z']],
    ['the second Monday of the month', '0 0 ? * MON#2 *', ['2026-01-12T00:00:00Z', '2026-02-09T00:00:00Z']],
    ['the fifth Monday, which not every month has', '0 0 ? * 2#5 *', ['2026-03-30T00:00:00Z', '2026-06-29T00:00:00Z']],
    ['the weekday nearest to a Saturday', '0 0 3W * ? *', ['2026-01-02T00:00:00Z', '2026-02-03T00:00:00Z']],
    ['the weekday nearest to a Sunday', '0 0 4W 1 ? *', ['2026-01-05T00:00:00Z']],
    ['the weekday nearest to the first, a Sunday', '0 0 1W 2 ? 2026', ['2026-02-02T00:00:00Z']],
    ['the weekday nearest to the last, a Saturday', '0 0 31W 1 ? 2026', ['2026-01-30T00:00:00Z']],
    ['years', '0 0 1 1 ? 2027,2030-2031', ['2027-01-01T00:00:00Z', '2030-01-01T00:00:00Z', '2031-01-01T00:00:00Z']],
    ['a year that is over', '0 0 1 1 ? 2020', []],
    ['a day that never comes', '0 0 30 2 ? *', []],
  ])('finds %s', (_, fields, expected) => {
    expect(occurrences(`cron(${fields})`, 'UTC', '2026-01-01T12:00:00Z', Math.max(1, expected.length))).toEqual(
      expected,
    );
  });

  it.each([
    ['0 0 * * * *', /exactly one of day-of-month and day-of-week must be \?/],
    ['0 0 ? * ? *', /exactly one of/],
    ['0 0 * * ?', /six fields, not 5/],
    ['60 0 * * ? *', /minutes: 60 is not one of 0-59/],
    ['0 24 * * ? *', /hours: 24/],
    ['0 0 0 * ? *', /day-of-month: 0/],
    ['0 0 * FOO ? *', /month: FOO/],
    ['0 0 ? * 8 *', /day-of-week: 8/],
    ['0 0 * * ? 1969', /year: 1969/],
    ['0/0 0 * * ? *', /minutes: the step 0/],
    ['5-1 0 * * ? *', /5-1 is not a range/],
    ['1x 0 * * ? *', /minutes: 1x/],
    [', 0 * * ? *', /minutes: nothing/],
    ['0 0 LW * ? *', /day-of-month: LW/],
  ])('refuses %s', (fields, reason) => {
    expect(() => parseSchedule(`cron(${fields})`, 'UTC')).toThrow(
      expect.objectContaining({ name: 'ScheduleSyntaxError', message: expect.stringMatching(reason) }),
    );
  });
});

describe('a cron expression in a time zone', () => {
  it('keeps its wall time when the clocks change', () => {
    expect(occurrences('cron(0 9 * * ? *)', 'Europe/Berlin', '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T08:00:00Z',
      '2026-03-29T07:00:00Z',
      '2026-03-30T07:00:00Z',
    ]);
  });

  it('skips a wall time that the clocks skip', () => {
    expect(occurrences('cron(30 2 * * ? *)', 'Europe/Berlin', '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T01:30:00Z',
      '2026-03-30T00:30:00Z',
      '2026-03-31T00:30:00Z',
    ]);
  });

  it('takes a wall time once that the clocks pass twice', () => {
    expect(occurrences('cron(30 1 * * ? *)', 'America/New_York', '2026-10-31T12:00:00Z', 2)).toEqual([
      '2026-11-01T05:30:00Z',
      '2026-11-02T06:30:00Z',
    ]);
  });

  it('goes on after the hour that comes twice, also when asked in its midst', () => {
    expect(occurrences('cron(0/20 * * * ? *)', 'America/New_York', '2026-11-01T06:10:00Z', 2)).toEqual([
      '2026-11-01T07:00:00Z',
      '2026-11-01T07:20:00Z',
    ]);
  });

  it('knows zones with odd offsets and half-hour changes', () => {
    expect(occurrences('cron(0 0 * * ? *)', 'Asia/Kathmandu', '2026-01-01T00:00:00Z', 1)).toEqual([
      '2026-01-01T18:15:00Z',
    ]);
    expect(occurrences('cron(15 2 * * ? *)', 'Australia/Lord_Howe', '2026-10-02T16:00:00Z', 2)).toEqual([
      '2026-10-04T15:15:00Z',
      '2026-10-05T15:15:00Z',
    ]);
  });
});

describe('at', () => {
  it('is one moment, in its zone', () => {
    expect(occurrences('at(2026-07-01T09:00:00)', 'Europe/Berlin', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2026-07-01T07:00:00Z',
    ]);
    expect(occurrences('at(2025-07-01T09:00:00)', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual([]);
  });

  it.each(['at(2026-02-30T00:00:00)', 'at(2026-01-01)', 'at(2026-01-01T00:00:00Z)'])('refuses %s', (expression) => {
    expect(() => parseSchedule(expression, 'UTC')).toThrow(/date and time that exist/);
  });
});

describe('rate', () => {
  it('counts from its first moment', () => {
    const rate = parseSchedule('rate(2 hours)', 'UTC');
    expect(rate.next(500, 1_000)).toBe(1_000);
    expect(rate.next(1_000, 1_000)).toBe(7_201_000);
    expect(rate.next(99_999_999, 1_000)).toBe(100_801_000);
  });

  it('takes a day for 24 hours where the clocks change', () => {
    expect(occurrences('rate(1 day)', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T12:00:00Z',
      '2026-03-30T12:00:00Z',
    ]);
  });

  it.each([
    'rate(0 minutes)',
    'rate(1 minutes)',
    'rate(2 minute)',
    'rate(5 seconds)',
    'rate(-1 days)',
    'rate(1.5 hours)',
    'every day',
    'rate(1 day',
  ])('refuses %s', (expression) => {
    expect(() => parseSchedule(expression, 'UTC')).toThrow(expect.objectContaining({ name: 'ScheduleSyntaxError' }));
  });
});

it('refuses a time zone that does not exist', () => {
  expect(() => parseSchedule('rate(1 day)', 'Mars/Olympus')).toThrow(/no time zone Mars\/Olympus/);
});
