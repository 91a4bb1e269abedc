/** A sweep over runs that are all known: its calls of HealthOmics, its memory and its own time. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { CheckFailed, type Figure, median, REPETITIONS, type Row } from './figure.ts';
import type { SweepMeasured } from './sweep-child.ts';

const FEW = 5_000;
const MANY = 100_000;
const MOST_MB = 200;
const MOST_MICROSECONDS = 20;
/** V8 sizes its young generation by the machine's memory; this is a small machine's. */
const SMALL_MACHINE = '--max-semi-space-size=16';
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
      return [callsRow(FEW, few), callsRow(MANY, first), ...figuresOf(many)];
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

async function measureOnce(bundle: string, runs: number): Promise<SweepMeasured> {
  const { stdout } = await promisify(execFile)(process.execPath, [SMALL_MACHINE, bundle, String(runs)]);
  const measured = JSON.parse(stdout) as SweepMeasured;
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

function figuresOf(many: readonly SweepMeasured[]): Row[] {
  const times = many.map(({ microsecondsPerRun }) => microsecondsPerRun);
  const sizes = many.map(({ peakResidentMb }) => peakResidentMb);
  const from = `${MANY} runs, median of ${many.length} processes`;
  return [
    { figure: 'sweep, own time a run', value: median(times), unit: 'µs', bound: MOST_MICROSECONDS, from },
    { figure: 'sweep, peak resident memory', value: median(sizes), unit: 'MB', bound: MOST_MB, from },
  ];
}
