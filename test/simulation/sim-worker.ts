/** One thread of `sim`: runs the chunks of seeds that it is handed. */
import { parentPort, workerData } from 'node:worker_threads';
import { PLANTS } from './plants.ts';
import { simulate, type Verdict } from './simulate.ts';

export interface Chunk {
  readonly from: number;
  readonly seeds: number;
}

export type SeedResult = Omit<Verdict, 'lines'>;
export type ChunkResult = readonly SeedResult[];

const { plant: name, byHand } = workerData as { readonly plant?: string; readonly byHand?: boolean };
const plant = PLANTS.find((one) => one.name === name);

parentPort?.on('message', async ({ from, seeds }: Chunk) => {
  const results: SeedResult[] = [];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { lines: _, ...result } = await simulate(seed, {
      byHand: byHand === true,
      ...(plant === undefined ? {} : { plant }),
    });
    results.push(result);
  }
  parentPort?.postMessage(results);
});
