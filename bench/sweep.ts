/** A sweep over runs that are all known: its calls of HealthOmics, its memory and its own time. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { readServerlessFile } from '../local/wiring/serverless-file.ts';
import { CheckFailed, type Figure, median, REPETITIONS, type Row } from './figure.ts';
import type { SweepLearned, SweepMeasured } from './sweep-child.ts';

const FEW = 5_000;
const MANY = 100_000;
const MOST_MB = 200;
const MOST_MICROSECONDS = 20;
/** An ES module bundle's CommonJS dependencies find Node's own modules through this. */
const BANNER =
  "import { createRequire as benchRequire } from 'node:module'; const require = benchRequire(import.meta.url);";

export const sweep: Figure = {
  name: 'sweep',
  async measure(say): Promise<Row[]> {
    const folder = await mkdtemp(path.join(tmpdir(), 'rundrop-sweep-'));
    try {
      const lambda = await deployed();
      const program = { bundle: await bundleChild(folder), flags: heapFlags(lambda.memoryMb) };
      const few = await measureOnce(program, FEW);
      const many: SweepMeasured[] = [];
      for (let count = 0; count < REPETITIONS; count += 1) {
        const measured = await measureOnce(program, MANY);
        say(`sweep: ${measured.microsecondsPerRun.toFixed(1)} µs a run, ${measured.peakResidentMb.toFixed(0)} MB`);
        many.push(measured);
      }
      const [first = few] = many;
      const learned = await child<SweepLearned>(program, [String(MANY), 'learn']);
      return [callsRow(FEW, few), callsRow(MANY, first), ...figuresOf(many), ...learningRows(learned, lambda)];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

interface Lambda {
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
}

/** As serverless.yml has it. */
async function deployed(): Promise<Lambda> {
  const file = path.resolve(import.meta.dirname, '../serverless.yml');
  const environment = { HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::123456789012:role/HealthOmicsService' };
  const { value } = await readServerlessFile({ file, stage: 'dev', routesFile: 'rundrop.yaml', environment });
  const of = async (name: string) => Number(await value(`functions.sweep-runs.${name}`));
  return { memoryMb: await of('memorySize'), timeoutSeconds: await of('timeout') };
}

/** As Lambda's Node runtime starts: a tenth of the memory for young objects, in two halves, and the rest for old ones. */
function heapFlags(memoryMb: number): string[] {
  const young = Math.floor(memoryMb / 10);
  return [`--max-semi-space-size=${Math.floor(young / 2)}`, `--max-old-space-size=${memoryMb - young}`];
}

interface Program {
  readonly bundle: string;
  readonly flags: readonly string[];
}

/** As it is deployed: in one file, without types. */
async function bundleChild(folder: string): Promise<string> {
  const outfile = path.join(folder, 'sweep-child.mjs');
  await build({
    entryPoints: [path.join(import.meta.dirname, 'sweep-child.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    mainFields: ['module', 'main'],
    banner: { js: BANNER },
    logLevel: 'error',
  });
  return outfile;
}

async function child<T>({ bundle, flags }: Program, args: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, bundle, ...args]);
  return JSON.parse(stdout) as T;
}

async function measureOnce(program: Program, runs: number): Promise<SweepMeasured> {
  const measured = await child<SweepMeasured>(program, [String(runs)]);
  const { quiet, added, withAdded } = measured;
  if (quiet.storedRuns !== runs || quiet.unknownRetention !== 0)
    throw new CheckFailed(
      `the sweep counted ${quiet.storedRuns} of ${runs} runs, ${quiet.unknownRetention} of unknown mode`,
    );
  if (withAdded.getCalls !== added)
    throw new CheckFailed(`${added} new foreign runs took ${withAdded.getCalls} GetRun calls`);
  return measured;
}

function callsRow(runs: number, { quiet, added, withAdded }: SweepMeasured): Row {
  const naive = Math.ceil(runs / 100) + runs;
  return {
    figure: `calls of a quiet sweep, ${runs} runs`,
    value: quiet.listCalls + quiet.getCalls,
    unit: 'calls',
    bound: Math.ceil(runs / 100) + 2,
    from: `${naive} if every run were asked for; ${withAdded.listCalls + withAdded.getCalls} with ${added} new foreign runs`,
  };
}

/** 100,000 runs that nobody knows, in a Lambda's time and memory, resuming; all sweeps in one process that stays warm. */
function learningRows(
  { sweeps, longestSeconds, peakResidentMb, storedRuns }: SweepLearned,
  { timeoutSeconds }: Lambda,
): Row[] {
  if (storedRuns !== MANY) throw new CheckFailed(`${storedRuns} of ${MANY} runs were learned`);
  const from = `${MANY} unknown runs, ${sweeps} sweeps`;
  return [
    { figure: 'sweep that learns, longest', value: longestSeconds, unit: 's', bound: timeoutSeconds, from },
    { figure: 'sweeps that learn, peak resident memory', value: peakResidentMb, unit: 'MB', bound: MOST_MB, from },
  ];
}

function figuresOf(many: readonly SweepMeasured[]): Row[] {
  const times = many.map(({ microsecondsPerRun }) => microsecondsPerRun);
  const sizes = many.map(({ peakResidentMb }) => peakResidentMb);
  const from = `${MANY} runs, median of ${many.length} processes with the heap of the deployed function`;
  return [
    { figure: 'sweep, own time a run', value: median(times), unit: 'µs', bound: MOST_MICROSECONDS, from },
    { figure: 'sweep, peak resident memory', value: median(sizes), unit: 'MB', bound: MOST_MB, from },
  ];
}
