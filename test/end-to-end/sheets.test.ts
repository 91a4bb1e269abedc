/** Sheets whose rows start runs, through the whole laptop: the real queue, the real functions, unmodified clients. */
import { GetRunCommand, paginateListRuns } from '@aws-sdk/client-omics';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DropRecord } from '../../lib/ledger/drops.ts';
import { currentAttempt } from '../../lib/runs/request-record.ts';
import { BUCKET, eventually, type Laptop, REMOVE_ROUTES, STATE_MACHINE_ARN, startLaptop } from './laptop.ts';

const ROUTES = `${REMOVE_ROUTES}
  - name: cohort
    on: { bucket: ${BUCKET}, key: 'sheets/{cohort}.csv' }
    each: row
    sensitive: [row.sample]
    run:
      workflowId: '1234567'
      name: '{route}-{cohort}'
      parameters: { sample: '{row.sample}', fastq_1: '{row.fastq_1}', fastq_2: '{row.fastq_2}' }
`;
/** So that neither StartRun's rate nor the number of active runs makes the test wait. */
const LIFTED_QUOTAS = { 'L-24A3B174': 1_000, 'L-BE38079A': 1_000 };

let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop({ routes: ROUTES, quotas: LIFTED_QUOTAS });
  for (const read of [1, 2]) await laptop.put(fastq(read));
});
afterAll(async () => {
  await laptop.stop();
});

const fastq = (read: number) => `fastq/shared_R${read}.fastq.gz`;
const uri = (read: number) => `s3://${BUCKET}/${fastq(read)}`;
const rowsOf = (count: number) => Array.from({ length: count }, (_, row) => `SYN-${row},${uri(1)},${uri(2)}`);
const sheetOf = (rows: readonly string[]) => ['sample,fastq_1,fastq_2', ...rows, ''].join('\r\n');

/** Drops a sheet and waits until all of its rows are claimed or refused. */
async function dropSheet(key: string, rows: readonly string[]): Promise<DropRecord> {
  const known = new Set((await laptop.drops()).map(({ dropId }) => dropId));
  await laptop.put(key, sheetOf(rows));
  return eventually(async () =>
    (await laptop.drops()).find((drop) => !known.has(drop.dropId) && drop.key === key && drop.state === 'TAKEN'),
  );
}

/** Waits for the end of so many requests. Looks seldom: each look reads them all. */
async function ended(count: number) {
  const look = async () => {
    const found = (await laptop.ledger.requests.list(1_000)).filter(({ announcedAt }) => announcedAt !== undefined);
    return found.length >= count ? found : undefined;
  };
  return eventually(look, { everyMs: 500, withinMs: 80_000 });
}

async function runs() {
  const found = [];
  for await (const page of paginateListRuns({ client: laptop.omics, pageSize: 100 }, {}))
    found.push(...(page.items ?? []));
  return found;
}

describe('a sheet of 96 rows', () => {
  it('starts 96 runs, none when it is dropped again, and one when one row has changed', async () => {
    const rows = rowsOf(96);
    expect((await dropSheet('sheets/plate.csv', rows)).sheet).toMatchObject({ rows: 96, started: 96, known: 0 });
    await ended(96);
    expect(await runs()).toHaveLength(96);

    expect((await dropSheet('sheets/plate.csv', rows)).sheet).toMatchObject({ rows: 96, started: 0, known: 96 });

    const changed = [...rows.slice(0, 40), `SYN-NEW,${uri(1)},${uri(2)}`, ...rows.slice(41)].reverse();
    expect((await dropSheet('sheets/plate.csv', changed)).sheet).toMatchObject({ rows: 96, started: 1, known: 95 });
    const all = await ended(97);
    expect(await runs()).toHaveLength(97);
    expect(all.map(({ outcome }) => outcome)).toEqual(all.map(() => 'COMPLETED'));

    const [newest] = all;
    if (newest === undefined) throw new Error('no request has ended');
    expect(newest).toMatchObject({ route: 'cohort', members: [], sheet: { lines: [57] } });
    const run = await laptop.omics.send(new GetRunCommand({ id: currentAttempt(newest).runId }));
    expect(run).toMatchObject({ parameters: { sample: 'SYN-NEW', fastq_1: uri(1), fastq_2: uri(2) } });
    expect(run.name).toMatch(/^cohort-plate-[0-9a-f]{8}$/);
  }, 180_000);
});

describe('a sheet that is taken in parts', () => {
  it('comes through the queue again until every row is claimed, and lists its bad rows', async () => {
    const rows = rowsOf(150).map((row, index) => (index === 120 ? 'SYN-120' : row));
    const drop = await dropSheet('sheets/long.csv', rows);
    expect(drop).toMatchObject({
      reason: '1 of 150 rows start nothing. Line 122: 1 cell, but 3 columns.',
      sheet: { rows: 150, parts: 2, done: [0, 1], started: 149, refused: 1 },
    });
  }, 60_000);

  it('is taken from the console as its event would have been, and the execution says what was claimed', async () => {
    await dropSheet('sheets/by-name.csv', rowsOf(2));
    const input = JSON.stringify({ drop: { bucket: BUCKET, key: 'sheets/by-name.csv' } });
    const started = await laptop.sfn.send(new StartExecutionCommand({ stateMachineArn: STATE_MACHINE_ARN, input }));
    const closed = await laptop.closed(started.executionArn ?? '');
    expect(closed.status).toBe('SUCCEEDED');
    expect(JSON.parse(closed.output ?? '')).toEqual({
      Error: 'SheetTaken',
      Cause: expect.stringContaining('a sheet of 2 rows: 0 runs asked for, 2 asked for before'),
    });
  });
});
