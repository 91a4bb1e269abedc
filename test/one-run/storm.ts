/**
 * `node cli/run-tool.mjs storm [--drops N] [--deliveries N] [--seed S]`: drops objects while EventBridge's rule is
 * switched off, and then delivers their very events through SQS again and again, in shuffled order. In the end there has
 * to be one run for each drop. Exit status 0: so it was; 1: not; 2: wrong usage.
 */
import { eventually, type Laptop, LISTENED_BUCKET, startLaptop } from '../../bench/laptop.ts';
import { RandomSource } from '../simulation/random-source.ts';
import { judge } from './judge.ts';
import { isSettled, readEverything } from './read-everything.ts';
import { readNumbers, runTool } from './read-numbers.ts';
import { type Bus, busOf, drained } from './storm-events.ts';

const USAGE = 'Usage: node cli/run-tool.mjs storm [--drops N] [--deliveries N] [--seed S]\n';
/** An hour passes in less than a millisecond: runs end while the storm goes on. */
const SPEED = 10_000_000;
/** StartRun calls a second, active runs by storage type, and stored runs. */
const LIFTED_QUOTAS = { 'L-24A3B174': 1e6, 'L-BE38079A': 1e6, 'L-A30FD31B': 1e6, 'L-C9679DBC': 1e6 };
const CONCURRENCY = 16;
const BATCH = 10;
const DRAIN_LIMIT_MS = 900_000;
const CAPTURE_LIMIT_MS = 60_000;
const PROGRESS_MS = 10_000;

const DEFAULTS = { drops: 1_000, deliveries: 100_000 };
type Options = ReturnType<typeof readNumbers<keyof typeof DEFAULTS>>;

async function stormed(options: Options): Promise<number> {
  const { drops, deliveries, seed } = options;
  console.log(`seed ${seed}: ${drops} drops, delivered ${deliveries} times`);
  const laptop = await startLaptop({ speed: SPEED, quotas: LIFTED_QUOTAS }, CONCURRENCY);
  try {
    const wrong = await storm(laptop, options);
    for (const line of wrong) console.log(line);
    console.log(wrong.length === 0 ? `exactly ${drops} runs` : `${wrong.length} things are wrong`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await laptop.stop();
  }
}

async function storm(laptop: Laptop, { drops, deliveries, seed }: Options): Promise<readonly string[]> {
  const bus = await busOf(laptop.endpoint);
  const keys = Array.from({ length: drops }, (_, number) => `cram/SYN-${number}.cram`);
  const events = await eventsOf(laptop, bus, keys);
  const startMs = performance.now();
  const secondsSoFar = () => (performance.now() - startMs) / 1000;
  await deliver(bus, shuffled(events, deliveries, new RandomSource(seed)));
  console.log(`all sent after ${secondsSoFar().toFixed(0)} s`);
  await drained(bus, {
    limitMs: DRAIN_LIMIT_MS,
    everyMs: PROGRESS_MS,
    tell: (left) => console.log(`${left} are left`),
  });
  const seconds = secondsSoFar();
  console.log(`all taken after ${seconds.toFixed(0)} s, ${(deliveries / seconds).toFixed(0)} a second`);
  await eventually('the end of every run', { limitMs: DRAIN_LIMIT_MS }, async () =>
    (await isSettled(laptop, drops)) ? true : undefined,
  );
  const wrong = judge({ keys, ...(await readEverything(laptop)) });
  const { dead } = await bus.counts();
  bus.close();
  return dead === 0 ? wrong : [...wrong, `${dead} messages are in the dead-letter queue.`];
}

/** The very events of the objects, as EventBridge made them for the rule of the drops. */
async function eventsOf(laptop: Laptop, bus: Bus, keys: readonly string[]): Promise<readonly string[]> {
  await bus.capture();
  const left = keys.values();
  const drop = async () => {
    for (const key of left) await laptop.put(LISTENED_BUCKET, key, `reads of ${key}`);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, drop));
  return bus.captured(keys.length, CAPTURE_LIMIT_MS);
}

/** Each event equally often, give or take one. */
function shuffled(events: readonly string[], count: number, random: RandomSource): string[] {
  const bodies = Array.from({ length: count }, (_, number) => events[number % events.length] ?? '');
  for (let last = bodies.length - 1; last > 0; last -= 1) {
    const other = random.int(0, last);
    [bodies[last], bodies[other]] = [bodies[other] ?? '', bodies[last] ?? ''];
  }
  return bodies;
}

async function deliver(bus: Bus, bodies: readonly string[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(bodies.length / BATCH) }, (_, number) =>
    bodies.slice(number * BATCH, (number + 1) * BATCH),
  ).values();
  const send = async () => {
    for (const batch of batches) await bus.send(batch);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, send));
}

process.exitCode = await runTool(USAGE, () => stormed(readNumbers(process.argv.slice(2), DEFAULTS)));
