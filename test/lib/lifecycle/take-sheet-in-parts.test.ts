import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DropRecord } from '../../../lib/ledger/drops.ts';
import { type Ledger, ledgerOver } from '../../../lib/ledger/ledger.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { type TakeDropsPorts, takeDrops } from '../../../lib/lifecycle/take-drops.ts';
import type { Drop } from '../../../lib/routing/drop.ts';
import { writeSheetMessage } from '../../../lib/routing/sheet-message.ts';
import { simulatedTable, TableStore } from '../../simulation/simulated-table.ts';
import { sheetRoutes } from '../../support/sheet-routes.ts';
import { createWorld, FakeExecutions, put, type World } from '../../support/world.ts';

class Died extends Error {}

/** Counts every call that leaves an invocation; those that the test names die, before or after they had their effect. */
class Calls {
  count = 0;
  dies: (call: number) => boolean = () => false;

  async make<T>(effect: () => T | Promise<T>): Promise<T> {
    this.count += 1;
    const dies = this.dies(this.count);
    if (dies && this.count % 2 === 0) throw new Died();
    const result = await effect();
    if (dies) throw new Died();
    return result;
  }
}

/** The table in memory, because thousands of rows are written. */
function ledgerThrough(calls: Calls): Ledger {
  const store = new TableStore(
    () => 0,
    () => 0,
  );
  return ledgerOver(simulatedTable(store, (_name, effect) => calls.make(effect)));
}

let real: World;
let world: World;
let calls: Calls;
let routes = sheetRoutes();
beforeEach(async () => {
  real = await createWorld();
  reset();
});
afterEach(() => real.stop());

/** A world without a past. */
function reset(): void {
  const [fresh, executions] = [new Calls(), new FakeExecutions()];
  calls = fresh;
  routes = sheetRoutes();
  const sentParts: World['sentParts'] = [];
  const start = (name: string, input: unknown) => fresh.make(() => executions.start(name, input));
  world = {
    ...real,
    ledger: ledgerThrough(fresh),
    executions: Object.assign(Object.create(executions) as FakeExecutions, { start }),
    sentParts,
    sheetParts: { send: (parts) => fresh.make(() => void sentParts.push(...parts)) },
    routes: { read: async () => routes },
  };
}

/** The hundredth row of each hundred is bad. */
const numbered = (count: number) => Array.from({ length: count }, (_, i) => (i % 100 === 99 ? `S${i}` : `S${i},x`));
const drop = (rows: readonly string[]) => put(world, 'sheets/a.csv', { text: `sample,fastq\n${rows.join('\n')}\n` });

async function recordOf(dropped: Drop): Promise<DropRecord | undefined> {
  return (await world.ledger.drops.list(100)).find(({ etag }) => etag === dropped.etag);
}

/** What SQS does: gives what was sent, ten at a time, and again what comes back. Returns how many came back. */
async function deliver(ports: TakeDropsPorts, mostBatches = 1_000): Promise<number> {
  let returned = 0;
  for (let batch = 0; batch < mostBatches && world.sentParts.length > 0; batch += 1) {
    const parts = world.sentParts.splice(0, 10);
    const back = await deliverOnce(ports, parts);
    returned += back.length;
    world.sentParts.push(...back);
  }
  return returned;
}

async function deliverOnce(ports: TakeDropsPorts, parts: World['sentParts']): Promise<World['sentParts']> {
  const records = parts.map((part, index) => ({ messageId: String(index), body: writeSheetMessage(part) }));
  const { batchItemFailures } = await takeDrops(ports, records);
  return batchItemFailures.flatMap(({ itemIdentifier }) => parts[Number(itemIdentifier)] ?? []);
}

async function expectOnce(dropped: Drop, rows: number): Promise<void> {
  const refused = Math.floor(rows / 100);
  const started = rows - refused;
  expect(await recordOf(dropped)).toMatchObject({
    state: 'TAKEN',
    sheet: { rows, started, known: 0, refused, duplicates: 0 },
  });
  const requests = await world.ledger.requests.list(rows);
  expect(requests).toHaveLength(started);
  expect(Object.getPrototypeOf(world.executions).statuses.size).toBe(started);
}

describe('a long sheet', () => {
  it('of 2,000 rows is claimed in parts that are sent for at a steady pace', async () => {
    const dropped = drop(numbered(2_000));
    expect(await takeDrop(world, dropped)).toBe('reading');
    expect(world.sentParts.map(({ part, afterSeconds }) => [part, afterSeconds])).toEqual(
      Array.from({ length: 20 }, (_, part) => [part, part]),
    );
    expect(await recordOf(dropped)).toMatchObject({
      state: 'READING',
      reason: '0 of 20 parts of its 2000 rows are claimed.',
    });
    expect(await world.ledger.requests.list(1)).toEqual([]);
    expect(await deliver(world)).toBe(0);
    await expectOnce(dropped, 2_000);
    expect(await recordOf(dropped)).toMatchObject({
      reason: expect.stringMatching(/^20 of 2000 rows start nothing\. Line 101: 1 cell, but 2 columns\. Line 201: /),
      sheet: { parts: 20, done: Array.from({ length: 20 }, (_, part) => part) },
    });
    expect((await recordOf(dropped))?.sheet?.problems).toHaveLength(20);
    expect(await takeDrop(world, dropped)).toBe('known');
    expect(world.sentParts).toEqual([]);
  });

  it('of 2,000 rows is claimed whole, each row once, though parts crash, double and come in any order', async () => {
    const dropped = drop(numbered(2_000));
    await takeDrop(world, dropped);
    world.sentParts.reverse();
    world.sentParts.push(...world.sentParts.slice(3, 8));
    calls.dies = (call) => call % 230 === 0;
    expect(await deliver(world, 3)).toBeGreaterThan(0);
    const waiting = world.sentParts.length;
    const done = (await recordOf(dropped))?.sheet?.done.length ?? 0;
    expect(done).toBeGreaterThan(0);
    // The first delivery of the drop comes back as well: what is not done is sent for again.
    calls.dies = () => false;
    expect(await takeDrop(world, dropped)).toBe('reading');
    expect(world.sentParts).toHaveLength(waiting + 20 - done);
    calls.dies = (call) => call % 510 === 0;
    expect(await deliver(world)).toBeGreaterThan(0);
    calls.dies = () => false;
    await expectOnce(dropped, 2_000);
  });

  it('survives a crash at any of its calls', async () => {
    const rows = numbered(110);
    await takeDrop(world, drop(rows));
    await deliver(world);
    const all = calls.count;
    expect(all).toBeGreaterThan(300);
    // At each call around the rows, and at every seventh among them, where one row is like another.
    for (let crash = 1; crash <= all; crash += crash < 20 || crash > all - 20 ? 1 : 7) {
      reset();
      const dropped = drop(rows);
      calls.dies = (call) => call === crash;
      const deliverDrop = async () => (await takeDrop(world, dropped).catch(diedOnly)) === undefined;
      if (await deliverDrop()) await takeDrop(world, dropped);
      await deliver(world);
      await expectOnce(dropped, 110);
    }
  });

  it('leaves what is late to another invocation', async () => {
    const dropped = drop(numbered(150));
    await takeDrop(world, dropped);
    const [first, ...others] = world.sentParts.splice(0);
    if (first === undefined) throw new Error('nothing was sent');
    const late = { ...world, deadlineMs: world.clock.nowMs() };
    expect(await deliverOnce(late, [first])).toEqual([]);
    expect(world.sentParts).toEqual([{ dropId: first.dropId, part: 0, afterSeconds: 10 }]);
    const clock = { nowMs: () => (calls.count > 60 ? 2 : 0), sleep: async () => undefined };
    calls.count = 0;
    expect(await deliverOnce({ ...world, clock, deadlineMs: 1 }, world.sentParts.splice(0))).toEqual([]);
    expect((await world.ledger.requests.list(150)).length).toBeGreaterThan(10);
    expect(await recordOf(dropped)).toMatchObject({ state: 'READING', sheet: { done: [] } });
    world.sentParts.push(...others);
    await deliver(world);
    await expectOnce(dropped, 150);
  });

  it('that is overwritten meanwhile starts no more of its rows', async () => {
    const dropped = drop(numbered(250));
    await takeDrop(world, dropped);
    const [first, ...others] = world.sentParts.splice(0);
    await deliverOnce(world, first === undefined ? [] : [first]);
    const newer = drop(['S1,x']);
    await deliverOnce(world, others);
    expect(await recordOf(dropped)).toMatchObject({
      state: 'SUPERSEDED',
      reason: expect.stringContaining('overwritten or deleted before all of its rows'),
      sheet: { done: [0], started: 99 },
    });
    await takeDrop(world, newer);
    expect(await recordOf(newer)).toMatchObject({ state: 'TAKEN', sheet: { started: 0, known: 1 } });
    expect(await takeDrop(world, dropped)).toBe('superseded');
  });

  it('that was overwritten after a crash, before its first row, is superseded', async () => {
    const dropped = drop(numbered(150));
    const dead = { ...world, objects: { ...world.objects, read: () => Promise.reject(new Died()) } };
    await expect(takeDrop(dead, dropped)).rejects.toThrow(Died);
    expect(await recordOf(dropped)).toMatchObject({ state: 'READING' });
    drop(['S1,x']);
    expect(await takeDrop(world, dropped)).toBe('superseded');
    expect(await recordOf(dropped)).toMatchObject({ state: 'SUPERSEDED' });
  });

  it.each([
    ['reads no sheets any more', () => '', /^No route cohort reads sheets any more\. Drop the sheet again/],
    ['reads it otherwise', (text: string) => text.replace('maxSize: 1MB', 'delimiter: "|"'), /no column 'sample'/],
  ])('is settled with the reason when a deployed route file %s', async (_, change, reason) => {
    const dropped = drop(numbered(150));
    await takeDrop(world, dropped);
    routes = sheetRoutes(change);
    await deliver(world);
    expect(await recordOf(dropped)).toMatchObject({ state: 'REJECTED', reason: expect.stringMatching(reason) });
  });

  it('ignores parts of sheets that nobody knows', async () => {
    expect(await deliverOnce(world, [{ dropId: 'f'.repeat(32), part: 0, afterSeconds: 0 }])).toEqual([]);
  });
});

function diedOnly(error: unknown): undefined {
  if (!(error instanceof Died)) throw error;
  return undefined;
}
