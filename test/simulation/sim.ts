/** `npm run sim -- --seeds N --from S [--plant NAME]`: looks for a seed that breaks an invariant. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { sumOf } from './fault-tally.ts';
import { PLANTS } from './plants.ts';
import type { Chunk, ChunkResult, SeedResult } from './sim-worker.ts';
import { simulate } from './simulate.ts';
import { sweeperHistory } from './sweeper-history.ts';

const USAGE = `Usage: npm run sim -- [--seeds N] [--from S] [--plant NAME] [--by-hand] [--trace] [--coverage] [--workers N]
       npm run sim -- --sweeper [--seeds N] [--from S]
       npm run sim -- --list-plants
Runs N seeds (1000) from S (1). Exit status 0: no invariant was broken; 1: one was; 2: wrong usage.
--plant NAME  switches a planted bug on, and stops at the first seed that finds it
--by-hand     operators cancel, decide, release, send round again and name objects meanwhile; then a year passes
--sweeper     months of an account against the real HealthOmics emulator instead, 20 seeds unless told otherwise
--trace       prints the history of every seed; for one that failed
--coverage    says how often each fault happened, and in how many seeds
`;
const DEFAULT_SEEDS = 1_000;
/** One takes some seconds: every call goes over HTTP. */
const SWEEPER_SEEDS = 20;
const SEEDS_A_CHUNK = 25;
const MOST_SHOWN = 10;

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly workers: number;
  readonly plant: string | undefined;
  readonly byHand: boolean;
  readonly trace: boolean;
  readonly coverage: boolean;
  readonly sweeper: boolean;
}

class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'list') for (const { name, what } of PLANTS) console.log(`${name.padEnd(24)} ${what}`);
  else if (options.sweeper) process.exitCode = await searchHistories(options);
  else process.exitCode = options.trace ? await trace(options) : await search(options);
} catch (error) {
  const isWrongUsage = error instanceof WrongUsage || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  if (!isWrongUsage) throw error;
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}

function readOptions(args: readonly string[]): Options | 'list' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
      plant: { type: 'string' },
      'by-hand': { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      coverage: { type: 'boolean', default: false },
      sweeper: { type: 'boolean', default: false },
      'list-plants': { type: 'boolean', default: false },
    },
  });
  if (values['list-plants']) return 'list';
  if (values.plant !== undefined && !PLANTS.some(({ name }) => name === values.plant)) {
    throw new WrongUsage(`There is no plant ${values.plant}; --list-plants names them.`);
  }
  const number = (name: 'seeds' | 'from' | 'workers') => {
    const value = Number(values[name] ?? (values.sweeper ? SWEEPER_SEEDS : DEFAULT_SEEDS));
    if (Number.isSafeInteger(value) && value >= 1 && value < 2 ** 31) return value;
    throw new WrongUsage(`--${name} is ${values[name]}, not a whole number from 1.`);
  };
  const { plant, trace: traced, coverage, sweeper, 'by-hand': byHand } = values;
  const numbers = { seeds: number('seeds'), from: number('from'), workers: number('workers') };
  return { ...numbers, plant, byHand, trace: traced, coverage, sweeper };
}

async function trace({ seeds, from, byHand, plant: name }: Options): Promise<number> {
  const plant = PLANTS.find((one) => one.name === name);
  let broken = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const verdict = await simulate(seed, { keepsJournal: true, byHand, ...(plant === undefined ? {} : { plant }) });
    for (const line of verdict.lines) console.log(line);
    if (verdict.violations.length > 0) broken += 1;
    show(verdict);
  }
  return broken === 0 ? 0 : 1;
}

async function searchHistories({ seeds, from }: Options): Promise<number> {
  let broken = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { violations, counts } = await sweeperHistory(seed);
    const what = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
    console.log(`seed ${seed}: ${violations.length === 0 ? 'kept' : 'BROKEN'}; ${what.sort().join(', ')}`);
    for (const violation of violations) console.log(`  ${violation}`);
    if (violations.length > 0) broken += 1;
  }
  console.log(
    broken === 0 ? `${seeds} histories, no promise was broken` : `${broken} of ${seeds} histories broke a promise`,
  );
  return broken === 0 ? 0 : 1;
}

async function search(options: Options): Promise<number> {
  const startMs = performance.now();
  const startUsage = process.cpuUsage();
  const results = await runChunks(options);
  results.sort((a, b) => a.seed - b.seed);
  const broken = results.filter(({ violations }) => violations.length > 0);
  for (const result of broken.slice(0, MOST_SHOWN)) show(result);
  if (options.coverage) showFaults(results);
  const hash = createHash('sha256');
  for (const result of results) hash.update(result.hash);
  const seconds = (performance.now() - startMs) / 1000;
  const rate = Math.round(results.length / seconds);
  const { user, system } = process.cpuUsage(startUsage);
  const cpuMs = ((user + system) / 1000 / results.length).toFixed(1);
  const calls = results.reduce((sum, result) => sum + result.calls, 0);
  console.log(
    `${results.length} seeds from ${options.from}, ${calls} remote calls, ${rate} seeds a second, ${cpuMs} ms of processor time each, history ${hash.digest('hex').slice(0, 16)}`,
  );
  console.log(
    broken.length === 0
      ? 'no invariant was broken'
      : `${broken.length} seeds broke an invariant, the first is ${broken[0]?.seed}`,
  );
  return broken.length === 0 ? 0 : 1;
}

function showFaults(results: readonly SeedResult[]): void {
  for (const { name, times, seeds } of sumOf(results.map(({ faults }) => faults)))
    console.log(`${name.padEnd(30)} ${String(times).padStart(9)} times in ${String(seeds).padStart(6)} seeds`);
}

function show({ seed, profile, hash, violations }: SeedResult): void {
  console.log(`seed ${seed} (${profile}) history ${hash}`);
  for (const violation of violations) console.log(`  ${violation}`);
}

/** Each worker gets the next chunk when it is done with one. */
async function runChunks({ seeds, from, workers, plant, byHand }: Options): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  let next = from;
  const end = from + seeds;
  const takeChunk = (): Chunk | undefined => {
    if (next >= end) return undefined;
    const chunk = { from: next, seeds: Math.min(SEEDS_A_CHUNK, end - next) };
    next += chunk.seeds;
    return chunk;
  };
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./sim-worker.ts', import.meta.url), { workerData: { plant, byHand } });
      const hand = () => {
        const chunk = takeChunk();
        if (chunk === undefined) worker.terminate().then(() => resolve(), reject);
        else worker.postMessage(chunk);
      };
      worker.on('message', (result: ChunkResult) => {
        results.push(...result);
        if (plant !== undefined && result.some(({ violations }) => violations.length > 0)) next = end;
        hand();
      });
      worker.on('error', reject);
      hand();
    });
  await Promise.all(Array.from({ length: Math.min(workers, Math.ceil(seeds / SEEDS_A_CHUNK)) }, work));
  return results;
}
