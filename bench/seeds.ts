/** How long the simulation takes for a seed, with a worker for each of two cores. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CheckFailed, type Figure, median, REPETITIONS, type Row } from './figure.ts';

/** Several seconds of each, beside which the start of the workers is little. */
const SEEDS = 1_000;
const WORKERS = 2;
/** A hundred seeds a second. */
const MOST_MS = 10;
const SIM = join(import.meta.dirname, '..', 'test', 'simulation', 'sim.ts');

export const seeds: Figure = {
  name: 'seeds',
  async measure(say): Promise<Row[]> {
    const rates: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      const args = ['--seeds', SEEDS, '--from', 1 + repetition * SEEDS, '--workers', WORKERS].map(String);
      const { stdout } = await promisify(execFile)(process.execPath, [SIM, ...args]);
      const rate = Number(/ (\d+) seeds a second/.exec(stdout)?.[1]);
      if (!(rate > 0)) throw new CheckFailed(`sim did not say how fast it was: ${stdout}`);
      say(`seeds ${repetition + 1}: ${rate} a second`);
      rates.push(rate);
    }
    const rate = median(rates);
    const from = `${rate} seeds a second with ${WORKERS} workers`;
    return [{ figure: 'simulated seed', value: 1000 / rate, unit: 'ms', bound: MOST_MS, from }];
  },
};
