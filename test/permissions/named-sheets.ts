/** Sheets that a person names in the console before their events have come: rows that ran before, and more than one part. */
import { PART_ROWS } from '../../lib/lifecycle/sheet-progress.ts';
import { NO_FAULTS } from '../simulation/faults.ts';
import { BUCKET } from '../simulation/simulated-objects.ts';
import { POISON, ROUTE_FILES } from '../simulation/workload.ts';
import { START_MS, World } from '../simulation/world.ts';

const HOUR_MS = 3_600_000;
const KEY = 'sheets/cohort.csv';
const ROWS = 'sample,place\na,here\nb,there\n';
/** Most lack a cell, so that no run comes of them. */
const LONG = Array.from({ length: PART_ROWS + 1 }, (_, row) => `long-${row},`);

/** The journal: one sheet has run and is uploaded again with one more row, another is too long for one invocation. */
export async function journalOfNamedSheets(): Promise<readonly string[]> {
  const world = new World({
    seed: 1,
    faults: NO_FAULTS,
    routes: ROUTE_FILES,
    omics: { memoryMs: HOUR_MS, quotaFull: [], bursts: [], failureRate: 0, poison: POISON },
    requestIdTrustSeconds: 1800,
    reconciles: true,
    silence: { fromMs: 0, untilMs: 0 },
    crashPoints: [],
    keepsJournal: true,
  });
  world.timeline.at(START_MS, () => world.objects.put(KEY, ROWS));
  world.timeline.at(START_MS + HOUR_MS, () => {
    world.objects.put(KEY, `${ROWS}c,here\n`);
    world.executions.start('by-hand', { drop: { bucket: BUCKET, key: KEY } });
  });
  world.timeline.at(START_MS + 2 * HOUR_MS, () => {
    world.objects.put('sheets/long.csv', `${ROWS}${LONG.join('\n')}\n`);
    world.executions.start('by-hand-too', { drop: { bucket: BUCKET, key: 'sheets/long.csv' } });
  });
  await world.timeline.runUntil(START_MS + 3 * HOUR_MS);
  world.journal.digest();
  return world.journal.lines;
}
