import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { firstState } from '../../../lib/quota/sweep-state.ts';
import { realLedger } from '../../support/real-ledger.ts';

const NOW_MS = Date.UTC(2026, 0, 2);

describe('what the sweeper keeps in the ledger', () => {
  let ledger: Ledger;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, stop } = await realLedger());
  });
  afterAll(() => stop());

  it('is leased to one holder until the lease runs out or is given back', async () => {
    const { sweeps } = ledger;
    expect(await sweeps.acquireLease('a', { nowMs: NOW_MS, untilMs: NOW_MS + 100 })).toBe(true);
    expect(await sweeps.acquireLease('b', { nowMs: NOW_MS + 99, untilMs: NOW_MS + 200 })).toBe(false);
    expect(await sweeps.acquireLease('b', { nowMs: NOW_MS + 100, untilMs: NOW_MS + 200 })).toBe(true);
    // The SDK sends a write again whose answer was lost.
    expect(await sweeps.acquireLease('b', { nowMs: NOW_MS + 100, untilMs: NOW_MS + 200 })).toBe(true);
    await sweeps.releaseLease('a');
    expect(await sweeps.acquireLease('c', { nowMs: NOW_MS + 101, untilMs: NOW_MS + 200 })).toBe(false);
    await sweeps.releaseLease('b');
    expect(await sweeps.acquireLease('c', { nowMs: NOW_MS + 101, untilMs: NOW_MS + 200 })).toBe(true);
  });

  it('takes no write of a sweep whose fence was passed', async () => {
    const { sweeps } = ledger;
    const first = firstState('sweeper');
    expect(await sweeps.raiseFence(undefined, first)).toBe(true);
    expect(await sweeps.raiseFence(undefined, first)).toBe(false);
    const early = await sweeps.readState();
    expect(early).toEqual({ ...first, fence: 1 });
    expect(await sweeps.raiseFence(early, first)).toBe(true);
    expect(await sweeps.raiseFence(early, first)).toBe(false);
    expect(await sweeps.writeState({ ...first, fence: 1, scannedMs: 1 })).toBe(false);
    expect(await sweeps.writeState({ ...first, fence: 2, scannedMs: 2 })).toBe(true);
    expect(await sweeps.readState()).toEqual({ ...first, fence: 2, scannedMs: 2 });
  });

  it('has chunks of 250 KB, and no chunk that was removed', async () => {
    const { sweeps } = ledger;
    const text = 'x'.repeat(250_000);
    await sweeps.writeChunk('1-0', text, NOW_MS + 1e12);
    expect(await sweeps.readChunk('1-0')).toBe(text);
    await sweeps.removeChunk('1-0');
    await sweeps.removeChunk('1-0');
    expect(await sweeps.readChunk('1-0')).toBeUndefined();
  });

  it('names who holds the stored runs', async () => {
    const { sweeps } = ledger;
    expect(await sweeps.readHolders()).toBeUndefined();
    const share = { name: 'germline', RETAIN: 1, REMOVE: 0, UNKNOWN: 0 };
    await sweeps.writeHolders({ route: [share], workflow: [], runGroup: [], startedBy: [] });
    expect(await sweeps.readHolders()).toEqual({ route: [share], workflow: [], runGroup: [], startedBy: [] });
  });

  it('keeps the first notice of a run that is gone beside its request', async () => {
    const gone = { identity: 'i', attempt: 1, runId: '7', uuid: 'u', noticedAt: 'then', how: 'retention' as const };
    await ledger.snapshots.noteGone(gone);
    await ledger.snapshots.noteGone({ ...gone, noticedAt: 'later', how: 'deleted' });
    expect(await ledger.snapshots.goneOf('i')).toEqual([gone]);
  });
});
