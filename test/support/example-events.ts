/** One event of each kind, made by the real code in a small world: what docs/events.md shows. */
import { announceIncomplete } from '../../lib/lifecycle/announce-incomplete.ts';
import { crossingWords } from '../../lib/lifecycle/announce-quota.ts';
import { announceRejected } from '../../lib/lifecycle/announce-rejected.ts';
import { announceStuckSheets } from '../../lib/lifecycle/announce-stuck-sheets.ts';
import { awaitStart } from '../../lib/lifecycle/await-start.ts';
import type { Announcement } from '../../lib/lifecycle/ports.ts';
import { reconcile } from '../../lib/lifecycle/reconcile.ts';
import { recordOutcome } from '../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../lib/lifecycle/start-waiting.ts';
import { sweepRuns } from '../../lib/lifecycle/sweep-runs.ts';
import { takeDrop } from '../../lib/lifecycle/take-drop.ts';
import { takeSnapshot } from '../../lib/quota/quota-snapshot.ts';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { createSweeperWorld } from './simulated-account.ts';
import { createWorld, put, type World } from './world.ts';

const HOUR_MS = 3_600_000;

/** By detail-type. Every run of it makes the same. */
export async function exampleEvents(): Promise<ReadonlyMap<string, Announcement['detail']>> {
  const sent = [
    ...(await inWorld(ofRuns)),
    ...(await inWorld(ofUncertainty)),
    ...(await inWorld(ofDrops)),
    ...ofQuota(),
    ...(await ofStoredRuns()),
  ];
  return new Map(sent.map(({ detailType, detail }) => [detailType, detail]));
}

async function inWorld(act: (world: World) => Promise<void>): Promise<readonly Announcement[]> {
  const world = await createWorld();
  try {
    await act(world);
    return world.announcer.sent;
  } finally {
    await world.stop();
  }
}

async function newest(world: World): Promise<RequestRecord> {
  const [record] = await world.ledger.requests.list(1);
  if (record === undefined) throw new Error('there is no request');
  return record;
}

/** A drop of the route `single`, in line for its start, and the starter nudged. */
async function start(world: World): Promise<RequestRecord> {
  await takeDrop(world, put(world, 'cram/example.cram', { etag: 'example' }));
  const { identity } = await newest(world);
  const executionName = `single-${identity}-w1`;
  const executionArn = `arn:execution:${executionName}`;
  await awaitStart(world, { token: 'start', executionArn, executionName, input: { request: identity } });
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
  return newest(world);
}

/** One that is overdue, and then fails. */
async function ofRuns(world: World): Promise<void> {
  const record = await start(world);
  world.clock.now += 25 * HOUR_MS;
  await reconcile(world);
  world.runs.move(currentAttempt(record).runId ?? '', 'FAILED', 'OUT_OF_MEMORY_ERROR');
  await recordOutcome(world, { request: record.identity, attempt: 1 });
}

async function ofUncertainty(world: World): Promise<void> {
  for (let n = 0; n < 4; n += 1) world.runs.answers.push({ kind: 'later', reason: 'timeout' });
  await start(world);
  world.clock.now += 48 * HOUR_MS;
  await startWaiting(world, Number.MAX_SAFE_INTEGER);
}

/** A run request that is none, half a pair, and a sheet of which no row is ever claimed. */
async function ofDrops(world: World): Promise<void> {
  await takeDrop(world, put(world, 'requests/example.json', { etag: 'example', text: '{}' }));
  await takeDrop(world, put(world, 'fastq/example_R1.fastq.gz', { etag: 'example' }));
  const receivedAt = new Date(world.clock.nowMs()).toISOString();
  const object = { bucket: 'drops', key: 'sheets/example.csv', etag: 'example', sizeBytes: 1, time: receivedAt };
  await world.ledger.drops.record({ ...object, dropId: 'e'.repeat(32), receivedAt, route: 'cohort', state: 'READING' });
  world.clock.now += 48 * HOUR_MS;
  for (const dropId of await world.ledger.drops.untold(10)) await announceRejected(world, dropId);
  await announceStuckSheets(world);
  const [route] = (await world.routes.read()).routes;
  for (const { gatherId } of await world.ledger.gathers.open('GATHERING', 10)) {
    if (route !== undefined) await announceIncomplete(world, route, gatherId);
  }
}

function ofQuota(): readonly Announcement[] {
  const quota = { value: 5_000, source: 'applied' } as const;
  const quotas = { storedRuns: quota, activeRunsDynamic: quota, activeRunsStatic: quota };
  const takenMs = Date.UTC(2026, 0, 2);
  const empty = takeSnapshot([], quotas, { takenMs, scannedMs: takenMs, basis: 'scan' });
  const byRetentionMode = { ...empty.byRetentionMode, RETAIN: { COMPLETED: 4_012 } };
  const snapshot = { ...empty, storedRuns: 4_600, byRetentionMode };
  return crossingWords({ sweeperId: 'example', threshold: 80, number: 1, snapshot, forecast: undefined }).slice(0, 1);
}

async function ofStoredRuns(): Promise<readonly Announcement[]> {
  const world = createSweeperWorld();
  const [first] = [1, 2, 3].map(() => world.account.start(world.clock.now, { status: 'COMPLETED' }));
  await sweepRuns(world.lasting(60_000), { scan: true });
  world.account.runs.delete(first?.runId ?? '');
  for (let sweep = 0; sweep < 3; sweep += 1) {
    world.clock.now += 2 * HOUR_MS;
    await sweepRuns(world.lasting(60_000), { scan: true });
  }
  return world.announcer.sent.slice(0, 1);
}
