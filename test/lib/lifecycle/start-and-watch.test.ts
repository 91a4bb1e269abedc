import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { followHint } from '../../../lib/lifecycle/follow-run.ts';
import { RunNotEnded, recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { watchRun } from '../../../lib/lifecycle/watch-run.ts';
import { currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import { taken } from '../../../lib/runs/start-gate.ts';
import { createWorld, put, tokenOf, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const FAR = Number.MAX_SAFE_INTEGER;

async function claimed(key = 'cram/SYN-1.cram'): Promise<RequestRecord> {
  world.clock.now += 1000;
  await takeDrop(world, put(world, key));
  const [record] = await world.ledger.requests.list(1);
  if (record === undefined) throw new Error('nothing was claimed');
  return record;
}

async function inLine(record: RequestRecord, executionName = 'w1', input: unknown = { request: record.identity }) {
  const executionArn = `arn:execution:${executionName}`;
  await awaitStart(world, { token: tokenOf(executionName), executionArn, executionName, input });
}

const latest = async ({ identity }: RequestRecord) => {
  const record = await world.ledger.requests.read(identity);
  if (record === undefined) throw new Error('gone');
  return record;
};

async function startedRun(): Promise<RequestRecord> {
  const record = await claimed();
  await inLine(record);
  await startWaiting(world, FAR);
  return latest(record);
}

describe('the line for the starter', () => {
  it('answers the token when HealthOmics has the run', async () => {
    const record = await startedRun();
    const { runId, uuid, requestId } = currentAttempt(record);
    expect(record.state).toBe('STARTED');
    expect(world.executions.answers.get('w1:1')).toEqual({
      output: { request: record.identity, attempt: 1, requestId, runId, uuid, status: 'PENDING' },
    });
    expect(await world.ledger.tokens.list(record.identity, 'start')).toEqual([]);
  });

  it('starts by priority, then age, at the rate of the account', async () => {
    for (const key of ['cram/a.cram', 'cram/b.cram', 'cram/c.cram']) await inLine(await claimed(key), key);
    const before = world.clock.now;
    expect(await startWaiting(world, FAR)).toEqual({ started: 3, stopped: 'nothing-waits' });
    expect(world.clock.now - before).toBe(400);
  });

  it('keeps the pace from one invocation to the next, and none sleeps at its end', async () => {
    const calledMs: number[] = [];
    const start = world.runs.startRun.bind(world.runs);
    world.runs.startRun = async (input) => {
      calledMs.push(world.clock.now);
      return start(input);
    };
    const records: RequestRecord[] = [];
    for (const name of ['a', 'b', 'c', 'd']) records.push(await claimed(`cram/${name}.cram`));
    for (const [index, idleMs] of [0, 0, 150, 5_000].entries()) {
      world.clock.now += idleMs;
      await inLine(records[index] ?? (await claimed()), `w${index}`);
      await startWaiting(world, FAR);
    }
    const [a = 0, b = 0, c = 0, d = 0] = calledMs;
    expect([b - a, c - b, d - c]).toEqual([200, 200, 5_000]);
    expect(world.clock.now).toBe(d);
  });

  it('writes nothing down when nothing waits', async () => {
    await inLine(await claimed());
    await startWaiting(world, FAR);
    const { revision } = await world.ledger.gate.read();
    expect(await startWaiting(world, FAR)).toEqual({ started: 0, stopped: 'nothing-waits' });
    expect((await world.ledger.gate.read()).revision).toBe(revision);
  });

  it('lets the time of the last call pass where the ledger cannot take it', async () => {
    await inLine(await claimed());
    const gate = { ...world.ledger.gate, change: () => Promise.reject(new Error('conflict')) };
    const before = world.clock.now;
    const ports = { ...world, ledger: { ...world.ledger, gate } };
    expect(await startWaiting(ports, FAR)).toEqual({ started: 1, stopped: 'nothing-waits' });
    expect(world.clock.now - before).toBe(200);
  });

  it('waits for one pause at most, whatever another clock left behind', async () => {
    await world.ledger.gate.change((gate) => taken(gate, world.clock.now + 3_600_000));
    await inLine(await claimed());
    const before = world.clock.now;
    expect(await startWaiting(world, FAR)).toEqual({ started: 1, stopped: 'nothing-waits' });
    expect(world.clock.now - before).toBe(200);
  });

  it('hands over when its time is up', async () => {
    for (const key of ['cram/a.cram', 'cram/b.cram']) await inLine(await claimed(key), key);
    const result = await startWaiting(world, world.clock.now + 100);
    expect(result).toEqual({ started: 1, stopped: 'out-of-time' });
    expect(world.nudges.at(-1)).toMatch(/^continue-/);
  });

  it('starts no more runs of a route on one day than its limit, and the rest on the next', async () => {
    const records: RequestRecord[] = [];
    for (const name of ['a', 'b', 'c']) {
      records.push(await claimed(`limited/${name}`));
      await inLine(records.at(-1) ?? (await claimed()), `w-${name}`);
    }
    const other = await claimed('cram/other.cram');
    await inLine(other, 'w-other');
    expect(await startWaiting(world, FAR)).toEqual({ started: 3, stopped: 'nothing-waits' });
    const held = await latest(records[2] ?? other);
    expect(held).toMatchObject({
      state: 'WAITING',
      reason: expect.stringContaining('Route limited has started its 2 runs'),
    });
    world.clock.now += 24 * 3600_000;
    expect(await startWaiting(world, FAR)).toEqual({ started: 1, stopped: 'nothing-waits' });
  });

  it('slows down when throttled, and gives up for a while after four', async () => {
    await inLine(await claimed());
    for (let n = 0; n < 9; n += 1) world.runs.answers.push({ kind: 'later', reason: 'ThrottlingException' });
    expect(await startWaiting(world, FAR)).toEqual({ started: 0, stopped: 'throttled' });
    expect(world.clock.slept.length).toBeGreaterThan(0);
    expect(world.runs.calls.filter((call) => call.startsWith('StartRun'))).toHaveLength(4);
  });

  it('looks at the objects again after a call that was throttled, for nothing came of it', async () => {
    const record = await claimed('cram/a.cram');
    await inLine(record);
    for (let n = 0; n < 4; n += 1)
      world.runs.answers.push({ kind: 'later', reason: 'ThrottlingException', isThrottled: true });
    await startWaiting(world, FAR);
    expect((await latest(record)).attempts[0]?.startCalledAt).toBeUndefined();
    put(world, 'cram/a.cram');
    world.clock.now += 10 * 60_000;
    await startWaiting(world, FAR);
    expect((await latest(record)).outcome).toBe('SUPERSEDED');
    expect(world.runs.all).toEqual([]);
  });

  it('does not take a call that was throttled after one without an answer for the whole truth', async () => {
    const record = await claimed();
    await inLine(record);
    world.runs.answers.push({ kind: 'later', reason: 'the answer was lost' });
    for (let n = 0; n < 3; n += 1)
      world.runs.answers.push({ kind: 'later', reason: 'ThrottlingException', isThrottled: true });
    await startWaiting(world, FAR);
    expect((await latest(record)).attempts[0]?.startCalledAt).toEqual(expect.any(String));
  });

  it('records and announces a refusal, and fails the execution with words that name nothing', async () => {
    const record = await claimed();
    await inLine(record);
    const reason = 'StartRun was refused: no such workflow for SYN-1.';
    world.runs.answers.push({ kind: 'refused', reason, code: 'ResourceNotFoundException' });
    await startWaiting(world, FAR);
    expect(await latest(record)).toMatchObject({ state: 'ENDED', outcome: 'REFUSED', announcedAt: expect.any(String) });
    expect(world.executions.answers.get('w1:1')).toEqual({
      error: 'StartRefused',
      cause: `It was not started: HealthOmics refused StartRun with ResourceNotFoundException. "rundrop show ${record.identity}" tells the rest.`,
    });
    expect(world.announcer.sent).toHaveLength(1);
  });

  it('does not start what was overwritten or deleted meanwhile', async () => {
    const overwritten = await claimed('cram/a.cram');
    const deleted = await claimed('cram/b.cram');
    await inLine(overwritten, 'wa');
    await inLine(deleted, 'wb');
    put(world, 'cram/a.cram');
    world.store.delete('drops/cram/b.cram');
    await startWaiting(world, FAR);
    expect((await latest(overwritten)).outcome).toBe('SUPERSEDED');
    expect((await latest(deleted)).outcome).toBe('SUPERSEDED');
    expect(world.runs.all).toEqual([]);
  });

  it('refuses for nothing what would have to fail', async () => {
    world.runs.templates.set('3333333', { input: {}, reference: {} });
    const record = await claimed();
    await inLine(record);
    await startWaiting(world, FAR);
    expect(await latest(record)).toMatchObject({ outcome: 'REFUSED', reason: expect.stringContaining('reference') });
    expect(world.runs.calls).toEqual([]);
  });

  it('goes on past a request that throws', async () => {
    const [first, second] = [await claimed('cram/a.cram'), await claimed('cram/b.cram')];
    await inLine(first, 'wa');
    await inLine(second, 'wb');
    const head = async (object: { bucket: string; key: string }) => {
      if (object.key === 'cram/a.cram') throw new Error('S3 is ill');
      return world.store.get(`drops/${object.key}`);
    };
    const result = await startWaiting({ ...world, objects: { ...world.objects, head } }, FAR);
    expect(result).toEqual({ started: 1, stopped: 'nothing-waits' });
    expect((await latest(first)).state).toBe('WAITING');
  });

  it('tells a later execution at once what was decided', async () => {
    const record = await startedRun();
    await inLine(record, 'w2');
    expect(world.executions.answers.get('w2:1')).toMatchObject({ output: { request: record.identity, attempt: 1 } });
  });
});

describe('a StartRun whose answer is lost', () => {
  it('is asked again with the same requestId, and the run is adopted', async () => {
    const record = await claimed();
    await inLine(record);
    world.runs.loseAnswers = 1;
    await startWaiting(world, FAR);
    expect(world.runs.all).toHaveLength(1);
    expect(currentAttempt(await latest(record)).uuid).toBe('uuid-1');
  });

  it('is adopted even when the input was overwritten since', async () => {
    const record = await claimed();
    await inLine(record);
    world.runs.loseAnswers = 4;
    await startWaiting(world, FAR);
    put(world, 'cram/SYN-1.cram');
    await startWaiting(world, FAR);
    expect(await latest(record)).toMatchObject({ state: 'STARTED' });
  });

  it('is looked for by name and tag once HealthOmics may have forgotten the requestId', async () => {
    const record = await claimed();
    await inLine(record);
    world.runs.loseAnswers = 4;
    await startWaiting(world, FAR);
    world.runs.remembers = false;
    world.clock.now += 2 * 3600_000;
    await startWaiting(world, FAR);
    expect(world.runs.all).toHaveLength(1);
    expect(currentAttempt(await latest(record)).uuid).toBe('uuid-1');
  });

  it('is not uncertain after a quota that was full for days: each answer was a definite no', async () => {
    const record = await claimed();
    await inLine(record);
    for (let day = 0; day < 3; day += 1) {
      world.runs.answers.push({ kind: 'quota', reason: 'A quota is full.' });
      await startWaiting(world, FAR);
      world.clock.now += 24 * 3600_000;
    }
    await startWaiting(world, FAR);
    expect((await latest(record)).state).toBe('STARTED');
    expect(world.runs.all).toHaveLength(1);
  });

  it('is UNCERTAIN, never repeated, when no such run is found', async () => {
    const record = await claimed();
    await inLine(record);
    for (let n = 0; n < 4; n += 1) world.runs.answers.push({ kind: 'later', reason: 'timeout' });
    await startWaiting(world, FAR);
    world.clock.now += 2 * 3600_000;
    await startWaiting(world, FAR);
    expect(await latest(record)).toMatchObject({ state: 'UNCERTAIN', reason: expect.stringContaining('person') });
    expect(world.figures.filter(({ kind }) => kind === 'uncertain')).toHaveLength(1);
    expect(world.runs.all).toEqual([]);
  });
});

describe('watching a run', () => {
  const watch = (record: RequestRecord, name = 'w1') =>
    watchRun(world, { token: `${name}:watch`, executionName: name, request: record.identity, attempt: 1 });

  it('is woken by an end that GetRun confirms, not by a hint alone', async () => {
    const record = await startedRun();
    await watch(record);
    const { runId = '', uuid = '' } = currentAttempt(record);
    await followHint(world, { runId, uuid, status: 'COMPLETED' });
    expect(world.executions.answers.has('w1:watch')).toBe(false);
    world.runs.move(runId, 'COMPLETED');
    await followHint(world, { runId, uuid, status: 'COMPLETED' });
    expect(world.executions.answers.get('w1:watch')).toEqual({
      output: { request: record.identity, attempt: 1, status: 'COMPLETED' },
    });
  });

  it('notices a run that ended before the token was in place', async () => {
    const record = await startedRun();
    world.runs.move(currentAttempt(record).runId ?? '', 'CANCELLED');
    await watch(record);
    expect(world.executions.answers.get('w1:watch')).toMatchObject({ output: { status: 'CANCELLED' } });
  });

  it('wakes every execution, past tokens that are spent', async () => {
    const record = await startedRun();
    await watch(record, 'w1');
    await watch(record, 'w2');
    world.executions.spent.add('w1:watch');
    const { runId = '', uuid = '' } = currentAttempt(record);
    world.runs.move(runId, 'COMPLETED');
    await followHint(world, { runId, uuid, status: 'COMPLETED' });
    expect(world.executions.answers.has('w2:watch')).toBe(true);
    expect(await world.ledger.tokens.list(record.identity, 'watch')).toEqual([]);
  });

  it('never goes back to RUNNING after the end', async () => {
    const record = await startedRun();
    const { runId = '', uuid = '' } = currentAttempt(record);
    world.runs.move(runId, 'COMPLETED');
    await followHint(world, { runId, uuid, status: 'COMPLETED' });
    await followHint(world, { runId, uuid, status: 'RUNNING' });
    expect(currentAttempt(await latest(record)).status).toBe('COMPLETED');
  });

  it('takes a run whose id now belongs to another uuid for gone', async () => {
    const record = await startedRun();
    const run = world.runs.all[0];
    if (run !== undefined) world.runs.all[0] = { ...run, uuid: 'somebody-else' };
    await watch(record);
    expect(await latest(record)).toMatchObject({ state: 'ENDED', outcome: 'REMOVED' });
  });

  it('leaves foreign runs alone', async () => {
    expect(await followHint(world, { runId: '5', uuid: 'foreign', status: 'COMPLETED' })).toBe('foreign');
    expect(await followHint(world, { runId: '5', status: 'COMPLETED' })).toBe('foreign');
  });

  it('finds our run by its id when an older event has no uuid', async () => {
    const record = await startedRun();
    const { runId = '' } = currentAttempt(record);
    world.runs.move(runId, 'RUNNING');
    expect(await followHint(world, { runId, status: 'RUNNING' })).toBe('followed');
    expect(currentAttempt(await latest(record)).status).toBe('RUNNING');
  });
});

describe('the outcome', () => {
  async function endedRun(status: 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'DELETED', failureReason?: string) {
    const record = await startedRun();
    world.runs.move(currentAttempt(record).runId ?? '', status, failureReason);
    return record;
  }

  for (const [status, outcome, next] of [
    ['COMPLETED', 'COMPLETED', 'completed'],
    ['CANCELLED', 'CANCELLED', 'failed'],
    ['DELETED', 'REMOVED', 'failed'],
    ['FAILED', 'FAILED', 'failed'],
  ] as const) {
    it(`of ${status} is ${outcome}, recorded, announced once`, async () => {
      const record = await endedRun(status, status === 'FAILED' ? 'RUN_TASK_FAILED' : undefined);
      const answer = await recordOutcome(world, { request: record.identity, attempt: 1 });
      expect(answer).toMatchObject({ next, outcome });
      expect(await recordOutcome(world, { request: record.identity, attempt: 1 })).toEqual(answer);
      expect(world.announcer.sent).toHaveLength(1);
      expect(world.announcer.sent[0]?.detail).toMatchObject({
        outcome,
        eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
    });
  }

  it('is recorded before it is announced, and announced later when the bus was ill', async () => {
    const record = await endedRun('COMPLETED');
    world.announcer.refuse = 1;
    await expect(recordOutcome(world, { request: record.identity, attempt: 1 })).rejects.toThrow('ill');
    expect(await latest(record)).toMatchObject({ state: 'ENDED', outcome: 'COMPLETED' });
    await recordOutcome(world, { request: record.identity, attempt: 1 });
    expect(world.announcer.sent).toHaveLength(1);
  });

  it('of SERVICE_ERROR is another attempt, with another requestId', async () => {
    const record = await endedRun('FAILED', 'SERVICE_ERROR');
    const answer = await recordOutcome(world, { request: record.identity, attempt: 1 });
    expect(answer).toMatchObject({ next: 'retry', attempt: 2, retryAfterSeconds: 30 });
    await awaitStart(world, { token: 'w1:2', executionArn: 'arn:execution:w1', executionName: 'w1', input: answer });
    await startWaiting(world, FAR);
    const names = world.runs.all.map(({ tags }) => tags['rundrop:requestId']);
    expect(new Set(names).size).toBe(2);
    expect(world.executions.answers.get('w1:2')).toMatchObject({ output: { attempt: 2 } });
  });

  it('is not decided while the run goes on', async () => {
    const record = await startedRun();
    await expect(recordOutcome(world, { request: record.identity, attempt: 1 })).rejects.toThrow(RunNotEnded);
  });
});

describe('the console', () => {
  const run = {
    workflowId: '1234567',
    roleArn: 'arn:aws:iam::000000000000:role/HealthOmics',
    outputUri: 's3://results/',
  };

  it('starts a run from a StartRun request, once for each execution', async () => {
    for (const token of ['w1:1', 'w1:2']) {
      await awaitStart(world, { token, executionArn: 'arn:execution:w1', executionName: 'w1', input: { run } });
    }
    await startWaiting(world, FAR);
    expect(world.runs.all).toHaveLength(1);
    expect(world.executions.answers.get('w1:2')).toMatchObject({ output: { runId: '1000001' } });
  });

  it('says what is wrong with a StartRun request', async () => {
    const input = { run: { ...run, retentionmode: 'REMOVE' } };
    const event = { token: 't', executionArn: 'arn:execution:w1', executionName: 'w1', input };
    await awaitStart(world, event);
    expect(world.executions.answers.get('t')).toMatchObject({
      error: 'InvalidInput',
      cause: expect.stringContaining('retentionmode'),
    });
  });

  it('follows a run that somebody else started', async () => {
    const foreign = world.runs.add({ name: 'foreign', tags: {} });
    const input = { runId: foreign.runId };
    await awaitStart(world, { token: 't', executionArn: 'arn:execution:w1', executionName: 'w1', input });
    expect(world.executions.answers.get('t')).toMatchObject({ output: { runId: foreign.runId, uuid: foreign.uuid } });
    expect((await world.ledger.requests.list(1))[0]?.attempts[0]?.name).toBe('foreign');
    expect(world.runs.calls.filter((call) => call.startsWith('StartRun'))).toEqual([]);
  });

  it('says so when there is no such run', async () => {
    const event = { token: 't', executionArn: 'a', executionName: 'w1', input: { runId: '42' } };
    await awaitStart(world, event);
    expect(world.executions.answers.get('t')).toMatchObject({
      error: 'RunNotFound',
      cause: expect.stringContaining('no run 42'),
    });
  });
});
