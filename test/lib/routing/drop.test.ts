import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../../lib/routing/did-you-mean.ts';
import { compareDeliveries, compareSequencers } from '../../../lib/routing/drop.ts';
import { parseDuration, parseSizeConditions } from '../../../lib/routing/units.ts';

describe('sequencers', () => {
  it.each<[string | undefined, string | undefined, number]>([
    ['0A', 'A', 0],
    ['9', '0A', -1],
    ['10', '9', 1],
    ['0055AED6DCD90281E5', '0055AED6DCD90281E6', -1],
    [undefined, undefined, 0],
    [undefined, '0', -1],
    ['0', undefined, 1],
  ])('%s and %s compare as %i', (a, b, expected) => {
    expect(compareSequencers(a, b)).toBe(expected);
  });

  it('order as the numbers do that they write', () => {
    const number = fc.bigInt({ min: 0n, max: 2n ** 80n });
    fc.assert(
      fc.property(number, number, fc.nat({ max: 5 }), (a, b, zeros) => {
        const written = `${'0'.repeat(zeros)}${a.toString(16)}`;
        expect(compareSequencers(written, b.toString(16))).toBe(a === b ? 0 : a < b ? -1 : 1);
      }),
    );
  });
});

it('deliveries that differ in the zeros of their sequencer only have an order, too', () => {
  const drop = { bucket: 'b', key: 'k', sizeBytes: 1, etag: 'e', timeMs: 0 };
  const [a, b] = [
    { ...drop, sequencer: '1' },
    { ...drop, sequencer: '01' },
  ];
  expect(compareDeliveries(a, b)).toBe(-compareDeliveries(b, a));
  expect(compareDeliveries(a, b)).not.toBe(0);
});

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['7 d', 604_800_000],
    ['366d', undefined],
    ['0m', undefined],
    ['24', undefined],
    ['1.5h', undefined],
    ['-1h', undefined],
    ['1w', undefined],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe('sizes', () => {
  it.each([
    ['>=1GiB', [2 ** 30]],
    ['> 1.5 MB', [1_500_000]],
    ['== 0', [0]],
    ['>0,<5kb', [0, 5000]],
    ['1GiB', undefined],
    ['>=', undefined],
    ['>=1PiB', undefined],
    ['>=9999999999TiB', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(parseSizeConditions(text)?.map(({ sizeBytes }) => sizeBytes)).toEqual(expected);
  });
});

describe('what was meant', () => {
  it.each([
    ['workflow_id', 'workflowId'],
    ['WORKFLOWID', 'workflowId'],
    ['worflowId', 'workflowId'],
    ['nmae', 'name'],
    ['zzz', undefined],
    ['', undefined],
    ['x'.repeat(100), undefined],
  ])('%s is %s', (written, expected) => {
    expect(didYouMean(written, ['workflowId', 'name', 'tags'])).toBe(expected);
  });
});
