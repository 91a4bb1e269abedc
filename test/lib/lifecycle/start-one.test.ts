/** Each step of one start by itself; start-and-watch.test.ts has them together. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { adopt, noteReason } from '../../../lib/lifecycle/find-run.ts';
import { callStart, denied, end, prepareStart } from '../../../lib/lifecycle/start-one.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { startedAgain } from '../../../lib/runs/operator-steps.ts';
import { currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import { ended, startCalled, uncertain } from '../../../lib/runs/transitions.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const LIMIT_OF_TODAY = 'started#limited#2026-01-02';

/** A request in line. */
async function waiting(key = 'cram/SYN-1.cram'): Promise<RequestRecord> {
  // The list has the newest first.
  world.clock.now += 1_000;
  await takeDrop(world, put(world, key));
  const [record] = await world.ledger.requests.list(1);
  const request = record?.identity ?? '';
  await awaitStart(world, { token: key, executionArn: `arn:execution:${key}`, executionName: key, input: { request } });
  return read(request);
}

async function read(identity: string): Promise<RequestRecord> {
  const record = await world.ledger.requests.read(identity);
  if (record === undefined) throw new Error('there is no request');
  return record;
}

/** The same, whose StartRun was called so many seconds ago and never answered. */
async function calledBefore(seconds: number): Promise<RequestRecord> {
  const { identity } = await waiting();
  const at = new Date(world.clock.now - seconds * 1000).toISOString();
  return world.ledger.requests.change(identity, (record) => startCalled(record, 1, at));
}

describe('the look before the call', () => {
  it('passes over what is not there, or does not wait', async () => {
    const { identity } = await waiting();
    expect(await prepareStart(world, 'nobody', new Set())).toEqual({ kind: 'settled' });
    await world.ledger.requests.change(identity, (record) => ended(record, 'CANCELLED', '2026-01-02T03:04:05.000Z'));
    expect(await prepareStart(world, identity, new Set())).toEqual({ kind: 'settled' });
  });

  it('holds what is over a limit that is known to be reached', async () => {
    const record = await waiting('limited/1');
    expect(await prepareStart(world, record.identity, new Set([LIMIT_OF_TODAY]))).toEqual({ kind: 'settled' });
    expect((await read(record.identity)).reason).toContain('2 runs of 2026-01-02 (UTC), which is its limit');
    expect(await prepareStart(world, record.identity, new Set(['started#limited#2026-01-01']))).toMatchObject({
      kind: 'ready',
    });
  });

  it('is no business of a limit where the route has none', async () => {
    const record = await waiting();
    const reached = new Set(['started#single#2026-01-02']);
    expect(await prepareStart(world, record.identity, reached)).toMatchObject({ kind: 'ready' });
  });

  it('does not look at what a call may have started already', async () => {
    const record = await calledBefore(10);
    world.store.clear();
    expect(await prepareStart(world, record.identity, new Set())).toEqual({ kind: 'ready', record });
  });

  it('leaves the judgement of a console run to HealthOmics', async () => {
    const run = { workflowId: '1', roleArn: 'arn:aws:iam::000000000000:role/R', parameters: { in: 's3://drops/gone' } };
    const input = { run: { ...run, outputUri: 's3://results/x/', storageType: 'DYNAMIC' } };
    await awaitStart(world, { token: 't', executionArn: 'arn:execution:hand', executionName: 'hand', input });
    const [record] = await world.ledger.requests.list(1);
    expect(await prepareStart(world, record?.identity ?? '', new Set())).toMatchObject({ kind: 'ready' });
  });
});

describe('the call', () => {
  it('is repeated for as long as HealthOmics is trusted to remember, and not a moment longer', async () => {
    const trusted = await calledBefore(3600);
    expect(await callStart(world, trusted, new Set())).toMatchObject({ kind: 'answered', isFirst: false });
    world.clock.now += 1;
    expect(await callStart(world, trusted, new Set())).toMatchObject({ kind: 'found' });
    expect(world.runs.all).toHaveLength(1);
  });

  it('is not made for a request that was ended meanwhile', async () => {
    const stale = await waiting();
    await world.ledger.requests.change(stale.identity, (record) =>
      ended(record, 'CANCELLED', '2026-01-02T03:04:05.000Z'),
    );
    expect(await callStart(world, stale, new Set())).toEqual({ kind: 'settled' });
    expect(world.runs.calls).toEqual([]);
  });

  it('remembers a limit that it ran into, so that the rest is not counted one by one', async () => {
    const reached = new Set<string>();
    for (const key of ['limited/1', 'limited/2'])
      expect(await callStart(world, await waiting(key), reached)).toMatchObject({ kind: 'answered', isFirst: true });
    expect(reached.size).toBe(0);
    expect(await callStart(world, await waiting('limited/3'), reached)).toEqual({ kind: 'settled' });
    expect([...reached]).toEqual([LIMIT_OF_TODAY]);
  });

  it('is repeated also where its route has started all its runs of the day since', async () => {
    world.clock.now = Date.UTC(2026, 0, 2, 23, 59, 50);
    const record = await waiting('limited/1');
    world.runs.loseAnswers = 1;
    expect(await callStart(world, record, new Set())).toMatchObject({ result: { kind: 'later' } });
    world.clock.now += 20_000;
    const reached = new Set(['started#limited#2026-01-03']);
    expect(await callStart(world, await read(record.identity), reached)).toMatchObject({ result: { kind: 'started' } });
  });

  it('counts once for the day, however often it was denied', async () => {
    const record = await waiting('limited/1');
    for (let time = 0; time < 3; time += 1) {
      world.runs.answers.push({ kind: 'later', reason: 'slow down', isThrottled: true });
      expect(await callStart(world, await read(record.identity), new Set())).toMatchObject({ kind: 'answered' });
      await denied(world, await read(record.identity));
    }
    const other = await waiting('limited/2');
    expect(await callStart(world, other, new Set())).toMatchObject({ result: { kind: 'started' } });
  });

  it('is of the attempt that was looked at, not of one that came since', async () => {
    const stale = await waiting();
    const at = new Date(world.clock.now).toISOString();
    await world.ledger.requests.change(stale.identity, (record) =>
      startedAgain(uncertain(startCalled(record, 1, at), 'Nobody knows.', at), { what: 'start-again', at, by: 'ada' }),
    );
    expect(await callStart(world, stale, new Set())).toEqual({ kind: 'settled' });
    expect(world.runs.calls).toEqual([]);
  });

  it('is not the first where another starter called since the request was read', async () => {
    const stale = await waiting();
    const at = new Date(world.clock.now - 1).toISOString();
    await world.ledger.requests.change(stale.identity, (record) => startCalled(record, 1, at));
    expect(await callStart(world, stale, new Set())).toMatchObject({ kind: 'answered', isFirst: false });
  });

  it('that is refused at once has no run to look for', async () => {
    world.runs.answers.push({ kind: 'refused', reason: 'no such workflow' });
    world.runs.findRunIdsByName = async () => {
      throw new Error('looked for');
    };
    expect(await callStart(world, await waiting(), new Set())).toMatchObject({ result: { kind: 'refused' } });
  });

  it('takes a run for its own by its tag alone, whoever else has the name', async () => {
    const record = await calledBefore(7200);
    const { name, requestId } = currentAttempt(record);
    world.runs.add({ name, tags: {} });
    const gone = world.runs.add({ name, tags: {} }).runId;
    const own = world.runs.add({ name, tags: { 'rundrop:requestId': requestId } });
    const getRun = world.runs.getRun.bind(world.runs);
    world.runs.getRun = async (runId) => (runId === gone ? undefined : getRun(runId));
    expect(await callStart(world, record, new Set())).toMatchObject({ kind: 'found', run: { uuid: own.uuid } });
  });

  it('does not take a refusal for an end while a run of the call before it may not be listed yet', async () => {
    const refused = { kind: 'refused', reason: 'It is being started.', code: 'ConflictException' } as const;
    world.runs.startRun = async () => refused;
    const record = await calledBefore(2);
    expect(await callStart(world, record, new Set())).toMatchObject({ result: { kind: 'later' }, isFirst: false });
    world.clock.now += 60_000;
    expect(await callStart(world, record, new Set())).toMatchObject({ result: refused });
  });

  it('does not take a refusal for an end when the call before it had made a run', async () => {
    const record = await calledBefore(600);
    const { name, requestId } = currentAttempt(record);
    const own = world.runs.add({ name, tags: { 'rundrop:requestId': requestId } });
    world.runs.startRun = async () => ({ kind: 'refused', reason: 'The role is gone.', code: 'ValidationException' });
    expect(await callStart(world, record, new Set())).toMatchObject({ kind: 'found', run: { uuid: own.uuid } });
    world.runs.remove(own.runId);
    expect(await callStart(world, record, new Set())).toMatchObject({
      kind: 'answered',
      result: { kind: 'refused' },
      isFirst: false,
    });
  });

  it('leaves it to a person where no run of its own is found', async () => {
    const record = await calledBefore(7200);
    const { name } = currentAttempt(record);
    world.runs.add({ name, tags: {} });
    expect(await callStart(world, record, new Set())).toEqual({ kind: 'settled' });
    expect(await read(record.identity)).toMatchObject({
      state: 'UNCERTAIN',
      reason: expect.stringMatching(
        `its answer is not known; no run named ${name} exists now.*too old to be repeated.*a person has to decide`,
      ),
    });
    expect(world.lines.some((line) => line.startsWith('start is uncertain') && line.includes(record.identity))).toBe(
      true,
    );
  });
});

describe('afterwards', () => {
  it('forgets no call that was not made', async () => {
    const record = await waiting();
    await denied(world, record);
    expect(await read(record.identity)).toEqual(record);
  });

  it('does not end what does not wait any more', async () => {
    const record = await waiting();
    const over = await world.ledger.requests.change(record.identity, (latest) =>
      ended(latest, 'CANCELLED', '2026-01-02T03:04:05.000Z'),
    );
    const refusal = { outcome: 'REFUSED', reason: 'no such workflow', code: undefined } as const;
    expect(await end(world, record, refusal)).toEqual({ kind: 'settled' });
    expect(await read(record.identity)).toMatchObject({ outcome: 'CANCELLED', outcomeAt: over.outcomeAt });
  });

  it('does not end what has a run by now', async () => {
    const record = await waiting();
    await adopt(world, record, { runId: '1', uuid: 'uuid-1' });
    await end(world, record, { outcome: 'REFUSED', reason: 'no such workflow', code: undefined });
    expect(await read(record.identity)).toMatchObject({ state: 'STARTED' });
  });

  it('says in the log that a request was not started, by its id', async () => {
    const record = await waiting();
    await end(world, record, { outcome: 'REFUSED', reason: 'no such workflow', code: undefined });
    const line = world.lines.find((one) => one.startsWith('request not started')) ?? '';
    expect(line).toContain(record.identity);
    expect(line).toContain('REFUSED');
  });

  it('writes a reason once', async () => {
    const record = await waiting();
    await noteReason(world, record, 'a quota is full');
    const noted = await read(record.identity);
    expect(noted.reason).toBe('a quota is full');
    let writes = 0;
    const change: typeof world.ledger.requests.change = (...parameters) => {
      writes += 1;
      return world.ledger.requests.change(...parameters);
    };
    const ledger = { ...world.ledger, requests: { ...world.ledger.requests, change } };
    await noteReason({ ...world, ledger }, noted, 'a quota is full');
    expect(writes).toBe(0);
  });
});
