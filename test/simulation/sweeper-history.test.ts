import { expect, it } from 'vitest';
import { sweeperHistory } from './sweeper-history.ts';

it.each([1, 2])(
  'weeks of an account break no promise of the sweeper (seed %i; `npm run sim -- --sweeper` has more)',
  async (seed) => {
    const { violations, counts } = await sweeperHistory(seed, 30);
    expect(violations).toEqual([]);
    // Otherwise it would say little.
    expect(counts).toMatchObject({ 'ids used again': expect.any(Number), crossings: expect.any(Number) });
    expect(counts['pictures beside the truth']).toBeGreaterThan(8);
  },
);
