/**
 * `node cli/run-tool.mjs crashes [KIND…]`: the process dies at every two remote calls on the way of a drop, a pair and the
 * rows of a sheet, before the effect of each and after it. Exit status 0: it always came to one run a request; 1: not;
 * 2: wrong usage. crash-everywhere.test.ts has every single call, and some of the pairs.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { PairResult, Share } from './crash-worker.ts';
import { surviveCrashes } from './simulate.ts';
import type { Kind } from './workload.ts';

const RUNS_OF_KIND = { single: 1, pair: 1, sheet: 2 } satisfies Partial<Record<Kind, number>>;
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
  const shares = availableParallelism();
  const results = (
    await Promise.all(Array.from({ length: shares }, (_, share) => survive({ kind, calls, share, shares })))
  ).flat();
  const failed = results.filter(({ runs, violations }) => violations.length > 0 || runs !== RUNS_OF_KIND[kind]);
  for (const result of failed.slice(0, MOST_SHOWN)) console.log(JSON.stringify({ kind, ...result }));
  console.log(`${kind}: ${calls} calls, ${results.length} pairs of crashes, ${failed.length} of them not survived`);
  return failed.length;
}

async function survive(share: Share): Promise<readonly PairResult[]> {
  const worker = new Worker(new URL('./crash-worker.ts', import.meta.url), { workerData: share });
  const [results] = (await once(worker, 'message')) as [readonly PairResult[]];
  return results;
}
