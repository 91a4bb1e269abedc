import { afterEach, expect, it, vi } from 'vitest';
import { isTimeZone, learnTimeZones } from '../../../lib/routing/time-zones.ts';

afterEach(() => vi.unstubAllGlobals());

it('knows IANA names from others', () => {
  expect(['Europe/Berlin', 'UTC', 'America/New_York'].every(isTimeZone)).toBe(true);
  expect(['Europe/Bonn', '', 'two o’clock'].some(isTimeZone)).toBe(false);
});

it('asks nobody for a zone that was found good when the route file was packaged', () => {
  learnTimeZones(['Asia/Tokyo']);
  vi.stubGlobal('Intl', undefined);
  expect(isTimeZone('Asia/Tokyo')).toBe(true);
  expect(() => isTimeZone('Asia/Seoul')).toThrow(TypeError);
});
