import { afterEach, beforeEach, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { cancelRequest } from '../../../lib/lifecycle/cancel-request.ts';
import { followHint } from '../../../lib/lifecycle/follow-run.ts';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { type Act, currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const FAR = Number.MAX_SAFE_INTEGER;
const act = (): Act => ({
  what: 'cancel',
  at: new Date(world.clock.nowMs()).toISOString(),
  by: 'arn:aws:iam::000000000000:user/ada',
});
const called = (operation: string) => world.runs.calls.filter((call) => call.startsWith(operation));

async function inLine(): Promise<RequestRecord> {
  for (const read of [1, 2]) await takeDrop(world, put(world, `fastq/SYN-1_R${read}.fastq.gz`));
  const [record] = await world.ledger.requests.list(1);
  const executionArn = record?.executions[0] ?? '';
  await awaitStart(world, { token: 't1', executionArn, executionName: 'w1', input: { request: record?.identity } });
  return read(record);
}

async function read(of: Pick<RequestRecord, 'identity'> | undefined): Promise<RequestRecord> {
  const record = await world.ledger.requests.read(of?.identity ?? '');
  if (record === undefined) throw new Error('no request');
  return record;
}

it('ends what waits for its start; its execution is told, the world is told, and nothing starts', async () => {
  const record = await inLine();
  const { kind } = await cancelRequest(world, record, act());
  expect(kind).toBe('ended');
  expect(await startWaiting(world, FAR)).toMatchObject({ started: 0 });
  await reconcile(world);
  expect(world.executions.answers.get('t1')).toMatchObject({ error: 'RunCancelled' });
  expect(world.announcer.sent).toMatchObject([{ detail: { outcome: 'CANCELLED' } }]);
  expect(JSON.stringify(world.announcer.sent)).not.toContain('user/ada');
  expect(called('StartRun')).toEqual([]);
  expect(await cancelRequest(world, record, { ...act(), at: 'later' })).toMatchObject({ kind: 'over' });
});

it.each([0, 1, 2, 3, 4, 5])('never leaves a run alone that the starter was just starting (step %i)', async (step) => {
  const record = await inLine();
  // The person's command runs between two writes or calls of the starter, whichever they are.
  let steps = 0;
  const between = async () => {
    if (steps === step) await cancelRequest(world, record, act());
    steps += 1;
  };
  const { requests } = world.ledger;
  const watched: World = {
    ...world,
    ledger: {
      ...world.ledger,
      requests: {
        ...requests,
        change: async (...args: Parameters<typeof requests.change>) => {
          await between();
          const after = await requests.change(...args);
          await between();
          return after;
        },
      },
    },
    runs: Object.assign(Object.create(world.runs), {
      startRun: async (input: Parameters<typeof world.runs.startRun>[0]) => {
        const answer = await world.runs.startRun(input);
        await between();
        return answer;
      },
    }),
  };
  await startWaiting(watched, FAR);
  if (steps <= step) await cancelRequest(world, record, act());
  await reconcile(world);
  const after = await read(record);
  if (called('StartRun').length === 0) expect(after).toMatchObject({ state: 'ENDED', outcome: 'CANCELLED' });
  else expect(called('CancelRun')).toHaveLength(1);
});

it('cancels a run, and no attempt follows even when it fails for a reason that is worth one', async () => {
  const record = await inLine();
  await startWaiting(world, FAR);
  const { runId = '' } = currentAttempt(await read(record));
  expect((await cancelRequest(world, record, act())).kind).toBe('cancelling');
  expect(called('CancelRun')).toEqual([`CancelRun ${runId}`]);
  world.runs.move(runId, 'FAILED', 'SERVICE_ERROR');
  await followHint(world, { runId, status: 'FAILED' });
  const answer = await recordOutcome(world, { request: record.identity, attempt: 1 });
  expect(answer).toMatchObject({ next: 'failed', outcome: 'FAILED' });
  expect((await read(record)).reason).toContain('not tried again');
});

it('asks HealthOmics again as long as the run goes on, and not once it is ending', async () => {
  const record = await inLine();
  await startWaiting(world, FAR);
  const { runId = '' } = currentAttempt(await read(record));
  await world.ledger.requests.change(record.identity, (latest) => ({ ...latest, cancelAskedAt: act().at }));
  await reconcile(world);
  await reconcile(world);
  expect(called('CancelRun')).toEqual([`CancelRun ${runId}`]);
});

it('learns from its own look that the run is gone, also while no listing is due, and looks no more', async () => {
  const record = await inLine();
  await startWaiting(world, FAR);
  const { runId = '', uuid = '' } = currentAttempt(await read(record));
  await followHint(world, { runId, uuid, status: 'STARTING' });
  world.runs.remove(runId);
  world.clock.now += 2 * 60_000;
  expect((await cancelRequest(world, record, act())).kind).toBe('asked');
  await reconcile(world);
  expect(called('ListRuns')).toEqual([]);
  expect((await read(record)).outcome).toBe('REMOVED');
  const looks = called('GetRun').length;
  world.clock.now += 60_000;
  await reconcile(world);
  expect(called('GetRun')).toHaveLength(looks);
});

it('never cancels another run that has the id by now', async () => {
  const record = await inLine();
  await startWaiting(world, FAR);
  const { runId = '' } = currentAttempt(await read(record));
  world.runs.remove(runId);
  const other = world.runs.add({ name: 'foreign', tags: {} });
  Object.assign(other, { runId, uuid: 'another' });
  expect((await cancelRequest(world, record, act())).kind).toBe('asked');
  other.status = 'COMPLETED';
  await reconcile(world);
  expect(called('CancelRun')).toEqual([]);
  expect((await read(record)).outcome).toBe('REMOVED');
});
