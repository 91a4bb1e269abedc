import { expect, it } from 'vitest';
import { isTimeZone } from '../../../lib/routing/time-zones.ts';

it('knows IANA names from others', () => {
  expect(['Europe/Berlin', 'UTC', 'America/New_York'].every(isTimeZone)).toBe(true);
  expect(['Europe/Bonn', '', 'two o’clock'].some(isTimeZone)).toBe(false);
});
