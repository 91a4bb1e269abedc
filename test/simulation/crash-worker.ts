/** One thread of `crashes`: lives through every n-th pair of crashes. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CrashPoint } from './invocations.ts';
import { type Survived, surviveCrashes } from './simulate.ts';
import type { Kind } from './workload.ts';

export interface Share {
  readonly kind: Kind;
  /** Remote calls on the way without a crash. */
  readonly calls: number;
  readonly share: number;
  readonly shares: number;
}

export type PairResult = Pick<Survived, 'runs' | 'violations'> & { readonly points: readonly CrashPoint[] };

const SIDES = ['before', 'after'] as const;

const { kind, calls, share, shares } = workerData as Share;
const results: PairResult[] = [];
let pair = 0;
for (const points of pairsOf(calls)) {
  pair += 1;
  if (pair % shares !== share) continue;
  const { runs, violations } = await surviveCrashes(kind, points);
  results.push({ points, runs, violations });
}
parentPort?.postMessage(results);

/** The second one is counted with the calls that the first one brings. */
function* pairsOf(all: number): Generator<readonly CrashPoint[]> {
  for (let first = 1; first <= all; first += 1) {
    for (let second = first + 1; second <= all + 1; second += 1) {
      for (const side of SIDES)
        for (const other of SIDES)
          yield [
            { call: first, side },
            { call: second, side: other },
          ];
    }
  }
}
