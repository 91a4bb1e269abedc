/**
 * `node cli/run-tool.mjs kill [--kills N] [--drops N] [--seed S]`: drops objects on a laptop AWS that keeps its state, and
 * kills it with SIGKILL again and again at random instants, some of them while it starts. In the end there has to be one
 * run and one recorded outcome for each drop whose PUT was answered. Exit status 0: so it was; 1: not; 2: wrong usage.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RandomSource } from '../simulation/random-source.ts';
import { dropEach, laptopOn } from './clients.ts';
import { judge } from './judge.ts';
import { type LaptopProcess, startLaptopProcess } from './laptop-process.ts';
import { isSettled, readEverything } from './read-everything.ts';
import { readNumbers, runTool } from './read-numbers.ts';

const USAGE = 'Usage: node cli/run-tool.mjs kill [--kills N] [--drops N] [--seed S]\n';
/** Runs of 14 minutes take some 20 seconds: at every kill some wait, some run and some end. */
const SPEED = 40;
/** What is killed during its start has not come far: one in so many. */
const DURING_START = 0.2;
const LONGEST_START_MS = 800;
const LONGEST_LIFE_MS = 1_200;
/** Everything is dropped by this share of the kills; what was dropped last still meets the others. */
const DROPPED_BY = 0.8;
/** A lost wake-up is made up for by reconciliation: every minute, for what has not moved for a minute. */
const SETTLE_LIMIT_MS = 240_000;
const LOOK_MS = 1_000;
/** After the last restart every object is announced once more: by then that has come to whatever it comes to. */
const ANNOUNCED_AGAIN_MS = 5_000;

const DEFAULTS = { kills: 50, drops: 200 };
type Options = ReturnType<typeof readNumbers<keyof typeof DEFAULTS>>;

async function killedToTheEnd(options: Options): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rundrop-kill-'));
  const laptop = new KilledLaptop(dataDir, options.seed);
  try {
    const wrong = await killAndJudge(laptop, options);
    for (const line of wrong) console.log(line);
    if (wrong.length > 0) {
      console.log(`${wrong.length} things are wrong; the state is kept in ${dataDir}`);
      return 1;
    }
    console.log('one run and one recorded outcome for each drop');
    await laptop.kill();
    rmSync(dataDir, { recursive: true, force: true });
    return 0;
  } finally {
    await laptop.kill();
  }
}

/** The one laptop of many lives. */
class KilledLaptop {
  /** The first life finds a free one; the others take the same, as a person's would. */
  port = 0;
  starts = 0;
  readonly #args: readonly string[];
  #process: LaptopProcess | undefined;

  constructor(dataDir: string, seed: number) {
    const quotas = ['start-run-rate=50', 'active-runs-dynamic=1000'].flatMap((quota) => ['--quota', quota]);
    this.#args = ['--data', dataDir, '--speed', String(SPEED), '--seed', String(seed), ...quotas];
  }

  start(): LaptopProcess {
    this.starts += 1;
    this.#process = startLaptopProcess(['--port', String(this.port), ...this.#args]);
    return this.#process;
  }

  async startAndWait(): Promise<void> {
    this.port = await this.start().ready;
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }
}

async function killAndJudge(laptop: KilledLaptop, { kills, drops, seed }: Options): Promise<readonly string[]> {
  console.log(`seed ${seed}: ${drops} drops, ${kills} kills`);
  const random = new RandomSource(seed);
  const startMs = performance.now();
  await laptop.startAndWait();
  const progress = { allowed: 0, tries: 0 };
  const keys = Array.from({ length: drops }, (_, number) => keyOf(number));
  const dropping = dropEach(keys, { port: laptop.port, progress });
  for (let kill = 1; kill <= kills; kill += 1) {
    progress.allowed = Math.ceil((drops * kill) / (kills * DROPPED_BY));
    await sleep(random.int(0, LONGEST_LIFE_MS));
    await laptop.kill();
    await startOver(laptop, random);
  }
  const seconds = () => ((performance.now() - startMs) / 1000).toFixed(0);
  console.log(`${kills} kills in ${seconds()} s, ${laptop.starts} starts, ${progress.tries} PUTs`);
  await dropping;
  const settled = await settles(laptop, drops);
  console.log(`${settled ? 'all outcomes are recorded' : 'not all outcomes are recorded'} after ${seconds()} s`);
  await laptop.kill();
  await laptop.startAndWait();
  await sleep(ANNOUNCED_AGAIN_MS);
  return judge({ keys, ...(await readEverything(laptopOn(laptop.port))) });
}

async function settles({ port }: KilledLaptop, count: number): Promise<boolean> {
  for (const endMs = Date.now() + SETTLE_LIMIT_MS; Date.now() < endMs; await sleep(LOOK_MS)) {
    if (await isSettled(laptopOn(port), count)) return true;
  }
  return false;
}

/** Starts anew; now and then that start is killed, too, which counts as no kill of its own. */
async function startOver(laptop: KilledLaptop, random: RandomSource): Promise<void> {
  while (random.chance(DURING_START)) {
    const { died } = laptop.start();
    await sleep(random.int(0, LONGEST_START_MS));
    const why = died();
    if (why !== undefined) throw new Error(why);
    await laptop.kill();
  }
  await laptop.startAndWait();
}

/** Of two routes: one object that is an input, and one that is a StartRun request. */
function keyOf(number: number): string {
  return number % 2 === 0 ? `cram/SYN-${number}.cram` : `requests/SYN-${number}.json`;
}

process.exitCode = await runTool(USAGE, () => killedToTheEnd(readNumbers(process.argv.slice(2), DEFAULTS)));
