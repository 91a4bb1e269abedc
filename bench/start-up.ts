/** From the start of the stack's own process to its ready line, against a bare `node -e 0`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Figure, median, REPETITIONS, type Row } from './figure.ts';
import { startRundrop, withEmptyCache } from './rundrop-process.ts';

const MOST_TIMES_BARE_NODE = 20;

export const startUp: Figure = {
  name: 'start-up',
  async measure(say): Promise<Row[]> {
    const bare: number[] = [];
    const cold: number[] = [];
    const warm: number[] = [];
    // Fills the compile cache as any earlier start would have.
    await timeOfReady();
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      bare.push(await timeOfBareNode());
      warm.push(await timeOfReady());
      cold.push(await withEmptyCache(timeOfReady));
      say(`start-up ${repetition + 1}: bare ${ms(bare.at(-1))}, ready ${ms(warm.at(-1))}, cold ${ms(cold.at(-1))}`);
    }
    const bareMs = median(bare);
    const row = (figure: string, times: readonly number[]) => ({
      figure,
      value: median(times) / bareMs,
      unit: '×' as const,
      from: `${ms(median(times))} against ${ms(bareMs)} of a bare Node`,
    });
    return [
      { ...row('start-up', warm), bound: MOST_TIMES_BARE_NODE },
      row('start-up, very first (nothing compiled yet)', cold),
    ];
  },
};

async function timeOfBareNode(): Promise<number> {
  const startedMs = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - startedMs;
}

async function timeOfReady(compileCacheDir?: string): Promise<number> {
  const rundrop = await startRundrop(compileCacheDir === undefined ? {} : { compileCacheDir });
  await rundrop.stop();
  return rundrop.readyMs;
}

function ms(value: number | undefined): string {
  return `${(value ?? 0).toFixed(0)} ms`;
}
