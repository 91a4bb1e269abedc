/** Steps that a crash, a race or a reused id left half done, each as a simulation found it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { followHint, statusOfRun } from '../../../lib/lifecycle/follow-run.ts';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { watchRun } from '../../../lib/lifecycle/watch-run.ts';
import { currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import { newestRequest } from '../../support/watched-run.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const FAR = Number.MAX_SAFE_INTEGER;
const MINUTE_MS = 60_000;
const died = () => Promise.reject(new Error('died'));

const latest = () => newestRequest(world);

async function inLine(key = 'cram/SYN-1.cram'): Promise<RequestRecord> {
  await takeDrop(world, put(world, key));
  const { identity } = await latest();
  await register(identity, 'w1');
  return latest();
}

const register = (identity: string, executionName: string) =>
  awaitStart(world, {
    token: `start-${executionName}`,
    executionArn: `arn:execution:${executionName}`,
    executionName,
    input: { request: identity },
  });

async function startedRun(): Promise<{ identity: string; runId: string }> {
  const { identity } = await inLine();
  await startWaiting(world, FAR);
  return { identity, runId: currentAttempt(await latest()).runId ?? '' };
}

/** The starter dies between its record and its answer. */
async function startedUnanswered(): Promise<{ identity: string; runId: string }> {
  const { identity } = await inLine();
  const tokens = { ...world.ledger.tokens, list: died };
  await startWaiting({ ...world, ledger: { ...world.ledger, tokens } }, FAR);
  world.clock.now += 2 * MINUTE_MS;
  return { identity, runId: currentAttempt(await latest()).runId ?? '' };
}

describe('an execution that waits for a start that has been made', () => {
  it('is answered by reconciliation when the starter died before it could', async () => {
    await startedUnanswered();
    expect(world.executions.answers.size).toBe(0);
    await reconcile(world);
    expect(world.executions.answers.get('start-w1')).toMatchObject({ output: { status: 'PENDING' } });
  });

  it('is answered when the run ends before reconciliation has looked', async () => {
    const { runId } = await startedUnanswered();
    world.runs.move(runId, 'COMPLETED');
    await followHint(world, { runId, status: 'COMPLETED' });
    expect(world.executions.answers.has('start-w1')).toBe(true);
  });

  it('is answered by another execution of the request that finds the run ended', async () => {
    const { identity, runId } = await startedUnanswered();
    world.runs.move(runId, 'COMPLETED');
    await watchRun(world, { token: 'watch-w2', executionName: 'w2', request: identity, attempt: 1 });
    expect([...world.executions.answers.keys()]).toEqual(['start-w1', 'watch-w2']);
  });

  it('is answered with the refusal when the starter died after it was on record', async () => {
    await inLine();
    const tokens = { ...world.ledger.tokens, list: died };
    world.runs.answers.push({ kind: 'refused', reason: 'no such workflow' });
    await startWaiting({ ...world, ledger: { ...world.ledger, tokens } }, FAR);
    expect(await latest()).toMatchObject({ state: 'ENDED', outcome: 'REFUSED' });
    world.clock.now += 2 * MINUTE_MS;
    await reconcile(world);
    expect(world.executions.answers.get('start-w1')).toMatchObject({ error: 'StartRefused' });
    expect(world.announcer.sent).toHaveLength(1);
  });
});

describe('a request whose execution was stopped by hand', () => {
  const stopped = async (state: string) => {
    expect((await latest()).state).toBe(state);
    for (const arn of [...world.executions.statuses.keys(), ...(await latest()).executions])
      world.executions.statuses.set(arn, 'ABORTED');
    world.clock.now += 2 * MINUTE_MS;
    // The first pass of a request whose execution never registered finds out which one it has.
    for (let pass = 0; pass < 2 && (await latest()).state !== 'WAITING'; pass += 1) await reconcile(world);
    expect((await latest()).state).toBe('WAITING');
    await startWaiting(world, FAR);
    expect((await latest()).state).toBe('STARTED');
  };

  it('is put in line when it had not got there', async () => {
    await takeDrop(world, put(world, 'cram/SYN-1.cram'));
    await stopped('CLAIMED');
  });

  it('is put in line for its next attempt', async () => {
    const { identity, runId } = await startedRun();
    world.runs.move(runId, 'FAILED', 'SERVICE_ERROR');
    await recordOutcome(world, { request: identity, attempt: 1 });
    await stopped('RETRYING');
    expect(world.runs.all).toHaveLength(2);
  });
});

describe('news of a run', () => {
  it('that is gone does not end the attempt that followed meanwhile', async () => {
    const { identity, runId } = await startedRun();
    world.runs.move(runId, 'FAILED', 'SERVICE_ERROR');
    const getRun = async () => {
      await recordOutcome(world, { request: identity, attempt: 1 });
      return undefined;
    };
    await statusOfRun({ ...world, runs: { getRun } }, identity, 1);
    expect(await latest()).toMatchObject({ state: 'RETRYING', attempts: [{ outcome: 'FAILED' }, { attempt: 2 }] });
  });

  it('without a uuid is not taken from another run that has the id now', async () => {
    const { runId } = await startedRun();
    world.runs.remove(runId);
    world.runs.all.push({ runId, uuid: 'foreign', name: 'foreign', tags: {}, status: 'STOPPING' });
    await followHint(world, { runId, status: 'STOPPING' });
    expect(await latest()).toMatchObject({ outcome: 'REMOVED', attempts: [{ status: 'PENDING' }] });
  });

  it('is not taken from a listed run that has the id now', async () => {
    const { runId } = await startedRun();
    world.runs.remove(runId);
    world.runs.all.push({ runId, uuid: 'foreign', name: 'foreign', tags: {}, status: 'STOPPING' });
    const listRuns = async (status: string) =>
      world.runs.all.filter((run) => run.status === status).map(({ name = '' }) => ({ runId, name, status }));
    await reconcile({ ...world, runs: Object.assign(Object.create(world.runs), { listRuns }) });
    expect(await latest()).toMatchObject({ outcome: 'REMOVED', attempts: [{ status: 'PENDING' }] });
  });
});

describe('the starter', () => {
  it('is not held up by a request whose StartRun never gets through', async () => {
    await inLine('cram/SYN-1.cram');
    const { identity: stuck } = await latest();
    world.clock.now += 1000;
    await inLine('cram/SYN-2.cram');
    const startRun: typeof world.runs.startRun = async (input) =>
      String(JSON.stringify(input.parameters)).includes('SYN-1')
        ? { kind: 'later', reason: 'InternalServerException' }
        : world.runs.startRun(input);
    await startWaiting({ ...world, runs: Object.assign(Object.create(world.runs), { startRun }) }, FAR);
    expect((await latest()).state).toBe('STARTED');
    expect(await world.ledger.requests.read(stuck)).toMatchObject({ state: 'WAITING', reason: expect.any(String) });
  });
});

describe('a run that is followed from the console', () => {
  const follow = (runId: string, ports: World = world) =>
    awaitStart(ports, {
      token: 't',
      executionArn: 'arn:execution:by-hand',
      executionName: 'by-hand',
      input: { runId },
    });

  it('is ours by its tag while the reply of its StartRun is lost', async () => {
    const { identity } = await inLine();
    world.runs.loseAnswers = 4;
    await startWaiting(world, FAR);
    const runId = world.runs.all[0]?.runId ?? '';
    await follow(runId);
    expect((await world.ledger.requests.list(10)).map((record) => record.identity)).toEqual([identity]);
    await startWaiting(world, FAR);
    expect(world.executions.answers.get('t')).toMatchObject({ output: { request: identity, runId } });
  });

  it('is never started anew when the process dies while it is adopted', async () => {
    const foreign = world.runs.add({ name: 'foreign', tags: {} });
    const requests = { ...world.ledger.requests, change: died };
    await expect(follow(foreign.runId, { ...world, ledger: { ...world.ledger, requests } })).rejects.toThrow('died');
    world.clock.now += 2 * MINUTE_MS;
    await reconcile(world);
    await startWaiting(world, FAR);
    expect(world.runs.calls.filter((call) => call.startsWith('StartRun'))).toEqual([]);
    expect(await latest()).toMatchObject({ state: 'STARTED', attempts: [{ uuid: foreign.uuid }] });
  });
});

describe('a drop', () => {
  const dropOf = async (key: string) => (await world.ledger.drops.list(20)).filter((drop) => drop.key === key);

  it('is superseded when it was overwritten between a crash and its next delivery', async () => {
    const key = 'cram/SYN-1.cram';
    const first = put(world, key);
    const requests = { ...world.ledger.requests, claim: died };
    await expect(takeDrop({ ...world, ledger: { ...world.ledger, requests } }, first)).rejects.toThrow('died');
    put(world, key);
    expect(await takeDrop(world, first)).toBe('superseded');
    expect(await dropOf(key)).toMatchObject([{ state: 'SUPERSEDED', reason: expect.stringContaining('overwritten') }]);
  });

  it('is superseded when a newer one takes its place in a set that waits', async () => {
    const key = 'fastq/SYN-1_R1.fastq.gz';
    await takeDrop(world, put(world, key));
    await takeDrop(world, put(world, key));
    const states = (await dropOf(key)).map(({ state }) => state);
    expect(states.sort()).toEqual(['GATHERING', 'SUPERSEDED']);
  });

  it('is claimed with its set as that fired, though its mate was overwritten before the claim', async () => {
    await takeDrop(world, put(world, 'fastq/SYN-1_R1.fastq.gz'));
    const requests = { ...world.ledger.requests, claim: died };
    const second = put(world, 'fastq/SYN-1_R2.fastq.gz');
    await expect(takeDrop({ ...world, ledger: { ...world.ledger, requests } }, second)).rejects.toThrow('died');
    expect(await takeDrop(world, put(world, 'fastq/SYN-1_R2.fastq.gz'))).toBe('gathering');
    const [record] = await world.ledger.requests.list(10);
    expect(record?.members.map(({ etag }) => etag)).toContain(second.etag);
    expect(await dropOf('fastq/SYN-1_R1.fastq.gz')).toMatchObject([{ state: 'TAKEN', identity: record?.identity }]);
  });
});
