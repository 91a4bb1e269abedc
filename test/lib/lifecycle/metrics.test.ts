import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { secondsBetween } from '../../../lib/lifecycle/metrics.ts';
import { recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrops } from '../../../lib/lifecycle/take-drops.ts';
import type { RequestRecord } from '../../../lib/runs/request-record.ts';
import { createWorld, put, tokenOf, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const FAR = Number.MAX_SAFE_INTEGER;

function message(key: string) {
  const { etag } = put(world, key);
  const detail = { bucket: { name: 'drops' }, object: { key, etag, size: 100, sequencer: '1' } };
  const event = { source: 'aws.s3', 'detail-type': 'Object Created', time: '2026-01-02T03:04:05Z', detail };
  return { messageId: key, body: JSON.stringify(event) };
}

async function started(): Promise<RequestRecord> {
  await takeDrops(world, [message('cram/SYN-1.cram')]);
  const [record] = await world.ledger.requests.list(1);
  if (record === undefined) throw new Error('nothing was claimed');
  const [token, executionArn, input] = [tokenOf('w1'), 'arn:execution:w1', { request: record.identity }];
  await awaitStart(world, { token, executionArn, executionName: 'w1', input });
  world.clock.now += 90_000;
  await startWaiting(world, FAR);
  world.figures.length = 0;
  return record;
}

describe('what is counted', () => {
  it('has each drop by what it came to, and names none', async () => {
    const messages = [
      message('cram/SYN-1.cram'),
      message('elsewhere/SYN-1.txt'),
      { messageId: 'm3', body: 'not json' },
    ];
    await takeDrops(world, [...messages, { messageId: 'm4', body: '{"Event":"s3:TestEvent"}' }]);
    const outcomes = world.figures.map((figure) => (figure.kind === 'drop' ? figure.outcome : figure.kind));
    expect(outcomes.sort()).toEqual(['failed', 'ignored', 'started', 'unmatched']);
    expect(JSON.stringify(world.figures)).not.toContain('SYN-1');
  });

  it('has how long a start waited since the attempt got in line', async () => {
    await takeDrops(world, [message('cram/SYN-1.cram')]);
    const [record] = await world.ledger.requests.list(1);
    const input = { request: record?.identity };
    await awaitStart(world, { token: tokenOf('w1'), executionArn: 'arn:execution:w1', executionName: 'w1', input });
    world.clock.now += 90_000;
    await startWaiting(world, FAR);
    expect(world.figures.at(-1)).toEqual({ kind: 'started', waitedSeconds: expect.any(Number) });
    const { waitedSeconds } = world.figures.at(-1) as { waitedSeconds: number };
    expect(waitedSeconds).toBeGreaterThanOrEqual(90);
    expect(waitedSeconds).toBeLessThan(95);
  });

  it('has each outcome once, with its reason and how long it took to be seen', async () => {
    const record = await started();
    const runId = world.runs.all[0]?.runId ?? '';
    world.runs.move(runId, 'FAILED', 'RUN_TASK_FAILED');
    const run = world.runs.all.find((one) => one.runId === runId);
    Object.assign(run ?? {}, { stopTime: new Date(world.clock.now).toISOString() });
    world.clock.now += 30_000;
    await recordOutcome(world, { request: record.identity, attempt: 1 });
    await recordOutcome(world, { request: record.identity, attempt: 1 });
    expect(world.figures).toEqual([
      { kind: 'ended', outcome: 'FAILED', reason: 'RUN_TASK_FAILED', detectionSeconds: 30 },
    ]);
  });

  it.each(['announcer', 'notifier'] as const)('has each outcome once also while the %s is ill', async (ill) => {
    const record = await started();
    world.runs.move(world.runs.all[0]?.runId ?? '', 'FAILED', 'RUN_TASK_FAILED');
    world[ill].refuse = 1;
    await recordOutcome(world, { request: record.identity, attempt: 1 }).catch(() => 'not taken');
    expect(world.figures).toMatchObject([{ kind: 'ended', outcome: 'FAILED' }]);
    await recordOutcome(world, { request: record.identity, attempt: 1 });
    expect([world.announcer.sent.length, world.notifier.sent.length]).toEqual([1, 1]);
    expect(world.figures).toHaveLength(1);
  });
});

describe('seconds between two times', () => {
  it.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:07.500Z', 2.5],
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:04Z', undefined],
    [undefined, '2026-01-02T03:04:04Z', undefined],
    ['2026-01-02T03:04:05Z', undefined, undefined],
    ['never', '2026-01-02T03:04:04Z', undefined],
  ])('from %s to %s are %s', (from, to, seconds) => {
    expect(secondsBetween(from, to)).toBe(seconds);
  });
});
