import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitingRows } from '../../../cli/commands/lists.ts';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { currentAttempt } from '../../../lib/runs/request-record.ts';
import { newestRequest } from '../../support/watched-run.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const HOUR_MS = 3_600_000;

const request = () => newestRequest(world);

async function startedRun(key = 'cram/SYN-1.cram'): Promise<string> {
  await takeDrop(world, put(world, key));
  const executionArn = [...world.executions.statuses.keys()].at(-1) ?? '';
  const { identity } = await request();
  const executionName = executionArn.replace('arn:execution:', '');
  await awaitStart(world, { token: 'start', executionArn, executionName, input: { request: identity } });
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
  return currentAttempt(await request()).runId ?? '';
}

const told = () =>
  world.announcer.sent.filter(({ detailType }) => detailType === 'Run Overdue').map(({ detail }) => detail);

/** Under which eventIds people were told. */
const noticesOf = (wanted: string) =>
  world.notifier.sent.filter(({ kind }) => kind === wanted).map(({ eventId }) => eventId);

async function passesAfter(ms: number, count = 1): Promise<void> {
  world.clock.now += ms;
  for (let pass = 0; pass < count; pass += 1) await reconcile(world);
}

describe('a run that stays in a status', () => {
  it('is told of once, with opaque ids, when it is longer than the default', async () => {
    const runId = await startedRun();
    await passesAfter(23.9 * HOUR_MS, 2);
    expect(told()).toEqual([]);
    await passesAfter(0.2 * HOUR_MS, 3);
    const { identity } = await request();
    expect(told()).toMatchObject([
      {
        eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
        request: identity,
        runId,
        status: 'PENDING',
        limitSeconds: 86_400,
      },
    ]);
    expect(JSON.stringify(told())).not.toContain('SYN-1');
    const notices = world.notifier.sent.filter(({ kind }) => kind === 'OVERDUE');
    expect(notices.map(({ text }) => text).join()).toContain(`rundrop cancel ${identity}`);
  });

  it('stays as it is: it is on record and in `rundrop waiting`, and nothing cancels it', async () => {
    await startedRun();
    expect((await waitingRows(world.ledger, 10)).rows).toEqual([]);
    await passesAfter(25 * HOUR_MS);
    expect(await request()).toMatchObject({
      state: 'STARTED',
      reason: expect.stringContaining('has been PENDING since'),
    });
    expect((await waitingRows(world.ledger, 10)).rows).toMatchObject([
      { waitingFor: expect.stringContaining('longer than the 24 h') },
    ]);
    expect(world.runs.calls.filter((call) => call.startsWith('CancelRun'))).toEqual([]);
  });

  it('is forgotten when it goes on, and told of anew in the next status', async () => {
    const runId = await startedRun();
    await passesAfter(25 * HOUR_MS);
    world.runs.move(runId, 'RUNNING');
    await passesAfter(60_000);
    expect((await request()).reason).toBeUndefined();
    expect((await waitingRows(world.ledger, 10)).rows).toEqual([]);
    await passesAfter(73 * HOUR_MS, 2);
    expect(told().map(({ status }) => status)).toEqual(['PENDING', 'RUNNING']);
    expect(new Set(told().map(({ eventId }) => eventId)).size).toBe(2);
  });

  it('is held against what its route says', async () => {
    await startedRun('slow/SYN-1.cram');
    await passesAfter(50 * HOUR_MS);
    expect(told()).toEqual([]);
    await passesAfter(23 * HOUR_MS);
    expect(told()).toMatchObject([{ status: 'PENDING', limitSeconds: 72 * 3600 }]);
  });

  it('is told to people at once and to programs by the next pass when the bus did not take it', async () => {
    await startedRun();
    world.announcer.refuse = 1;
    await passesAfter(25 * HOUR_MS);
    expect(told()).toEqual([]);
    expect(noticesOf('OVERDUE')).toHaveLength(1);
    expect((await request()).reason).toContain('PENDING');
    await passesAfter(60_000, 5);
    expect(told()).toHaveLength(1);
    expect(noticesOf('OVERDUE')).toEqual(told().map(({ eventId }) => eventId));
  });

  it('is told to people by a later pass, once, when the topic did not take it, and to programs at once', async () => {
    await startedRun();
    world.notifier.refuse = 3;
    await passesAfter(25 * HOUR_MS);
    expect(told()).toHaveLength(1);
    await passesAfter(60_000, 5);
    expect(told()).toHaveLength(1);
    expect(noticesOf('OVERDUE')).toEqual(told().map(({ eventId }) => eventId));
  });
});

describe('what waits', () => {
  it('is said to be cut short, also when one of what the index nominated does not wait any more', async () => {
    for (const sample of ['SYN-1', 'SYN-2', 'SYN-3']) await takeDrop(world, put(world, `cram/${sample}.cram`));
    expect(await waitingRows(world.ledger, 3)).toMatchObject({ isCut: true, rows: { length: 3 } });
    expect(await waitingRows(world.ledger, 4)).toMatchObject({ isCut: false, rows: { length: 3 } });
    const [nominated = ''] = await world.ledger.requests.open('CLAIMED', 3);
    const record = await world.ledger.requests.read(nominated);
    const requests = {
      ...world.ledger.requests,
      read: async (identity: string) =>
        identity === nominated && record !== undefined
          ? { ...record, state: 'ENDED' as const }
          : world.ledger.requests.read(identity),
    };
    const short = await waitingRows({ requests, gathers: world.ledger.gathers }, 3);
    expect(short.isCut).toBe(true);
    expect(short.rows.map(({ id }) => id)).not.toContain(nominated);
    expect(short.rows.length).toBe(2);
  });
});
