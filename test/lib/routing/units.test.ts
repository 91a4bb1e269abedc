import { describe, expect, it } from 'vitest';
import { holdsSize, parseDuration, parseSizeConditions } from '../../../lib/routing/units.ts';

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    [' 7 d ', 604_800_000],
    ['365d', 365 * 86_400_000],
    ['366d', undefined],
    ['0m', undefined],
    ['24', undefined],
    ['1.5h', undefined],
    ['-1h', undefined],
    ['1w', undefined],
    ['', undefined],
  ])('%j is %j ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe('conditions on a size', () => {
  it.each([
    ['>=1GiB', 2 ** 30, true],
    ['>=1GiB', 2 ** 30 - 1, false],
    ['>1 kB', 1_000, false],
    ['<= 10MB', 1e7, true],
    ['<10 mb', 1e7, false],
    ['=0', 0, true],
    ['== 5', 5, true],
    ['>0, <=1KiB', 1_024, true],
    ['>0, <=1KiB', 1_025, false],
    ['>=1.5GiB', 1.5 * 2 ** 30, true],
    ['>=0B', 0, true],
  ])('%j of %i bytes: %j', (text, sizeBytes, holds) => {
    const conditions = parseSizeConditions(text) ?? [];
    expect(conditions).not.toEqual([]);
    expect(conditions.every((condition) => holdsSize(condition, sizeBytes))).toBe(holds);
  });

  it.each(['1GiB', '', '>=', '>=1XB', '>=1GiB,', '=>1', '>=-1', '>=999999999999999TiB', '>= 1 GiB or more'])(
    '%j are none',
    (text) => {
      expect(parseSizeConditions(text)).toBeUndefined();
    },
  );
});
