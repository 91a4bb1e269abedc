import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { OPEN_GATE, refused } from '../../../lib/runs/start-gate.ts';
import { started, waiting } from '../../../lib/runs/transitions.ts';
import { realLedger } from '../../support/real-ledger.ts';
import { CREATED_AT, claimedRequest } from '../../support/request-record.ts';

let ledger: Ledger;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, stop } = await realLedger());
});
afterAll(() => stop());

async function inLine(identity: string, route: string, second: number, change = {}): Promise<void> {
  const at = new Date(Date.parse(CREATED_AT) + second * 1000).toISOString();
  await ledger.requests.claim(claimedRequest({ identity, route, ...change }));
  await ledger.requests.change(identity, (record) => waiting(record, at));
}

describe('the line in the ledger', () => {
  beforeAll(async () => {
    for (let number = 0; number < 30; number += 1)
      await inLine(`burst-${String(number).padStart(2, '0')}`, 'burst', number);
    const requestText = '{"retentionMode":"REMOVE"}';
    await inLine('single', 'single', 60, { onQuota: 'reject', requestText });
    await inLine('a-b', 'burst-2', 61);
    await inLine('urgent', 'burst', 62, { priority: 7 });
  });

  it('shows every route, however long another one is', async () => {
    const line = await ledger.requests.line(5);
    const counts = Map.groupBy(line, ({ route, priority }) => `${route} ${priority}`);
    expect([...counts.keys()].sort()).toEqual(['burst 0', 'burst 7', 'burst-2 0', 'single 0']);
    const burst = line.filter(({ identity }) => identity.startsWith('burst-')).map(({ identity }) => identity);
    expect(burst).toEqual(['burst-00', 'burst-01', 'burst-02', 'burst-03']);
  });

  it('is in the order of priority, and tells what decides on a start', async () => {
    const line = await ledger.requests.line(100);
    expect(line).toHaveLength(33);
    expect(line[0]).toMatchObject({ identity: 'urgent', route: 'burst', priority: 7, retentionMode: 'RETAIN' });
    expect(line.find(({ identity }) => identity === 'single')).toEqual({
      identity: 'single',
      route: 'single',
      priority: 0,
      since: '2026-01-02T03:05:05.000Z',
      retentionMode: 'REMOVE',
      onQuota: 'reject',
    });
  });

  it('loses who does not wait any more, and leaves nothing of it in the record', async () => {
    const run = { runId: '1', uuid: 'u' };
    const record = await ledger.requests.change('urgent', (latest) => started(latest, 1, run, CREATED_AT));
    expect(Object.keys(record).filter((name) => name.startsWith('line'))).toEqual([]);
    expect((await ledger.requests.line(100)).map(({ identity }) => identity)).not.toContain('urgent');
    expect(Object.keys((await ledger.requests.read('single')) ?? {}).filter((name) => name.startsWith('line'))).toEqual(
      [],
    );
  });
});

describe("the starter's memory", () => {
  it('is empty at first, and each write follows on the latest', async () => {
    expect(await ledger.gate.read()).toEqual(OPEN_GATE);
    const refuse = (identity: string) =>
      ledger.gate.change((gate) => refused(gate, { mode: 'RETAIN', identity, reason: 'full' }, CREATED_AT));
    await Promise.all(['one', 'two', 'three'].map(refuse));
    expect(await ledger.gate.read()).toMatchObject({ revision: 3, full: { RETAIN: { since: CREATED_AT } } });
    expect(await ledger.gate.change((gate) => gate)).toMatchObject({ revision: 3 });
  });

  it('is written after a state that somebody knows only while that is the latest', async () => {
    const known = await ledger.gate.read();
    await ledger.gate.change((gate) => ({ ...gate, slowTimes: 1 }));
    const after = await ledger.gate.change((gate) => ({ ...gate, servedLast: ['route'] }), known);
    expect(after).toMatchObject({ revision: known.revision + 2, slowTimes: 1, servedLast: ['route'] });
    expect(await ledger.gate.read()).toEqual(after);
  });
});
