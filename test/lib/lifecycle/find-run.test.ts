/** What a person cancelled is not started, whatever is known of the StartRun that had been called. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { cancelRequest } from '../../../lib/lifecycle/cancel-request.ts';
import { adopt, leaveToPerson } from '../../../lib/lifecycle/find-run.ts';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { decideUncertain } from '../../../lib/lifecycle/replay-request.ts';
import { callStart, prepareStart } from '../../../lib/lifecycle/start-one.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { type Act, currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import { startCalled } from '../../../lib/runs/transitions.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const MINUTE_MS = 60_000;
const FAR = Number.MAX_SAFE_INTEGER;
const now = () => new Date(world.clock.now).toISOString();
const act = (what: Act['what']): Act => ({ what, at: now(), by: 'arn:aws:iam::000000000000:user/ada' });
const called = (operation: string) => world.runs.calls.filter((call) => call.startsWith(operation));

async function read({ identity }: Pick<RequestRecord, 'identity'>): Promise<RequestRecord> {
  const record = await world.ledger.requests.read(identity);
  if (record === undefined) throw new Error('no request');
  return record;
}

async function waiting(): Promise<RequestRecord> {
  await takeDrop(world, put(world, 'cram/SYN-1.cram'));
  const [record] = await world.ledger.requests.list(1);
  const executionArn = record?.executions[0] ?? '';
  const input = { request: record?.identity };
  await awaitStart(world, { token: 't', executionArn, executionName: 'w1', input });
  return read(record ?? { identity: '' });
}

/** StartRun was called, and nobody has its answer. */
async function unanswered(): Promise<RequestRecord> {
  const { identity } = await waiting();
  return world.ledger.requests.change(identity, (record) => startCalled(record, 1, now()));
}

async function cancelled(): Promise<RequestRecord> {
  const record = await unanswered();
  expect((await cancelRequest(world, record, act('cancel'))).kind).toBe('asked');
  return record;
}

describe('a request that was cancelled before its StartRun was answered', () => {
  it('has its run found and cancelled, and StartRun is not called again', async () => {
    const record = await cancelled();
    const { name, requestId } = currentAttempt(record);
    world.runs.add({ name, tags: {} });
    const { runId, uuid } = world.runs.add({ name, tags: { 'rundrop:requestId': requestId } });
    expect(await startWaiting(world, FAR)).toMatchObject({ started: 0, stopped: 'nothing-waits' });
    expect(currentAttempt(await read(record))).toMatchObject({ runId, uuid });
    expect(world.executions.answers.get('t')).toMatchObject({ output: { runId } });
    await reconcile(world);
    expect(called('CancelRun')).toEqual([`CancelRun ${runId}`]);
    expect(called('StartRun')).toEqual([]);
  });

  it('is looked for until a quarter of an hour after the wish, says so, and is then left to a person', async () => {
    const record = await cancelled();
    await startWaiting(world, FAR);
    expect(await read(record)).toMatchObject({
      state: 'WAITING',
      reason: expect.stringMatching('cancelled by hand; StartRun had been called at .* nothing is started'),
    });
    world.clock.now += 15 * MINUTE_MS - 1;
    await startWaiting(world, FAR);
    expect((await read(record)).state).toBe('WAITING');
    world.clock.now += 1;
    await startWaiting(world, FAR);
    const unsure = await read(record);
    expect(unsure).toMatchObject({ state: 'UNCERTAIN', reason: expect.stringContaining('cancelled by hand at') });
    expect(world.announcer.sent).toMatchObject([{ detailType: 'Request Uncertain' }]);
    expect(world.figures).toContainEqual({ kind: 'uncertain' });
    expect(world.runs.all).toEqual([]);
    const after = await decideUncertain(world, unsure, { kind: 'give-up' }, act('give-up'));
    expect(after).toMatchObject({ state: 'ENDED', outcome: 'REMOVED' });
  });

  it('is started after all when a person decides so, and its run is not cancelled', async () => {
    const record = await cancelled();
    world.clock.now += 15 * MINUTE_MS;
    await startWaiting(world, FAR);
    await decideUncertain(world, await read(record), { kind: 'start-again' }, act('start-again'));
    expect(await startWaiting(world, FAR)).toMatchObject({ started: 1 });
    await reconcile(world);
    expect(await read(record)).toMatchObject({ state: 'STARTED', attempts: [{}, { runId: expect.any(String) }] });
    expect(called('CancelRun')).toEqual([]);
  });

  it('is settled for the starter', async () => {
    const record = await cancelled();
    expect(await prepareStart(world, record.identity, new Set())).toEqual({ kind: 'settled' });
  });

  it('is not called again by a starter that had read it before the wish', async () => {
    const record = await unanswered();
    expect(await prepareStart(world, record.identity, new Set())).toMatchObject({ kind: 'ready' });
    await cancelRequest(world, record, act('cancel'));
    expect(await callStart(world, record, new Set())).toEqual({ kind: 'settled' });
    expect(world.runs.calls).toEqual([]);
  });
});

describe('a run that was found', () => {
  const run = { runId: '1000001', uuid: 'uuid-1' };

  it('is told of in the log and counted, with how long its request had waited', async () => {
    const record = await unanswered();
    world.clock.now += 5_000;
    await adopt(world, record, run);
    const line = world.lines.find((one) => one.startsWith('run started')) ?? '';
    for (const id of [record.identity, currentAttempt(record).requestId, run.runId, run.uuid])
      expect(line).toContain(id);
    expect(world.figures).toContainEqual({ kind: 'started', waitedSeconds: 5 });
  });

  it('is not counted where clocks disagree on how long', async () => {
    const record = await unanswered();
    world.clock.now -= 5_000;
    await adopt(world, record, run);
    expect(world.figures.filter(({ kind }) => kind === 'started')).toEqual([]);
  });
});

describe('a start that nobody can be certain of', () => {
  const uncertainties = () => world.figures.filter(({ kind }) => kind === 'uncertain').length;

  it('is counted once, by whoever found it so first', async () => {
    const record = await unanswered();
    await leaveToPerson(world, record, 'It is too old.');
    world.clock.now += 1_000;
    await leaveToPerson(world, record, 'It is too old.');
    expect(uncertainties()).toBe(1);
  });

  it('is not counted when its run was found meanwhile', async () => {
    const record = await unanswered();
    await adopt(world, record, { runId: '1', uuid: 'uuid-1' });
    await leaveToPerson(world, record, 'It is too old.');
    expect(uncertainties()).toBe(0);
    expect(await read(record)).toMatchObject({ state: 'STARTED' });
  });
});
