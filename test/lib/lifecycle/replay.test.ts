/** What came to nothing is listed, and sent round again without a second run. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceOutcome } from '../../../lib/lifecycle/announce-outcome.ts';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { keepEvidence } from '../../../lib/lifecycle/keep-evidence.ts';
import { listStuck } from '../../../lib/lifecycle/list-stuck.ts';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { replayDrop } from '../../../lib/lifecycle/replay-drop.ts';
import { type Decision, decideUncertain, replayRequest } from '../../../lib/lifecycle/replay-request.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { takeDropAgain } from '../../../lib/lifecycle/take-drop-again.ts';
import { takeSheetPart } from '../../../lib/lifecycle/take-sheet.ts';
import type { Drop } from '../../../lib/routing/drop.ts';
import { reopened } from '../../../lib/runs/operator-steps.ts';
import { type Act, currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import { ended, uncertain } from '../../../lib/runs/transitions.ts';
import { sheetRoutes } from '../../support/sheet-routes.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const HOUR_MS = 3_600_000;
const act = (what: Act['what'] = 'replay'): Act => ({
  what,
  at: new Date(world.clock.nowMs()).toISOString(),
  by: 'arn:aws:iam::000000000000:user/ada',
});
const stuck = async () => {
  const nowMs = world.clock.nowMs();
  return (await listStuck(world.ledger, { sinceMs: nowMs - 48 * HOUR_MS, nowMs, limit: 100 })).items;
};
const kinds = async () => (await stuck()).map(({ kind }) => kind);
const latest = async ({ identity }: Pick<RequestRecord, 'identity'>) => {
  const record = await world.ledger.requests.read(identity);
  if (record === undefined) throw new Error('gone');
  return record;
};

/** Takes a drop and runs its execution as far as the starter lets it. */
async function begun(drop: Drop): Promise<RequestRecord> {
  await takeDrop(world, drop);
  const [record] = await world.ledger.requests.list(1);
  if (record === undefined) throw new Error('nothing was claimed');
  await execute(record);
  return latest(record);
}

let executions = 0;

async function execute(record: RequestRecord): Promise<string> {
  executions += 1;
  const token = `token-${executions}`;
  const executionArn = (await latest(record)).executions.at(-1) ?? '';
  await awaitStart(world, { token, executionArn, executionName: executionArn, input: { request: record.identity } });
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
  return token;
}

async function refused(): Promise<RequestRecord> {
  world.runs.answers.push({ kind: 'refused', reason: 'StartRun was refused, AccessDeniedException: no' });
  const record = await begun(put(world, 'cram/SYN-1.cram'));
  await reconcile(world);
  return record;
}

describe('a refused request', () => {
  it('is listed, and gets another attempt, with another execution, that starts one run', async () => {
    const record = await refused();
    expect(await stuck()).toMatchObject([{ kind: 'refused', id: record.identity, why: expect.stringContaining('no') }]);
    const result = await replayRequest(world, await latest(record), act());
    expect(result.kind).toBe('reopened');
    expect((await latest(record)).executions).toHaveLength(2);
    const token = await execute(record);
    const after = await latest(record);
    expect(after).toMatchObject({ state: 'STARTED', acts: [{ what: 'replay' }] });
    expect(world.executions.answers.get(token)).toMatchObject({ output: { attempt: 2 } });
    expect(world.runs.all).toHaveLength(1);
    expect(await kinds()).toEqual([]);
  });

  it('is announced a second time, with another eventId, when it comes to something', async () => {
    const record = await refused();
    await replayRequest(world, await latest(record), act());
    await execute(record);
    const { runId = '' } = currentAttempt(await latest(record));
    world.runs.move(runId, 'COMPLETED');
    await recordOutcome(world, { request: record.identity, attempt: 2 });
    const events = world.announcer.sent.map(({ detail }) => [detail.outcome, detail.eventId]);
    expect(events.map(([outcome]) => outcome)).toEqual(['REFUSED', 'COMPLETED']);
    expect(new Set(events.map(([, id]) => id)).size).toBe(2);
    expect(JSON.stringify(world.announcer.sent)).not.toContain('user/ada');
  });

  it('is still to be told of when it is over again while its outcome of before is being told', async () => {
    const { announcedAt: _programs, notifiedAt: _people, ...untold } = await latest(await refused());
    const step = (one: RequestRecord) => ended(reopened(one, act()), 'REFUSED', 'later', 'no');
    expect(await world.ledger.requests.change(untold.identity, step)).toMatchObject({ state: 'ENDED', reopened: 1 });
    await announceOutcome(world, untold);
    expect(await world.ledger.requests.open('UNANNOUNCED', 10)).toEqual([untold.identity]);
  });

  it('gets evidence of its own when it is over again while that of before is being written', async () => {
    world.evidence.refuse = Number.POSITIVE_INFINITY;
    const before = await latest(await refused());
    const step = (one: RequestRecord) =>
      ended(reopened({ ...one, announcedAt: 'then', notifiedAt: 'then' }, act()), 'REFUSED', 'later', 'no');
    for (const refuse of [Number.POSITIVE_INFINITY, 0]) {
      world.evidence.refuse = refuse;
      world.clock.now += HOUR_MS;
      await world.ledger.requests.change(before.identity, step);
      await keepEvidence(world, before);
      expect(await latest(before)).not.toHaveProperty('evidence');
      expect(await latest(before)).not.toHaveProperty('evidenceTrouble');
    }
  });

  it('is opened once by two people at the same time', async () => {
    const record = await latest(await refused());
    const results = await Promise.all([1, 2].map(() => replayRequest(world, record, act())));
    await execute(record);
    expect((await latest(record)).attempts).toHaveLength(2);
    expect(results.map(({ kind }) => kind)).toContain('reopened');
    expect(world.runs.all).toHaveLength(1);
  });

  it('is left alone when HealthOmics has its run after all', async () => {
    const record = await latest(await refused());
    const { name, requestId } = currentAttempt(record);
    const run = world.runs.add({ name, tags: { 'rundrop:requestId': requestId } });
    const result = await replayRequest(world, record, act());
    expect(result).toMatchObject({ kind: 'nothing', why: expect.stringContaining(run.runId) });
    expect((await latest(record)).state).toBe('ENDED');
  });
});

describe('a superseded request', () => {
  async function superseded(): Promise<RequestRecord> {
    const drop = put(world, 'cram/SYN-1.cram', { etag: 'first' });
    await takeDrop(world, drop);
    put(world, 'cram/SYN-1.cram', { etag: 'second' });
    const [record] = await world.ledger.requests.list(1);
    if (record === undefined) throw new Error('nothing was claimed');
    await execute(record);
    await reconcile(world);
    return latest(record);
  }

  it('is listed until its objects, as they are now, are sent round', async () => {
    const record = await superseded();
    expect(await kinds()).toEqual(['superseded']);
    const result = await replayRequest(world, record, act());
    if (result.kind !== 'take-again') throw new Error(result.kind);
    expect(await kinds()).toEqual([]);
    for (const dropId of result.dropIds) await takeDropAgain(world, dropId);
    expect(await world.ledger.requests.list(10)).toHaveLength(2);
  });

  it('gets another attempt where its objects are again what they were', async () => {
    const record = await superseded();
    put(world, 'cram/SYN-1.cram', { etag: 'first' });
    expect((await replayRequest(world, record, act())).kind).toBe('reopened');
    await execute(record);
    expect((await latest(record)).state).toBe('STARTED');
  });

  it('is left alone when an object of it is gone', async () => {
    const record = await superseded();
    world.store.clear();
    expect(await replayRequest(world, record, act())).toMatchObject({
      kind: 'nothing',
      why: expect.stringContaining('gone'),
    });
  });
});

describe('an uncertain request', () => {
  async function doubtful(): Promise<{ record: RequestRecord; token: string }> {
    // As often as the starter tries before it lets a minute pass.
    for (let count = 0; count < 4; count += 1) world.runs.answers.push({ kind: 'later', reason: 'lost' });
    const record = await begun(put(world, 'cram/SYN-1.cram'));
    const token = `token-${executions}`;
    await world.ledger.requests.change(record.identity, (one) => uncertain(one, 'Nobody knows.', act().at));
    return { record: await latest(record), token };
  }
  const decide = (record: RequestRecord, decision: Decision) =>
    decideUncertain(world, record, decision, act(decision.kind));

  it('is listed however old it is, with what decides it', async () => {
    await doubtful();
    world.clock.now += 90 * 24 * HOUR_MS;
    expect(await kinds()).toEqual(['uncertain']);
  });

  it('adopts a run that exists, and its execution goes on with it', async () => {
    const { record, token } = await doubtful();
    const { name, requestId } = currentAttempt(record);
    const run = world.runs.add({ name, tags: { 'rundrop:requestId': requestId } });
    const after = await decide(record, { kind: 'adopt', runId: run.runId });
    expect(after).toMatchObject({ state: 'STARTED', acts: [{ what: 'adopt' }] });
    world.clock.now += 2 * 60_000;
    await reconcile(world);
    expect(world.executions.answers.get(token)).toMatchObject({ output: { runId: run.runId, uuid: run.uuid } });
    expect(world.runs.calls.filter((call) => call.startsWith('StartRun'))).toHaveLength(4);
  });

  it('adopts a run of another name, which is then followed by listings as its own would be', async () => {
    const { record } = await doubtful();
    const run = world.runs.add({ name: 'by-hand', tags: {} });
    const after = await decide(record, { kind: 'adopt', runId: run.runId });
    expect(currentAttempt(after).name).toBe('by-hand');
    world.clock.now += 2 * 60_000;
    await reconcile(world);
    world.runs.calls.length = 0;
    await reconcile(world);
    expect(world.runs.calls.filter((call) => call.startsWith('GetRun'))).toEqual([]);
  });

  it('knows why an adopted run had failed, and tries again where that is worth it', async () => {
    const { record } = await doubtful();
    const run = world.runs.add({ name: 'by-hand', tags: {} });
    world.runs.move(run.runId, 'FAILED', 'SERVICE_ERROR');
    await decide(record, { kind: 'adopt', runId: run.runId });
    await recordOutcome(world, { request: record.identity, attempt: 1 });
    const { state, attempts } = await latest(record);
    expect(state).toBe('RETRYING');
    expect(attempts[0]).toMatchObject({ outcome: 'FAILED', failureReason: 'SERVICE_ERROR' });
    expect(attempts[0]).not.toHaveProperty('tags');
  });

  it('adopts no run that is not there, or is another request’s', async () => {
    const { record } = await doubtful();
    await expect(decide(record, { kind: 'adopt', runId: '42' })).rejects.toThrow('no run 42');
    const tagged = world.runs.add({ name: 'other', tags: { 'rundrop:requestId': 'another' } });
    await expect(decide(record, { kind: 'adopt', runId: tagged.runId })).rejects.toThrow('of another request');
    const own = await begun(put(world, 'cram/SYN-2.cram'));
    const { runId = '' } = currentAttempt(own);
    await expect(decide(record, { kind: 'adopt', runId })).rejects.toThrow(own.identity);
    expect((await latest(record)).state).toBe('UNCERTAIN');
  });

  it('is decided in no other way than with its own run, once that shows', async () => {
    const { record } = await doubtful();
    const { name, requestId } = currentAttempt(record);
    const namesake = world.runs.add({ name, tags: {} });
    const own = world.runs.add({ name, tags: { 'rundrop:requestId': requestId } });
    const others = [{ kind: 'start-again' }, { kind: 'give-up' }, { kind: 'adopt', runId: namesake.runId }] as const;
    for (const other of others) await expect(decide(record, other)).rejects.toThrow(`with --adopt ${own.runId}`);
    expect((await latest(record)).state).toBe('UNCERTAIN');
    expect(await decide(record, { kind: 'adopt', runId: own.runId })).toMatchObject({ state: 'STARTED' });
  });

  it('is started once more with another requestId', async () => {
    const { record, token } = await doubtful();
    await decide(record, { kind: 'start-again' });
    await startWaiting(world, Number.MAX_SAFE_INTEGER);
    const after = await latest(record);
    expect(after).toMatchObject({ state: 'STARTED', acts: [{ what: 'start-again' }] });
    expect(currentAttempt(after).requestId).not.toBe(currentAttempt(record).requestId);
    expect(world.executions.answers.get(token)).toMatchObject({ output: { attempt: 2 } });
  });

  it('is given up, and its execution and the world are told', async () => {
    const { record, token } = await doubtful();
    await decide(record, { kind: 'give-up' });
    await reconcile(world);
    expect(world.executions.answers.get(token)).toMatchObject({ error: 'StartUncertain' });
    expect(await latest(record)).toMatchObject({ outcome: 'REMOVED', announcedAt: expect.any(String) });
    world.clock.now += 1;
    await expect(decide(record, { kind: 'give-up' })).rejects.toThrow('by somebody else meanwhile');
    await expect(decide(await latest(record), { kind: 'give-up' })).rejects.toThrow('nothing to decide');
  });
});

describe('a rejected drop', () => {
  const rejectedDrop = async () => {
    const drop = put(world, 'requests/one.json', { text: '{"workflowId": "999"}', etag: 'e' });
    expect(await takeDrop(world, drop)).toBe('rejected');
    const [record] = await world.ledger.drops.list(1);
    if (record === undefined) throw new Error('no drop');
    return record;
  };

  it('is decided anew by its next delivery, and not by others before a person asks for it', async () => {
    const record = await rejectedDrop();
    const mended = {
      workflowId: '1234567',
      roleArn: 'arn:aws:iam::000000000000:role/HealthOmics',
      outputUri: 's3://results/run-request/',
    };
    world.store.set('drops/requests/one.json', {
      etag: 'e',
      sizeBytes: record.sizeBytes,
      storageClass: 'STANDARD',
      text: JSON.stringify(mended),
    });
    const { bucket, key, etag, sizeBytes, sequencer = '' } = record;
    const delivery = { bucket, key, etag, sizeBytes, sequencer, timeMs: Date.parse(record.time) };
    expect(await takeDrop(world, delivery)).toBe('rejected');
    expect(await kinds()).toEqual(['rejected drop']);
    const result = await replayDrop(world, record, act());
    expect(result).toEqual({ kind: 'route-again', drop: delivery });
    expect(await kinds()).toEqual([]);
    expect(await takeDrop(world, delivery)).toBe('started');
    expect((await world.ledger.drops.list(1))[0]).toMatchObject({ state: 'TAKEN', acts: [{ what: 'replay' }] });
  });

  it('is rejected again, with the reason of now', async () => {
    const record = await rejectedDrop();
    await replayDrop(world, record, act());
    world.store.clear();
    const { bucket, key, etag, sizeBytes, sequencer = '' } = record;
    await takeDrop(world, { bucket, key, etag, sizeBytes, sequencer, timeMs: 0 });
    expect(await stuck()).toMatchObject([{ kind: 'rejected drop', why: expect.stringContaining('gone') }]);
  });

  it('is rejected when no route takes it any more', async () => {
    const record = await rejectedDrop();
    await replayDrop(world, record, act());
    const file = await world.routes.read();
    const without = { ...file, routes: file.routes.filter(({ name }) => name !== 'run-request') };
    const { bucket, key, etag, sizeBytes, sequencer = '' } = record;
    const drop = { bucket, key, etag, sizeBytes, sequencer, timeMs: 0 };
    expect(await takeDrop({ ...world, routes: { read: async () => without } }, drop)).toBe('rejected');
    expect(await stuck()).toMatchObject([{ why: expect.stringContaining('No route') }]);
  });

  it('is listed again when the delivery that was asked for does not come', async () => {
    await replayDrop(world, await rejectedDrop(), act());
    world.clock.now += HOUR_MS;
    expect(await stuck()).toMatchObject([{ kind: 'rejected drop', why: expect.stringContaining('has not come') }]);
  });
});

it('a superseded drop is taken as its object is now', async () => {
  const drop = put(world, 'cram/SYN-1.cram', { etag: 'first' });
  put(world, 'cram/SYN-1.cram', { etag: 'second' });
  expect(await takeDrop(world, drop)).toBe('superseded');
  const [record] = await world.ledger.drops.list(1);
  if (record === undefined) throw new Error('no drop');
  expect(await kinds()).toEqual(['superseded drop']);
  expect(await replayDrop(world, record, act())).toEqual({ kind: 'take-again', dropId: record.dropId });
  expect(await kinds()).toEqual([]);
});

it('a drop whose set has a newer object in its place, or the same by another event, is not listed', async () => {
  const first = put(world, 'fastq/SYN-1_R1.fastq.gz', { etag: 'first' });
  await takeDrop(world, first);
  await takeDrop(world, put(world, 'fastq/SYN-1_R1.fastq.gz', { etag: 'second' }));
  const mate = put(world, 'fastq/SYN-1_R2.fastq.gz');
  await takeDrop(world, mate);
  const { sequencer: _, ...listed } = mate;
  await takeDrop(world, listed);
  const states = (await world.ledger.drops.list(10)).map(({ state }) => state);
  expect(states.sort()).toEqual(['SUPERSEDED', 'SUPERSEDED', 'TAKEN', 'TAKEN']);
  expect(await kinds()).toEqual([]);
});

describe('a sheet of which a part is lost', () => {
  const rows = Array.from({ length: 150 }, (_, row) => `SYN-${row},s3://drops/x`);
  beforeEach(async () => {
    const file = sheetRoutes();
    world = Object.assign(world, { routes: { read: async () => file } });
  });

  async function halfRead() {
    const drop = put(world, 'sheets/SECRET.csv', { text: ['sample,fastq', ...rows, ''].join('\n') });
    expect(await takeDrop(world, drop)).toBe('reading');
    const [first, lost] = world.sentParts.splice(0);
    if (first === undefined || lost === undefined) throw new Error('not divided');
    await takeSheetPart(world, first);
    return { drop, lost };
  }

  it('is announced once after an hour, without a name, and listed with the parts that are left', async () => {
    const { lost } = await halfRead();
    await reconcile(world);
    expect(world.announcer.sent).toEqual([]);
    world.clock.now += HOUR_MS;
    await reconcile(world);
    await reconcile(world);
    expect(world.announcer.sent).toMatchObject([
      { detailType: 'Sheet Unfinished', detail: { dropId: lost.dropId, parts: 2, partsDone: 1 } },
    ]);
    expect(JSON.stringify(world.announcer.sent)).not.toContain('SECRET');
    expect(await stuck()).toMatchObject([{ kind: 'unfinished sheet', why: expect.stringContaining('Parts left: 2') }]);
  });

  it('is announced again when it stays unfinished for an hour after it was sent round again', async () => {
    const { lost } = await halfRead();
    world.clock.now += HOUR_MS;
    await reconcile(world);
    const record = await world.ledger.drops.read(lost.dropId);
    if (record === undefined) throw new Error('no drop');
    await replayDrop(world, record, act());
    await reconcile(world);
    expect(world.announcer.sent).toHaveLength(1);
    world.clock.now += HOUR_MS;
    await reconcile(world);
    await reconcile(world);
    expect(new Set(world.announcer.sent.map(({ detail }) => detail.eventId)).size).toBe(2);
    expect(world.announcer.sent).toHaveLength(2);
  });

  it('is announced once also while the topic is ill, and people are told later', async () => {
    await halfRead();
    world.clock.now += HOUR_MS;
    world.notifier.refuse = 3;
    for (let pass = 0; pass < 5; pass += 1) await reconcile(world);
    expect(world.announcer.sent).toHaveLength(1);
    expect(world.notifier.sent.map(({ eventId }) => eventId)).toEqual([world.announcer.sent[0]?.detail.eventId]);
  });

  it('is told to people also while the bus is ill, once, and to programs later', async () => {
    await halfRead();
    world.clock.now += HOUR_MS;
    world.announcer.refuse = 3;
    for (const events of [0, 0, 0, 1, 1]) {
      await reconcile(world);
      expect(world.announcer.sent).toHaveLength(events);
      expect(world.notifier.sent).toHaveLength(1);
    }
    expect(world.notifier.sent[0]?.eventId).toBe(world.announcer.sent[0]?.detail.eventId);
  });

  it('is finished by its own event, sent again: each row has one request', async () => {
    const { lost } = await halfRead();
    world.clock.now += HOUR_MS;
    const record = await world.ledger.drops.read(lost.dropId);
    if (record === undefined) throw new Error('no drop');
    const result = await replayDrop(world, record, act());
    if (result.kind !== 'route-again') throw new Error(result.kind);
    await takeDrop(world, result.drop);
    const again = world.sentParts.splice(0);
    expect(again.map(({ part }) => part)).toEqual([lost.part]);
    for (const part of again) await takeSheetPart(world, part);
    expect(await world.ledger.drops.read(lost.dropId)).toMatchObject({
      state: 'TAKEN',
      sheet: { started: 150, known: 0 },
    });
    expect(await kinds()).toEqual([]);
    expect(await world.ledger.drops.openSheets(10)).toEqual([]);
  });
});
