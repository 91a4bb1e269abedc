/** A sweep over runs that are all known: its calls of HealthOmics, its memory and its own time. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { CheckFailed, type Figure, median, REPETITIONS, type Row } from './figure.ts';
import type { SweepLearned, SweepMeasured } from './sweep-child.ts';

const FEW = 5_000;
const MANY = 100_000;
const MOST_MB = 200;
const MOST_MICROSECONDS = 20;
const LAMBDA_SECONDS = 900;
/** V8 sizes its young generation by the machine's memory; this is a small machine's. */
const SMALL_MACHINE = '--max-semi-space-size=16';
/** What Lambda gives Node in 256 MB: a twentieth for young objects, nine tenths for old ones. */
const IN_256_MB = ['--max-semi-space-size=12', '--max-old-space-size=230'];
/** An ES module bundle's CommonJS dependencies find Node's own modules through this. */
const BANNER =
  "import { createRequire as benchRequire } from 'node:module'; const require = benchRequire(import.meta.url);";

export const sweep: Figure = {
  name: 'sweep',
  async measure(say): Promise<Row[]> {
    const folder = await mkdtemp(path.join(tmpdir(), 'rundrop-sweep-'));
    try {
      const bundle = await bundleChild(folder);
      const few = await measureOnce(bundle, FEW);
      const many: SweepMeasured[] = [];
      for (let count = 0; count < REPETITIONS; count += 1) {
        const measured = await measureOnce(bundle, MANY);
        say(`sweep: ${measured.microsecondsPerRun.toFixed(1)} µs a run, ${measured.peakResidentMb.toFixed(0)} MB`);
        many.push(measured);
      }
      const [first = few] = many;
      const learned = await child<SweepLearned>(bundle, IN_256_MB, [String(MANY), 'learn']);
      return [callsRow(FEW, few), callsRow(MANY, first), ...figuresOf(many), ...learningRows(learned)];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

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

async function child<T>(bundle: string, flags: readonly string[], args: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, bundle, ...args]);
  return JSON.parse(stdout) as T;
}

async function measureOnce(bundle: string, runs: number): Promise<SweepMeasured> {
  const measured = await child<SweepMeasured>(bundle, [SMALL_MACHINE], [String(runs)]);
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

/** 100,000 runs that nobody knows, in a Lambda's time and memory, resuming. */
function learningRows({ sweeps, longestSeconds, peakResidentMb, storedRuns }: SweepLearned): Row[] {
  if (storedRuns !== MANY) throw new CheckFailed(`${storedRuns} of ${MANY} runs were learned`);
  const from = `${MANY} unknown runs, ${sweeps} sweeps`;
  return [
    { figure: 'sweep that learns, longest', value: longestSeconds, unit: 's', bound: LAMBDA_SECONDS, from },
    { figure: 'sweeps that learn, peak resident memory', value: peakResidentMb, unit: 'MB', bound: MOST_MB, from },
  ];
}

function figuresOf(many: readonly SweepMeasured[]): Row[] {
  const times = many.map(({ microsecondsPerRun }) => microsecondsPerRun);
  const sizes = many.map(({ peakResidentMb }) => peakResidentMb);
  const from = `${MANY} runs, median of ${many.length} processes`;
  return [
    { figure: 'sweep, own time a run', value: median(times), unit: 'µs', bound: MOST_MICROSECONDS, from },
    { figure: 'sweep, peak resident memory', value: median(sizes), unit: 'MB', bound: MOST_MB, from },
  ];
}
