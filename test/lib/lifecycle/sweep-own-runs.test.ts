import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { sweepRuns } from '../../../lib/lifecycle/sweep-runs.ts';
import { currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import type { RunStatus } from '../../../lib/runs/run-status.ts';
import { started, statusKnown, waiting } from '../../../lib/runs/transitions.ts';
import { realLedger } from '../../support/real-ledger.ts';
import { claimedRequest } from '../../support/request-record.ts';
import { type AccountRun, createSweeperWorld, type SweeperWorld } from '../../support/simulated-account.ts';

const ENOUGH_MS = 14 * 60_000;

describe('a sweep of runs that Rundrop started', () => {
  let stop: () => Promise<void>;
  let ledger: Ledger;
  let world: SweeperWorld;
  let number = 0;
  beforeEach(async () => {
    ({ ledger, stop } = await realLedger());
    world = createSweeperWorld();
  });
  afterEach(() => stop());

  const sweep = (scan = true) => {
    const { requests, snapshots } = ledger;
    const { noteGone } = snapshots;
    return sweepRuns(world.lasting(ENOUGH_MS, { requests, snapshots: { write: world.snapshots.write, noteGone } }), {
      scan,
    });
  };

  /** A run of ours in the account, as the ledger has it once WatchRun has seen it. */
  async function startOwn(
    change: Partial<AccountRun> = {},
    knownCreation = true,
  ): Promise<[RequestRecord, AccountRun]> {
    number += 1;
    const createdAt = new Date(world.clock.now).toISOString();
    const record = claimedRequest({ identity: number.toString(16).padStart(32, '0'), createdAt });
    const run = world.account.start(world.clock.now, { name: 'germline-0123abcd', status: 'COMPLETED', ...change });
    world.clock.now += 2_000;
    if (run === undefined) throw new Error('the account is full');
    await ledger.requests.claim(record);
    const { attempt } = currentAttempt(record);
    const { runId, uuid, retentionMode } = run;
    const creationTime = new Date(run.createdMs).toISOString();
    const status = run.status as RunStatus;
    const news = { status, ...(knownCreation ? { creationTime } : {}) };
    const after = await ledger.requests.change(record.identity, (one) => {
      const begun = started(waiting(one, createdAt), attempt, { runId, uuid, retentionMode }, createdAt);
      return statusKnown(begun, attempt, news, createdAt);
    });
    return [after, run];
  }

  it('learns their retention mode from the ledger, without a GetRun', async () => {
    await startOwn({ retentionMode: 'REMOVE' });
    await startOwn();
    world.account.start(world.clock.now, { status: 'FAILED' });
    expect(await sweep()).toMatchObject({ listCalls: 1, getCalls: 1 });
    expect(world.pictures.at(-1)?.byRetentionMode).toEqual(world.account.truth());
    expect((await world.store.readHolders())?.route).toEqual([
      { name: 'germline', RETAIN: 1, REMOVE: 1, UNKNOWN: 0 },
      { name: '(foreign)', RETAIN: 1, REMOVE: 0, UNKNOWN: 0 },
    ]);
  });

  it('does not take a foreign run for ours because it has an id that ours had', async () => {
    const [, run] = await startOwn({ retentionMode: 'REMOVE' });
    world.account.delete(run.runId);
    world.clock.now += 5_000;
    world.account.start(world.clock.now, { runId: run.runId, name: 'like-ours-0123abcd', status: 'COMPLETED' });
    expect(await sweep()).toMatchObject({ getCalls: 1 });
    expect(world.pictures.at(-1)?.byRetentionMode).toEqual({ RETAIN: { COMPLETED: 1 } });
    expect((await world.store.readHolders())?.route).toMatchObject([{ name: '(foreign)' }]);
  });

  it('knows one by its uuid when its creation time was never said', async () => {
    await startOwn({}, false);
    expect(await sweep()).toMatchObject({ getCalls: 1 });
    expect((await world.store.readHolders())?.route).toMatchObject([{ name: 'germline', RETAIN: 1 }]);
  });

  it('sees between two scans one that came and ended in the meantime', async () => {
    await sweep();
    await startOwn({ retentionMode: 'REMOVE', status: 'FAILED' });
    expect(await sweep(false)).toMatchObject({ basis: 'between', getCalls: 0 });
    expect(world.pictures.at(-1)?.byRetentionMode).toEqual({ REMOVE: { FAILED: 1 } });
  });

  it('takes the end of an active one from the ledger', async () => {
    const [record, run] = await startOwn({ status: 'RUNNING' });
    await sweep();
    run.status = 'COMPLETED';
    const at = new Date(world.clock.now).toISOString();
    await ledger.requests.change(record.identity, (one) => statusKnown(one, 1, { status: 'COMPLETED' }, at));
    expect(await sweep(false)).toMatchObject({ getCalls: 0 });
    expect(world.pictures.at(-1)?.byRetentionMode).toEqual({ RETAIN: { COMPLETED: 1 } });
  });

  it('notices those that retention removed, and keeps a note beside their record', async () => {
    world.account.quota = 4;
    const [oldest, run] = await startOwn({ retentionMode: 'REMOVE' });
    for (let count = 0; count < 3; count += 1) await startOwn({ retentionMode: 'REMOVE' });
    await sweep();
    await startOwn({ retentionMode: 'REMOVE' });
    expect(world.account.runs.has(run.runId)).toBe(true);
    expect(world.account.runs.get(run.runId)?.uuid).not.toBe(run.uuid);
    await sweep();
    const { identity } = oldest;
    expect(await ledger.snapshots.goneOf(identity)).toMatchObject([
      { runId: run.runId, uuid: run.uuid, how: 'retention' },
    ]);
    expect(await ledger.requests.read(identity)).toEqual(oldest);
    const words = world.announcer.sent.filter(({ detailType }) => detailType === 'Stored Runs Gone');
    expect(words).toMatchObject([
      {
        detail: {
          gone: 1,
          ours: 1,
          counts: { REMOVE: { retention: 1 } },
          runs: [{ request: identity, uuid: run.uuid }],
        },
      },
    ]);
  });

  it('looks for removals between two scans when more came than the quota allows', async () => {
    world.account.quota = 4;
    for (let count = 0; count < 4; count += 1) await startOwn({ retentionMode: 'REMOVE' });
    await sweep();
    world.account.freeIds.push('7000001', '7000002');
    for (let count = 0; count < 2; count += 1) await startOwn({ retentionMode: 'REMOVE' });
    expect(await sweep(false)).toMatchObject({ basis: 'between', getCalls: 2, storedRuns: 4 });
    expect(world.pictures.at(-1)?.byRetentionMode).toEqual(world.account.truth());
  });
});
