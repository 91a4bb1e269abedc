import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DropRecord } from '../../../lib/ledger/drops.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import type { Drop } from '../../../lib/routing/drop.ts';
import { sheetRoutes } from '../../support/sheet-routes.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  const file = sheetRoutes();
  world = { ...(await createWorld()), routes: { read: async () => file } };
});
afterEach(() => world.stop());

const sheetOf = (rows: readonly string[]) => `sample,fastq\n${rows.join('\n')}\n`;
const drop = (rows: readonly string[], key = 'sheets/a.csv') => put(world, key, { text: sheetOf(rows) });
const requests = () => world.ledger.requests.list(5_000);

async function recordOf(dropped: Drop): Promise<DropRecord | undefined> {
  const drops = await world.ledger.drops.list(100);
  return drops.find(({ etag }) => etag === dropped.etag);
}

describe('a short sheet', () => {
  it('starts one run a row at once, and remembers where each row came from', async () => {
    const dropped = drop(['S1,x', 'S2,y']);
    expect(await takeDrop(world, dropped)).toBe('started');
    const record = await recordOf(dropped);
    expect(record).toMatchObject({
      state: 'TAKEN',
      sheet: { rows: 2, parts: 1, done: [0], started: 2, known: 0, refused: 0, duplicates: 0, problems: [] },
    });
    expect(record).not.toHaveProperty('reason');
    const found = (await requests()).toSorted((a, b) => (a.sheet?.lines[0] ?? 0) - (b.sheet?.lines[0] ?? 0));
    expect(found).toMatchObject([
      { route: 'cohort', members: [], sheet: { dropId: record?.dropId, lines: [2] }, watchers: 1, state: 'CLAIMED' },
      { route: 'cohort', members: [], sheet: { dropId: record?.dropId, lines: [3] }, watchers: 1, state: 'CLAIMED' },
    ]);
    expect(JSON.parse(found[0]?.requestText ?? '')).toMatchObject({ parameters: { sample: 'S1', fastq_1: 'x' } });
    expect([...world.executions.statuses.keys()].toSorted()).toEqual(
      found.map(({ identity }) => `arn:execution:cohort-${identity}-w1`).toSorted(),
    );
    expect(world.sentParts).toEqual([]);
    expect(JSON.stringify([world.lines, [...world.executions.inputs]])).not.toContain('S1');
  });

  it('starts nothing when it is dropped again, reordered or written otherwise', async () => {
    await takeDrop(world, drop(['S1,x', 'S2,y']));
    const again = [drop(['S1,x', 'S2,y']), drop(['S2,y', 'S1,x']), drop(['"S1", x', '', '# z', 'S2,y'])];
    for (const dropped of again) {
      const now = put(world, dropped.key, { text: world.store.get(`drops/${dropped.key}`)?.text ?? '' });
      expect(await takeDrop(world, now)).toBe('started');
      expect(await recordOf(now)).toMatchObject({ state: 'TAKEN', sheet: { started: 0, known: 2 } });
    }
    expect(await requests()).toHaveLength(2);
    expect(world.executions.statuses.size).toBe(2);
  });

  it('that was edited starts only what is new or changed, and supersedes nothing', async () => {
    await takeDrop(world, drop(['S1,x', 'S2,y']));
    const edited = drop(['S1,x', 'S2,changed', 'S3,z']);
    await takeDrop(world, edited);
    expect(await recordOf(edited)).toMatchObject({ state: 'TAKEN', sheet: { started: 2, known: 1 } });
    expect(await requests()).toHaveLength(4);
    expect((await requests()).flatMap(({ members }) => members)).toEqual([]);
  });

  it('starts its rows anew under another key, and at each upload with identity: version', async () => {
    await takeDrop(world, drop(['S1,x']));
    await takeDrop(world, drop(['S1,x'], 'sheets/b.csv'));
    expect(await requests()).toHaveLength(2);
    const first = drop(['S1,x'], 'again/a.csv');
    await takeDrop(world, first);
    await takeDrop(world, first);
    expect(await requests()).toHaveLength(3);
    await takeDrop(world, drop(['S1,x'], 'again/a.csv'));
    expect(await requests()).toHaveLength(4);
  });

  it('starts the good rows and lists the others by line', async () => {
    const dropped = drop(['S1,x', 'S2', 'S3,', 'S1,x', `S4,${'x'.repeat(60_000)}`]);
    expect(await takeDrop(world, dropped)).toBe('started');
    expect(await recordOf(dropped)).toMatchObject({
      state: 'TAKEN',
      reason: expect.stringMatching(/^3 of 5 rows start nothing, 1 of 5 rows are there twice\. Line 3: 1 cell, but 2/),
      sheet: {
        rows: 5,
        started: 1,
        refused: 3,
        duplicates: 1,
        problems: [
          { line: 3, reason: '1 cell, but 2 columns' },
          { line: 4, reason: "the cell of column 'fastq' is empty" },
          { line: 5, reason: 'the same as line 2: together they are one run' },
          { line: 6, reason: expect.stringContaining('51200 bytes') },
        ],
      },
    });
  });

  it.each([
    ['no row can start', 'sample,fastq\nS1,\n', /^1 of 1 rows start nothing\. Line 2: the cell of column 'fastq'/],
    ['a column is missing', 'sample,fstq\nS1,x\n', /^line 1: the sheet has no column 'fastq'/],
    ['it is no UTF-8', 'sample,fastq\n\uFFFD,x\n', /^line 2: a character that is not UTF-8/],
    [
      'it is too large',
      `sample,fastq\n${'x'.repeat(1_000_001)}`,
      /^The sheet has 1000014 bytes; its route takes 1000000/,
    ],
  ])('is rejected with the reason when %s', async (_, text, reason) => {
    const dropped = put(world, 'sheets/a.csv', { text });
    expect(await takeDrop(world, dropped)).toBe('rejected');
    expect(await recordOf(dropped)).toMatchObject({ state: 'REJECTED', reason: expect.stringMatching(reason) });
    expect(await takeDrop(world, dropped)).toBe('rejected');
    expect(await requests()).toEqual([]);
  });

  it('starts one run a group, and a group anew when one of its rows changes', async () => {
    const trio = (last: string) => put(world, 'trios/a.csv', { text: `patient,fastq\nP1,a\nP2,b\nP1,${last}\n` });
    await takeDrop(world, trio('c'));
    await takeDrop(world, trio('c'));
    expect(await requests()).toHaveLength(2);
    const changed = trio('d');
    await takeDrop(world, changed);
    expect(await recordOf(changed)).toMatchObject({ sheet: { rows: 3, started: 1, known: 1 } });
  });

  it('gives a row its execution on redelivery when the first invocation died after the claim', async () => {
    const dropped = drop(['S1,x', 'S2,y']);
    const dead = { ...world, executions: { ...world.executions, start: () => Promise.reject(new Error('died')) } };
    await expect(takeDrop(dead as unknown as World, dropped)).rejects.toThrow('died');
    expect(await takeDrop(world, dropped)).toBe('started');
    expect(world.executions.statuses.size).toBe(2);
    expect(await recordOf(dropped)).toMatchObject({ state: 'TAKEN', sheet: { started: 2, known: 0 } });
  });
});
