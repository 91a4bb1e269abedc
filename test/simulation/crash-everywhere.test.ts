/** The process dies at every remote call on the way of one piece of work, before the call's effect and after it. */
import { describe, expect, it } from 'vitest';
import type { CrashPoint } from './invocations.ts';
import { surviveCrashes } from './simulate.ts';
import type { Kind } from './workload.ts';

const SIDES = ['before', 'after'] as const;
const PAIRS = 300;

const works: readonly { readonly kind: Kind; readonly runs: number }[] = [
  { kind: 'single', runs: 1 },
  { kind: 'pair', runs: 1 },
  { kind: 'sheet', runs: 2 },
];

describe.each(works)('$kind', ({ kind, runs }) => {
  const failures = async (crashPoints: readonly CrashPoint[]) => {
    const survived = await surviveCrashes(kind, crashPoints);
    if (survived.violations.length === 0 && survived.runs === runs) return [];
    return [{ crashPoints, runs: survived.runs, violations: survived.violations }];
  };

  it('comes to exactly one run for each request wherever the process dies', async () => {
    const { calls } = await surviveCrashes(kind, []);
    expect(calls).toBeGreaterThan(30);
    const failed = [];
    for (let call = 1; call <= calls; call += 1) {
      for (const side of SIDES) failed.push(...(await failures([{ call, side }])));
    }
    expect(failed).toEqual([]);
  });

  it('comes to exactly one run for each request when the process dies twice', async () => {
    const { calls } = await surviveCrashes(kind, []);
    const failed = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      // Steps without a common factor with the number of calls reach every region, near pairs and far ones.
      const first = 1 + ((pair * 7) % calls);
      const second = first + 1 + ((pair * 13) % calls);
      const points = [
        { call: first, side: SIDES[pair % 2] ?? 'before' },
        { call: second, side: SIDES[(pair >> 1) % 2] ?? 'before' },
      ];
      failed.push(...(await failures(points)));
    }
    expect(failed).toEqual([]);
  });
});
