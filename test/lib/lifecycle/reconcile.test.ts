import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { followHint } from '../../../lib/lifecycle/follow-run.ts';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { currentAttempt } from '../../../lib/runs/request-record.ts';
import { statusKnown } from '../../../lib/runs/transitions.ts';
import { newestRequest, watchedRun } from '../../support/watched-run.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const MINUTES = 60_000;
const HOUR_MS = 60 * MINUTES;

const request = () => newestRequest(world);

describe('reconciliation', () => {
  it('makes no HealthOmics call while nothing of ours is unfinished', async () => {
    expect(await reconcile(world)).toEqual({ unfinished: 0, repaired: 0 });
    expect(world.runs.calls).toEqual([]);
  });

  it('lists the statuses in the order in which a run moves', async () => {
    await watchedRun(world);
    world.runs.calls.length = 0;
    await reconcile(world);
    expect(world.runs.calls).toEqual([
      'ListRuns PENDING',
      'ListRuns STARTING',
      'ListRuns RUNNING',
      'ListRuns STOPPING',
    ]);
  });

  it('does not list while events tell of every run, and looks after its watcher all the same', async () => {
    const { record, runId, executionArn } = await watchedRun(world);
    const { uuid = '' } = currentAttempt(record);
    world.runs.move(runId, 'RUNNING');
    await followHint(world, { runId, uuid, status: 'RUNNING' });
    world.clock.now = Math.ceil(world.clock.now / HOUR_MS) * HOUR_MS + 3 * MINUTES;
    world.executions.statuses.delete(executionArn);
    world.runs.calls.length = 0;
    expect(await reconcile(world)).toEqual({ unfinished: 1, repaired: 1 });
    expect(world.runs.calls).toEqual([]);
    expect((await request()).executions).toHaveLength(2);
  });

  it('finds an end whose event was lost alone, and lists every minute from then on', async () => {
    const { record, runId } = await watchedRun(world);
    const { uuid = '' } = currentAttempt(record);
    await followHint(world, { runId, uuid, status: 'STARTING' });
    world.runs.move(runId, 'RUNNING');
    world.clock.now = Math.ceil(world.clock.now / HOUR_MS) * HOUR_MS;
    await reconcile(world);
    expect(currentAttempt(await request())).toMatchObject({ status: 'RUNNING', missedAt: expect.any(String) });
    world.clock.now += MINUTES;
    world.runs.move(runId, 'COMPLETED');
    await reconcile(world);
    expect(world.executions.answers.get('watch')).toMatchObject({ output: { status: 'COMPLETED' } });
  });

  it('takes a run with the id and the name of ours, and another creation time, for another one', async () => {
    const { record, runId } = await watchedRun(world);
    const { name = '' } = world.runs.all[0] ?? {};
    const creationTime = '2026-01-02T03:04:05.000Z';
    const news = { status: 'PENDING' as const, creationTime };
    await world.ledger.requests.change(record.identity, (one) => statusKnown(one, 1, news, creationTime));
    const listRuns = async (status: string) =>
      status === 'STOPPING' ? [{ runId, name, status, creationTime: '2026-01-02T05:00:00.000Z' }] : [];
    world.runs.remove(runId);
    world.clock.now += 60_000;
    await reconcile({ ...world, runs: Object.assign(Object.create(world.runs), { listRuns }) });
    expect(currentAttempt(await request())).toMatchObject({ status: 'PENDING' });
    expect(await request()).toMatchObject({ outcome: 'REMOVED' });
  });

  it('believes no listing of a run whose creation time it does not know yet', async () => {
    const { runId } = await watchedRun(world);
    const { name = '' } = world.runs.all[0] ?? {};
    const listRuns = async (status: string) =>
      status === 'RUNNING' ? [{ runId, name, status, creationTime: '2026-01-02T05:00:00.000Z' }] : [];
    world.runs.remove(runId);
    world.clock.now += 60_000;
    await reconcile({ ...world, runs: Object.assign(Object.create(world.runs), { listRuns }) });
    expect(currentAttempt(await request())).not.toHaveProperty('statuses.RUNNING');
    expect(await request()).toMatchObject({ outcome: 'REMOVED' });
  });

  it('lists only what runs while events tell that all of ours run, and finds the end that one did not', async () => {
    const { record, runId } = await watchedRun(world);
    const { uuid = '' } = currentAttempt(record);
    world.runs.move(runId, 'RUNNING');
    await followHint(world, { runId, uuid, status: 'RUNNING' });
    world.clock.now = Math.ceil(world.clock.now / HOUR_MS) * HOUR_MS + 5 * MINUTES;
    world.runs.calls.length = 0;
    await reconcile(world);
    expect(world.runs.calls).toEqual(['ListRuns RUNNING']);
    world.runs.move(runId, 'COMPLETED');
    world.clock.now += 5 * MINUTES;
    await reconcile(world);
    expect(world.executions.answers.get('watch')).toMatchObject({ output: { status: 'COMPLETED' } });
  });

  it('tells of no run as overdue in a status that it did not ask for', async () => {
    const { record, runId } = await watchedRun(world);
    const { uuid = '' } = currentAttempt(record);
    world.runs.move(runId, 'RUNNING');
    await followHint(world, { runId, uuid, status: 'RUNNING' });
    world.clock.now = Math.ceil(world.clock.now / HOUR_MS) * HOUR_MS + 100 * 24 * HOUR_MS + MINUTES;
    await reconcile(world);
    expect(currentAttempt(await request())).not.toHaveProperty('overdue');
    world.clock.now += 4 * MINUTES;
    await reconcile(world);
    expect(currentAttempt(await request())).toMatchObject({ overdue: { status: 'RUNNING' } });
  });

  it('wakes the watcher of a run whose every event was lost', async () => {
    const { runId } = await watchedRun(world);
    world.runs.move(runId, 'COMPLETED');
    await reconcile(world);
    expect(world.executions.answers.get('watch')).toMatchObject({ output: { status: 'COMPLETED' } });
  });

  it('writes statuses on the way that no event told', async () => {
    const { runId } = await watchedRun(world);
    world.runs.move(runId, 'RUNNING');
    await reconcile(world);
    expect(currentAttempt(await request()).status).toBe('RUNNING');
  });

  it('notices a run that was removed by retention, but takes none for gone that is too young to show', async () => {
    const { runId } = await watchedRun(world);
    world.runs.remove(runId);
    await reconcile(world);
    expect(await request()).toMatchObject({ state: 'STARTED' });
    world.clock.now += 60_000;
    await reconcile(world);
    expect(await request()).toMatchObject({ state: 'ENDED', outcome: 'REMOVED' });
  });

  it('restarts a watcher that is gone, under the next name', async () => {
    const { executionArn } = await watchedRun(world);
    world.executions.statuses.delete(executionArn);
    world.clock.now += 2 * MINUTES;
    await reconcile(world);
    expect([...world.executions.statuses.keys()]).toEqual([expect.stringMatching(/-w2$/)]);
  });

  it('leaves a watcher that was stopped by hand stopped, and records the outcome itself', async () => {
    const { executionArn, runId } = await watchedRun(world);
    world.executions.statuses.set(executionArn, 'ABORTED');
    world.executions.spent.add('watch');
    world.clock.now += 2 * MINUTES;
    await reconcile(world);
    expect(world.executions.statuses.size).toBe(1);
    world.runs.move(runId, 'COMPLETED');
    await reconcile(world);
    expect(await request()).toMatchObject({ outcome: 'COMPLETED', announcedAt: expect.any(String) });
    expect(world.executions.statuses.size).toBe(1);
  });

  it('gives a claim that never got an execution one', async () => {
    const dying = { start: () => Promise.reject(new Error('died')) };
    const drop = put(world, 'cram/SYN-1.cram');
    await expect(takeDrop({ ...world, executions: dying as never }, drop)).rejects.toThrow('died');
    world.clock.now += 2 * MINUTES;
    await reconcile(world);
    expect([...world.executions.statuses.keys()]).toEqual([expect.stringMatching(/-w1$/)]);
  });

  it('nudges the starter while something waits', async () => {
    await takeDrop(world, put(world, 'cram/SYN-1.cram'));
    const { identity } = await request();
    const executionArn = [...world.executions.statuses.keys()][0] ?? '';
    await awaitStart(world, { token: 't', executionArn, executionName: 'w1', input: { request: identity } });
    world.nudges.length = 0;
    await reconcile(world);
    expect(world.nudges).toHaveLength(1);
  });

  it('sends an announcement that the bus did not take', async () => {
    const { runId, executionArn } = await watchedRun(world);
    world.executions.statuses.set(executionArn, 'ABORTED');
    world.executions.spent.add('watch');
    world.runs.move(runId, 'COMPLETED');
    world.announcer.refuse = 1;
    await reconcile(world);
    expect((await request()).announcedAt).toBeUndefined();
    world.clock.now += 2 * MINUTES;
    await reconcile(world);
    expect(world.announcer.sent).toHaveLength(1);
    expect((await request()).announcedAt).toBeDefined();
  });

  it('claims a set that fired just before the invocation died', async () => {
    await takeDrop(world, put(world, 'fastq/SYN-1_R1.fastq.gz'));
    const requests = { ...world.ledger.requests, claim: () => Promise.reject(new Error('died')) };
    const dying = { ...world, ledger: { ...world.ledger, requests } };
    await expect(takeDrop(dying, put(world, 'fastq/SYN-1_R2.fastq.gz'))).rejects.toThrow('died');
    expect(await world.ledger.requests.list(1)).toEqual([]);
    await reconcile(world);
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
    expect(await world.ledger.gathers.open('FIRED', 10)).toEqual([]);
  });

  it('goes on past a request that cannot be repaired', async () => {
    const { runId } = await watchedRun(world);
    world.runs.move(runId, 'COMPLETED');
    world.clock.now += 1000;
    await takeDrop(world, put(world, 'cram/SYN-2.cram'));
    world.clock.now += 2 * MINUTES;
    const lost = [...world.executions.statuses.keys()].at(-1) ?? '';
    world.executions.statuses.delete(lost);
    world.executions.start = () => Promise.reject(new Error('Step Functions is ill'));
    await reconcile(world);
    expect(world.lines.filter((line) => line.startsWith('repair failed'))).toHaveLength(1);
    expect(world.executions.answers.get('watch')).toMatchObject({ output: { status: 'COMPLETED' } });
  });
});
