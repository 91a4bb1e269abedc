/** From the moment a drop is complete to the StartRun call, with nothing else waiting. */
import type { RandomSource } from '../test/simulation/random-source.ts';
import { START_MS } from '../test/simulation/world.ts';
import { CheckFailed, type Figure, type Row } from './figure.ts';
import { VirtualLaptop } from './virtual/laptop.ts';
import { endedRequests, percentile } from './virtual/records.ts';

const DROPS = 500;
/** Far enough apart that each finds nothing in line; near enough that functions stay warm, as they do by day. */
const EVERY_MS = 300_000;
const LIFE_MS = (random: RandomSource) => random.int(1_800_000, 5_400_000);
const REST_MS = 7_200_000;
const MOST_SECONDS = 3;

export const startDelay: Figure = {
  name: 'start-delay',
  async measure(): Promise<Row[]> {
    const laptop = new VirtualLaptop({ seed: 1, events: true, lifeMs: LIFE_MS });
    for (let number = 0; number < DROPS; number += 1) {
      const atMs = START_MS + number * EVERY_MS;
      for (const key of keysOf(number)) laptop.timeline.at(atMs, () => laptop.objects.put(key, 'reads'));
    }
    await laptop.runFor(DROPS * EVERY_MS + REST_MS);
    endedRequests(laptop, DROPS);
    const delays = delaysOf(laptop);
    if (delays.length !== DROPS) throw new CheckFailed(`${delays.length} StartRun calls for ${DROPS} drops.`);
    const from = `p50 ${percentile(delays, 0.5).toFixed(2)} s, most ${percentile(delays, 1).toFixed(2)} s of ${DROPS}, half of them pairs`;
    return [
      {
        figure: 'complete drop to StartRun, p99',
        value: percentile(delays, 0.99),
        unit: 's',
        bound: MOST_SECONDS,
        from,
      },
    ];
  },
};

/** One object, or a pair that is complete when both are there. */
function keysOf(number: number): readonly string[] {
  if (number % 2 === 0) return [`single/SYN-${number}.cram`];
  return [1, 2].map((read) => `pair/SYN-${number}_R${read}.fastq.gz`);
}

/** Seconds, ascending. */
function delaysOf({ omics, objects }: VirtualLaptop): number[] {
  const droppedMs = new Map(objects.changes.map(({ key, atMs }) => [key, atMs]));
  const delays = omics.starts.map(({ atMs, inputText }) => {
    const key = [...droppedMs.keys()].find((one) => inputText.includes(`/${one}"`)) ?? '';
    return (atMs - (droppedMs.get(key) ?? Number.NaN)) / 1000;
  });
  return delays.sort((a, b) => a - b);
}
