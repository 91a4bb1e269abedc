import { expect, it } from 'vitest';
import { localTime } from '../../../lib/routing/local-time.ts';
import { checkCron } from '../../../lib/routing/schedule-expression.ts';

it.each([
  '0 2 * * ? *',
  '0/15 * * * ? *',
  '30 8 ? * MON-FRI *',
  '0 10 L * ? *',
  '0 18 ? * 6L *',
  '0 18 ? * FRI#2 2026-2030',
  '5,10 0 1W JAN,JUL ? *',
])('cron %s is EventBridge’s', (text) => {
  expect(checkCron(text)).toBeUndefined();
});

it.each([
  ['0 2 * * *', 'six fields'],
  ['0 2 * * * *', "'?'"],
  ['0 2 ? * ? *', "'?'"],
  ['60 2 * * ? *', 'as minutes'],
  ['0 24 * * ? *', 'as hours'],
  ['0 2 32 * ? *', 'as day of month'],
  ['0 2 * 13 ? *', 'as month'],
  ['0 2 ? * 8 *', 'as day of week'],
  ['0 2 * * ? 1969', 'as year'],
  ['0 2/0 * * ? *', 'as hours'],
  ['0 1-2-3 * * ? *', 'as hours'],
  ['@daily', 'six fields'],
])('cron %s is not: %s', (text, reason) => {
  expect(checkCron(text)).toContain(reason);
});

it.each([
  ['2026-12-24T17:00:00Z', 'UTC', '2026-12-24', '2026-12-24T17:00:00Z'],
  ['2026-12-24T23:30:00Z', 'Europe/Berlin', '2026-12-25', '2026-12-25T00:30:00+01:00'],
  ['2026-07-01T22:30:00Z', 'Europe/Berlin', '2026-07-02', '2026-07-02T00:30:00+02:00'],
  ['2026-01-01T03:00:00Z', 'America/New_York', '2025-12-31', '2025-12-31T22:00:00-05:00'],
  ['2026-01-01T00:00:00Z', 'Asia/Kolkata', '2026-01-01', '2026-01-01T05:30:00+05:30'],
  ['2026-01-01T00:00:00Z', 'Europe/London', '2026-01-01', '2026-01-01T00:00:00+00:00'],
])('%s in %s is the date %s and the time %s', (iso, timezone, date, time) => {
  expect(localTime(Date.parse(iso), timezone)).toEqual({ date, time });
});
