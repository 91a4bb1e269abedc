import { expect, it } from 'vitest';
import { byTurns } from '../../../lib/lifecycle/by-turns.ts';
import { opaqueId } from '../../../lib/runs/identity.ts';

const identities = Array.from({ length: 1_000 }, (_, number) => opaqueId({ number }));

it('looks at all while they are few', () => {
  expect(byTurns(identities.slice(0, 200), 200, 0)).toHaveLength(200);
  expect(byTurns([], 200, 0)).toEqual([]);
});

it('gives each of many its turn, once in so many minutes as it takes', () => {
  const looks = new Map<string, number>();
  for (let minute = 0; minute < 5; minute += 1) {
    const now = byTurns(identities, 200, minute * 60_000);
    expect(now.length).toBeLessThan(300);
    for (const identity of now) looks.set(identity, (looks.get(identity) ?? 0) + 1);
  }
  expect(looks.size).toBe(1_000);
  expect(new Set(looks.values())).toEqual(new Set([1]));
});
