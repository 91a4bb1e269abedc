/**
 * `node cli/run-tool.mjs crashes [KIND…]`: the process dies at every two remote calls on the way of a drop, a pair and the
 * rows of a sheet, before the effect of each and after it. Exit status 0: it always came to one run a request; 1: not;
 * 2: wrong usage. crash-everywhere.test.ts has every single call, and some of the pairs.
 */
import type { CrashPoint } from './invocations.ts';
import { surviveCrashes } from './simulate.ts';
import type { Kind } from './workload.ts';

const RUNS_OF_KIND = { single: 1, pair: 1, sheet: 2 } satisfies Partial<Record<Kind, number>>;
const SIDES = ['before', 'after'] as const;
const MOST_SHOWN = 10;

process.exitCode = await main(process.argv.slice(2));

async function main(names: readonly string[]): Promise<number> {
  const kinds = Object.keys(RUNS_OF_KIND) as (keyof typeof RUNS_OF_KIND)[];
  const unknown = names.filter((name) => kinds.every((kind) => kind !== name));
  if (unknown.length > 0) {
    console.error(`There is no kind ${unknown.join(', ')}; there are ${kinds.join(', ')}.`);
    return 2;
  }
  let failed = 0;
  for (const kind of kinds) if (names.length === 0 || names.includes(kind)) failed += await crashAll(kind);
  return failed === 0 ? 0 : 1;
}

async function crashAll(kind: keyof typeof RUNS_OF_KIND): Promise<number> {
  const { calls } = await surviveCrashes(kind, []);
  let tried = 0;
  let failed = 0;
  for (const points of pairsOf(calls)) {
    const { runs, violations } = await surviveCrashes(kind, points);
    tried += 1;
    if (violations.length === 0 && runs === RUNS_OF_KIND[kind]) continue;
    failed += 1;
    if (failed <= MOST_SHOWN) console.log(JSON.stringify({ kind, points, runs, violations }));
  }
  console.log(`${kind}: ${calls} calls, ${tried} pairs of crashes, ${failed} of them not survived`);
  return failed;
}

/** The second one is counted with the calls that the first one brings. */
function* pairsOf(calls: number): Generator<readonly CrashPoint[]> {
  for (let first = 1; first <= calls; first += 1) {
    for (let second = first + 1; second <= calls + 1; second += 1) {
      for (const side of SIDES)
        for (const other of SIDES)
          yield [
            { call: first, side },
            { call: second, side: other },
          ];
    }
  }
}
