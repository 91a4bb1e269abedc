/** One identity, one run: what comes late, twice, or after others have forgotten. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { executionName } from '../../../lib/lifecycle/claim-request.ts';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { parseTick, takeTick } from '../../../lib/lifecycle/take-schedule.ts';
import type { Drop } from '../../../lib/routing/drop.ts';
import { currentAttempt } from '../../../lib/runs/request-record.ts';
import { newestRequest } from '../../support/watched-run.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const FAR = Number.MAX_SAFE_INTEGER;
const DAY_MS = 24 * 3_600_000;

const latest = () => newestRequest(world);

/** What Step Functions does of the request's newest execution. */
async function live(): Promise<void> {
  const executionArn = [...world.executions.statuses.keys()].at(-1) ?? '';
  const name = executionArn.replace('arn:execution:', '');
  const { identity } = await latest();
  await awaitStart(world, { token: name, executionArn, executionName: name, input: { request: identity } });
  await startWaiting(world, FAR);
}

async function complete(): Promise<void> {
  const { identity, ...record } = await latest();
  const { runId = '', attempt } = currentAttempt({ identity, ...record });
  world.runs.move(runId, 'COMPLETED');
  await recordOutcome(world, { request: identity, attempt });
}

describe('an event that comes again after fourteen days', () => {
  const late = async (drops: readonly Drop[]) => {
    world.clock.now += 14 * DAY_MS;
    for (const drop of drops) expect(await takeDrop(world, drop)).toBe('known');
    await reconcile(world);
    await startWaiting(world, FAR);
    expect(world.runs.all).toHaveLength(1);
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
  };

  it('of one object starts nothing', async () => {
    const drop = put(world, 'cram/SYN-1.cram');
    await takeDrop(world, drop);
    await live();
    await complete();
    await late([drop]);
  });

  it('of each member of a set starts nothing, in any order', async () => {
    const drops = ['fastq/SYN-1_R1.fastq.gz', 'fastq/SYN-1_R2.fastq.gz'].map((key) => put(world, key));
    for (const drop of drops) await takeDrop(world, drop);
    await live();
    await complete();
    await late(drops.toReversed());
  });

  it('of a request that still waits for room does not make another', async () => {
    const drop = put(world, 'cram/SYN-1.cram');
    world.runs.answers.push({ kind: 'quota', reason: 'A quota is full.' });
    await takeDrop(world, drop);
    await live();
    await late([drop]);
  });

  it('of a schedule’s tick starts nothing', async () => {
    const tick = parseTick({ schedule: 'nightly', scheduleArn: 'arn:nightly', scheduledTime: '2026-01-02T01:00:00Z' });
    await takeTick(world, tick);
    await live();
    await complete();
    world.clock.now += 14 * DAY_MS;
    await takeTick(world, tick);
    await reconcile(world);
    await startWaiting(world, FAR);
    expect(world.runs.all).toHaveLength(1);
    expect(world.executions.statuses.size).toBe(1);
  });
});

describe('an execution name that is taken', () => {
  it('by a closed execution leaves the request to another one, under the next name', async () => {
    const drop = put(world, 'cram/SYN-1.cram');
    const start = world.executions.start.bind(world.executions);
    // Of this very name one has run before, and is closed.
    world.executions.start = async (name, input) => {
      const arn = await start(name, input);
      if (name.endsWith('-w1')) world.executions.statuses.set(arn, 'FAILED');
      return arn;
    };
    await takeDrop(world, drop);
    for (let minute = 0; minute < 3; minute += 1) {
      world.clock.now += 120_000;
      await reconcile(world);
    }
    const { identity, watchers } = await latest();
    expect(watchers).toBe(2);
    expect([...world.executions.statuses.keys()].at(-1)).toBe(`arn:execution:${executionName('single', identity, 2)}`);
    await live();
    expect(world.runs.all).toHaveLength(1);
  });
});

describe('a StartRun whose first answer nobody has', () => {
  const callAndDie = async () => {
    await takeDrop(world, put(world, 'cram/SYN-1.cram'));
    world.runs.loseAnswers = 4;
    await live();
    expect(world.runs.all).toHaveLength(1);
    expect(await latest()).toMatchObject({ state: 'WAITING', attempts: [{ startCalledAt: expect.any(String) }] });
  };

  it('is repeated under the same requestId while HealthOmics is trusted to remember it', async () => {
    await callAndDie();
    world.clock.now += 59 * 60_000;
    await startWaiting(world, FAR);
    expect(await latest()).toMatchObject({ state: 'STARTED', attempts: [{ uuid: 'uuid-1' }] });
    expect(new Set(world.runs.calls.filter((call) => call.startsWith('StartRun'))).size).toBe(1);
  });

  it('is never repeated after that, though nothing else remembers it either: the run is found by name and tag', async () => {
    await callAndDie();
    world.runs.remembers = false;
    const calls = world.runs.calls.filter((call) => call.startsWith('StartRun')).length;
    world.clock.now += 14 * DAY_MS;
    await startWaiting(world, FAR);
    expect(world.runs.calls.filter((call) => call.startsWith('StartRun'))).toHaveLength(calls);
    expect(await latest()).toMatchObject({ state: 'STARTED', attempts: [{ uuid: 'uuid-1' }] });
  });

  it('is a person’s to decide when the run is gone by then', async () => {
    await callAndDie();
    world.runs.remembers = false;
    world.runs.remove(world.runs.all[0]?.runId ?? '');
    world.clock.now += 14 * DAY_MS;
    await startWaiting(world, FAR);
    expect(await latest()).toMatchObject({ state: 'UNCERTAIN', reason: expect.stringContaining('person') });
    await startWaiting(world, FAR);
    expect(world.runs.all).toEqual([]);
  });

  it('is not another request’s run that has the same name', async () => {
    await callAndDie();
    const [run] = world.runs.all;
    world.runs.remembers = false;
    world.runs.remove(run?.runId ?? '');
    world.runs.add({ name: run?.name ?? '', tags: { 'rundrop:requestId': 'another' } });
    world.clock.now += 14 * DAY_MS;
    await startWaiting(world, FAR);
    expect((await latest()).state).toBe('UNCERTAIN');
  });
});

describe('reconciliation', () => {
  it('asks nothing about runs that are not ours, however many there are', async () => {
    await takeDrop(world, put(world, 'cram/SYN-1.cram'));
    await live();
    for (let number = 0; number < 50; number += 1) world.runs.add({ name: `foreign-${number}`, tags: {} });
    world.runs.calls.length = 0;
    for (let minute = 0; minute < 5; minute += 1) {
      world.clock.now += 60_000;
      await reconcile(world);
    }
    expect(world.runs.calls.filter((call) => call.startsWith('GetRun'))).toEqual([]);
  });
});
