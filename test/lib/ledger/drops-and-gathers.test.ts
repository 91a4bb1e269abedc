import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DropRecord } from '../../../lib/ledger/drops.ts';
import type { GatherHeader, GatherMember } from '../../../lib/ledger/gathers.ts';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import type { Table } from '../../../lib/ledger/table.ts';
import { realLedger } from '../../support/real-ledger.ts';
import { EVERYBODY } from '../../support/request-record.ts';

const AT = '2026-01-02T04:00:00.000Z';
const LATER = '2026-01-02T05:00:00.000Z';
const sheet = { rows: 2, parts: 2, done: [0], started: 1, known: 0, refused: 0, duplicates: 0, problems: [] };
const act = { what: 'replay', at: AT, by: 'arn:aws:iam::000000000000:user/ada' } as const;

function drop(dropId: string): DropRecord {
  return {
    dropId,
    bucket: 'in',
    key: `${dropId}.gz`,
    etag: 'e',
    sizeBytes: 1,
    time: AT,
    receivedAt: AT,
    route: 'germline',
    state: 'GATHERING',
  };
}

function member(slot: string, dropId: string, sequencer: string): GatherMember {
  const object = { bucket: 'in', key: `${slot}.gz`, sizeBytes: 1, etag: dropId, sequencer, timeMs: 1 };
  return { slot, dropId, drop: object, wildcards: { read: slot } };
}

let ledger: Ledger;
let table: Table;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, table, stop } = await realLedger());
});
afterAll(() => stop());

describe('drops in the ledger', () => {
  it('are recorded once', async () => {
    await ledger.drops.record(drop('once'));
    const again = await ledger.drops.record({ ...drop('once'), receivedAt: '2030-01-01T00:00:00.000Z' });
    expect(again.receivedAt).toBe(AT);
  });

  it('stay with the request that they became part of', async () => {
    await ledger.drops.record(drop('taken'));
    await ledger.drops.change('taken', { state: 'TAKEN', identity: 'r1' });
    await ledger.drops.change('taken', { state: 'REJECTED', reason: 'late' });
    expect(await ledger.drops.read('taken')).toMatchObject({ state: 'TAKEN', identity: 'r1' });
  });

  it('say why they were refused', async () => {
    await ledger.drops.record(drop('refused'));
    await ledger.drops.change('refused', { state: 'REJECTED', reason: 'not JSON' });
    expect(await ledger.drops.read('refused')).toMatchObject({ state: 'REJECTED', reason: 'not JSON' });
  });

  it.each([
    ['sent round again', (before: DropRecord) => ledger.drops.reopen(before, act)],
    ['read on', (before: DropRecord) => ledger.drops.readOn(before, act)],
  ])('are told of as unfinished sheets anew when they are %s while that is being told', async (meanwhile, happens) => {
    const before: DropRecord = { ...drop(meanwhile), state: 'READING', sheet: { ...sheet, revision: 1 } };
    await ledger.drops.record(before);
    await happens(before);
    await ledger.drops.toldStuck(before, AT, EVERYBODY);
    const after = await ledger.drops.read(meanwhile);
    expect(after).not.toHaveProperty('stuckSince');
    await ledger.drops.toldStuck(after ?? before, AT, EVERYBODY);
    expect(await ledger.drops.read(meanwhile)).toMatchObject({ stuckAnnouncedAt: AT, stuckSince: AT });
  });

  it('are no unfinished sheets any more once that was told to everybody, until a person sends them round again', async () => {
    const before: DropRecord = { ...drop('told'), state: 'READING', sheet: { ...sheet, revision: 1 } };
    await ledger.drops.record(before);
    const isOpen = async () => (await ledger.drops.openSheets(100)).some(({ dropId }) => dropId === 'told');
    await ledger.drops.toldStuck(before, AT, { programs: true, people: false });
    expect(await isOpen()).toBe(true);
    await ledger.drops.toldStuck(before, AT, EVERYBODY);
    expect(await isOpen()).toBe(false);
    await ledger.drops.changeSheet('told', () => ({ state: 'READING', sheet }));
    expect(await isOpen()).toBe(false);
    await ledger.drops.readOn(before, act);
    expect(await isOpen()).toBe(true);
  });

  it('are still to be told of when they come to nothing again while that of before is being told', async () => {
    const before = await ledger.drops.record({ ...drop('again'), state: 'REJECTED' });
    await ledger.drops.reopen(before, act);
    await ledger.drops.change('again', { state: 'REJECTED' });
    await ledger.drops.told(before, AT, EVERYBODY);
    expect(await ledger.drops.untold(100)).toContain('again');
    const again = await ledger.drops.read('again');
    expect(again).toMatchObject({ reopened: 1 });
    await ledger.drops.told(again ?? before, AT, EVERYBODY);
    expect(await ledger.drops.untold(100)).not.toContain('again');
  });

  it('keep when programs, and when people, were told of them', async () => {
    const drops = async () => (await ledger.drops.read('halves')) ?? drop('halves');
    await ledger.drops.record({ ...drop('halves'), state: 'REJECTED' });
    await ledger.drops.told(await drops(), AT, { programs: true, people: false });
    await ledger.drops.told(await drops(), LATER, EVERYBODY);
    expect(await drops()).toMatchObject({ announcedAt: AT, notifiedAt: LATER });
    expect(await ledger.drops.untold(100)).not.toContain('halves');
  });

  it('are listed newest first', async () => {
    await ledger.drops.record({ ...drop('newest'), receivedAt: '2031-01-01T00:00:00.000Z' });
    expect((await ledger.drops.list(1)).map(({ dropId }) => dropId)).toEqual(['newest']);
  });
});

describe('gathers in the ledger', () => {
  const header = (gatherId: string): GatherHeader => ({
    gatherId,
    route: 'germline',
    group: { sample: 's' },
    generation: 0,
    firstSeenAt: AT,
    missing: [],
  });

  it('keep the newest object of each slot, in whatever order the deliveries come', async () => {
    for (const one of [member('1', 'b', '02'), member('1', 'a', '01'), member('1', 'b', '02')]) {
      await ledger.gathers.putMember('newest', one);
    }
    const { members } = await ledger.gathers.read('newest');
    expect(members.map(({ dropId }) => dropId)).toEqual(['b']);
  });

  it('fire each set once, of ten at once', async () => {
    const fired = { identity: 'r', drops: { '1': 'a', '2': 'b' } };
    const results = await Promise.all(Array.from({ length: 10 }, () => ledger.gathers.fire(header('race'), fired)));
    expect(results.filter((won) => won)).toHaveLength(1);
    expect((await ledger.gathers.read('race')).header).toMatchObject({ generation: 1, fired });
  });

  it('never let a late "still waiting" undo what fired', async () => {
    await ledger.gathers.fire(header('late'), { identity: 'r', drops: {} });
    await ledger.gathers.waitFor({ ...header('late'), missing: ['read=2'] }, AT);
    expect((await ledger.gathers.read('late')).header).toMatchObject({ generation: 1, missing: [] });
  });

  it('show what waits, then what fired, until it is settled', async () => {
    await ledger.gathers.waitFor({ ...header('open'), missing: ['read=2'] }, AT);
    expect((await ledger.gathers.open('GATHERING', 50)).find(({ gatherId }) => gatherId === 'open')?.missing).toEqual([
      'read=2',
    ]);
    await ledger.gathers.fire(header('open'), { identity: 'r', drops: {} });
    expect((await ledger.gathers.open('FIRED', 50)).map(({ gatherId }) => gatherId)).toContain('open');
    await ledger.gathers.settle({ ...header('open'), generation: 1 }, 0);
    expect((await ledger.gathers.open('FIRED', 50)).map(({ gatherId }) => gatherId)).not.toContain('open');
  });
});

describe('what has fired', () => {
  const header: GatherHeader = {
    gatherId: 'year',
    route: 'germline',
    group: { sample: 's' },
    generation: 0,
    firstSeenAt: AT,
    missing: [],
  };
  const expiries = async () =>
    (await table.partition('GATHER#year')).map(({ sk, expiresAt }) => `${sk} ${expiresAt ?? 'never'}`);

  it('expires a year later, but for what came meanwhile, and what waits does not', async () => {
    const [first, second] = [member('1', 'a', '01'), member('2', 'b', '02')];
    await ledger.gathers.putMember('year', first);
    await ledger.gathers.putMember('year', second);
    await ledger.gathers.waitFor(header, AT);
    expect(await expiries()).toEqual(['HEADER never', 'MEMBER#1 never', 'MEMBER#2 never']);
    await ledger.gathers.fire(header, { identity: 'r', drops: { '1': 'a', '2': 'b' } });
    await ledger.gathers.putMember('year', member('2', 'c', '03'));
    for (const one of [first, second]) await ledger.gathers.expireMember('year', one, 1_000);
    const fired = { ...header, generation: 1 };
    await ledger.gathers.settle(fired, 1_000);
    expect(await expiries()).toEqual(['HEADER 31536001', 'MEMBER#1 31536001', 'MEMBER#2 never']);
    expect((await ledger.gathers.read('year')).members[0]).toEqual({ ...first, expiresAt: 31_536_001 });
    await ledger.gathers.waitFor(fired, AT);
    expect(await expiries()).toEqual(['HEADER never', 'MEMBER#1 31536001', 'MEMBER#2 never']);
    await ledger.gathers.keepMember('year', { ...first, dropId: 'another' });
    expect((await expiries())[1]).toBe('MEMBER#1 31536001');
    await ledger.gathers.keepMember('year', first);
    expect((await expiries())[1]).toBe('MEMBER#1 never');
  });

  it('fires again, to be settled, only as it was found', async () => {
    const wanted = { ...header, gatherId: 'back', generation: 1 };
    await ledger.gathers.fire({ ...wanted, generation: 0 }, { identity: 'r', drops: {} });
    await ledger.gathers.settle(wanted, 1_000);
    await ledger.gathers.waitFor({ ...wanted, missing: ['more'] }, AT);
    for (const known of [wanted, { ...wanted, seenAt: LATER }, { ...wanted, generation: 2, seenAt: AT }])
      expect(await ledger.gathers.fireAgain(known)).toBe(false);
    expect(await ledger.gathers.read('back')).toMatchObject({ header: { seenAt: AT, missing: ['more'] } });
    expect(await ledger.gathers.fireAgain({ ...wanted, seenAt: AT })).toBe(true);
    expect(await ledger.gathers.read('back')).toMatchObject({ header: { missing: [] } });
    const open = async (state: 'FIRED' | 'GATHERING') =>
      (await ledger.gathers.open(state, 100)).some(({ gatherId }) => gatherId === 'back');
    expect([await open('FIRED'), await open('GATHERING')]).toEqual([true, false]);
    await ledger.gathers.settle(wanted, 1_000);
    expect(await open('FIRED')).toBe(false);
  });

  it('keeps no other drop out once it has expired, though it is not deleted yet', async () => {
    const [old, again] = [member('1', 'g', '02'), member('1', 'h', '01')];
    await ledger.gathers.putMember('kept-out', old);
    await ledger.gathers.expireMember('kept-out', old, 1_000);
    const put = (nowMs: number) => ledger.gathers.putMember('kept-out', again, undefined, nowMs);
    expect(await put(31_536_000_999)).toBe(false);
    expect(await put(31_536_001_000)).toBe(true);
    expect((await ledger.gathers.read('kept-out')).members).toEqual([again]);
  });

  it('is known as a whole until it expires, and from then on not at all, but for its generation', async () => {
    const members = [member('1', 'd', '01'), member('2', 'e', '02')];
    const fired = { identity: 'r', drops: { '1': 'd', '2': 'e' } };
    const wanted = { ...header, gatherId: 'over' };
    for (const one of members) await ledger.gathers.putMember('over', one);
    await ledger.gathers.fire(wanted, fired);
    for (const one of members) await ledger.gathers.expireMember('over', one, 1_000);
    await ledger.gathers.settle({ ...wanted, generation: 1 }, 1_000);
    await ledger.gathers.putMember('over', member('3', 'f', '03'));
    expect(await ledger.gathers.read('over', 31_536_000_999)).toMatchObject({
      header: { fired },
      members: [{}, {}, {}],
    });
    const after = await ledger.gathers.read('over', 31_536_001_000);
    expect(after.members.map(({ slot }) => slot)).toEqual(['3']);
    expect(after.header).toMatchObject({ generation: 1, missing: [] });
    expect(after.header).not.toHaveProperty('fired');
  });
});

describe('tokens in the ledger', () => {
  const token = { identity: 'r', purpose: 'watch' as const, executionName: 'w1', attempt: 1, token: 't1' };

  it('are one for each execution, the newest', async () => {
    await ledger.tokens.put(token, 0);
    await ledger.tokens.put({ ...token, token: 't2' }, 0);
    await ledger.tokens.put({ ...token, executionName: 'w2', token: 't3' }, 0);
    expect((await ledger.tokens.list('r', 'watch')).map((one) => one.token)).toEqual(['t2', 't3']);
    expect(await ledger.tokens.list('r', 'start')).toEqual([]);
  });

  it('are removed only when they are still the same', async () => {
    await ledger.tokens.put({ ...token, identity: 'same' }, 0);
    await ledger.tokens.remove({ ...token, identity: 'same', token: 'older' });
    expect(await ledger.tokens.list('same', 'watch')).toHaveLength(1);
    await ledger.tokens.remove({ ...token, identity: 'same' });
    expect(await ledger.tokens.list('same', 'watch')).toEqual([]);
  });
});
