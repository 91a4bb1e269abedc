/** `npm run bench [-- NAME…]`: prints the figures; exit status 1 when a bound is passed or a check fails, 2 for an unknown name. */
import { coldStart } from './cold-start.ts';
import { drops } from './drops.ts';
import { CheckFailed, type Figure, isOver, type Row } from './figure.ts';
import { forecast } from './forecast.ts';
import { idleMemory } from './idle-memory.ts';
import { omicsCalls } from './omics-calls.ts';
import { omicsManyRuns } from './omics-many-runs.ts';
import { routing } from './routing.ts';
import { runCalls } from './run-calls.ts';
import { seeds } from './seeds.ts';
import { sheets } from './sheets.ts';
import { startDelay } from './start-delay.ts';
import { startUp } from './start-up.ts';
import { states } from './states.ts';
import { sweep } from './sweep.ts';
import { tableOf } from './table.ts';
import { virtualStates } from './virtual-states.ts';

const FIGURES: readonly Figure[] = [
  startUp,
  coldStart,
  idleMemory,
  states,
  virtualStates,
  runCalls,
  startDelay,
  drops,
  routing,
  sheets,
  sweep,
  forecast,
  omicsCalls,
  omicsManyRuns,
  seeds,
];

process.exitCode = await bench(process.argv.slice(2));

async function bench(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => FIGURES.every((figure) => figure.name !== name));
  if (unknown.length > 0) {
    say(`There is no figure ${unknown.join(', ')}; the figures are ${FIGURES.map(({ name }) => name).join(', ')}.`);
    return 2;
  }
  const chosen = names.length === 0 ? FIGURES : FIGURES.filter(({ name }) => names.includes(name));
  const rows: Row[] = [];
  let failed = false;
  for (const figure of chosen) {
    try {
      rows.push(...(await figure.measure(say)));
    } catch (error) {
      if (!(error instanceof CheckFailed)) throw error;
      failed = true;
      say(`${figure.name} FAILED: ${error.message}`);
    }
  }
  for (const line of tableOf(rows)) console.log(line);
  return failed || rows.some(isOver) ? 1 : 0;
}

/** Progress, apart from the table. */
function say(line: string): void {
  console.error(line);
}
