import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { takeDrops } from '../../../lib/lifecycle/take-drops.ts';
import { takeTick } from '../../../lib/lifecycle/take-schedule.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const r1 = 'fastq/SYN-1_R1.fastq.gz';
const r2 = 'fastq/SYN-1_R2.fastq.gz';

describe('a pair', () => {
  for (const [name, order] of [
    ['R1 first', [r1, r2]],
    ['R2 first', [r2, r1]],
  ] as const) {
    it(`makes one request with ${name}`, async () => {
      expect(await takeDrop(world, put(world, order[0]))).toBe('gathering');
      expect(await takeDrop(world, put(world, order[1]))).toBe('started');
      const [request, ...others] = await world.ledger.requests.list(10);
      expect(others).toEqual([]);
      expect(JSON.parse(request?.requestText ?? '')).toMatchObject({
        workflowId: '1234567',
        parameters: { fastq_1: `s3://drops/${r1}`, fastq_2: `s3://drops/${r2}`, sample: 'SYN-1' },
        outputUri: 's3://results/germline/',
        retentionMode: 'RETAIN',
      });
      expect(world.executions.statuses.size).toBe(1);
      expect((await world.ledger.drops.list(10)).map(({ state, identity }) => [state, identity])).toEqual([
        ['TAKEN', request?.identity],
        ['TAKEN', request?.identity],
      ]);
    });
  }

  it('makes one request of fifty deliveries side by side', async () => {
    const drops = [put(world, r1), put(world, r2)];
    const deliveries = Array.from({ length: 50 }, (_, number) => drops[number % 2] ?? put(world, r1));
    await Promise.all(deliveries.map((drop) => takeDrop(world, drop)));
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
    expect([...world.executions.statuses.keys()]).toHaveLength(1);
  });

  it('shows what a half still waits for', async () => {
    await takeDrop(world, put(world, r1));
    const [header] = await world.ledger.gathers.open('GATHERING', 10);
    expect(header?.missing).toEqual(['read=2']);
  });

  it('never mixes a new R1 with the old R2', async () => {
    await takeDrop(world, put(world, r1));
    await takeDrop(world, put(world, r2));
    expect(await takeDrop(world, put(world, r1))).toBe('gathering');
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
    expect(await takeDrop(world, put(world, r2))).toBe('started');
    expect(await world.ledger.requests.list(10)).toHaveLength(2);
  });

  it('is the same request when one of its files is dropped again with the same bytes', async () => {
    await takeDrop(world, put(world, r1, { etag: 'same' }));
    await takeDrop(world, put(world, r2));
    expect(await takeDrop(world, put(world, r1, { etag: 'same' }))).toBe('started');
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
    expect(await world.ledger.gathers.open('GATHERING', 10)).toEqual([]);
    const identities = new Set((await world.ledger.drops.list(10)).map(({ identity }) => identity));
    expect([...identities]).toEqual([(await world.ledger.requests.list(1))[0]?.identity]);
  });

  it('keeps sample names out of the execution and the log', async () => {
    await takeDrop(world, put(world, r1));
    await takeDrop(world, put(world, r2));
    const seen = JSON.stringify([[...world.executions.inputs], world.lines]);
    expect(seen).not.toContain('SYN-1');
    expect(world.lines.length).toBeGreaterThan(0);
  });
});

describe('a single drop', () => {
  it('makes one request, however often it is delivered', async () => {
    const drop = put(world, 'cram/SYN-1.cram');
    expect(await takeDrop(world, drop)).toBe('started');
    expect(await takeDrop(world, drop)).toBe('known');
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
  });

  it('is the same request when the same bytes are dropped again', async () => {
    await takeDrop(world, put(world, 'cram/SYN-1.cram', { etag: 'same' }));
    await takeDrop(world, put(world, 'cram/SYN-1.cram', { etag: 'same' }));
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
  });

  it('gets its execution on redelivery when the first invocation died after the claim', async () => {
    const drop = put(world, 'cram/SYN-1.cram');
    const dead = { ...world, executions: { ...world.executions, start: () => Promise.reject(new Error('died')) } };
    await expect(takeDrop(dead as unknown as World, drop)).rejects.toThrow('died');
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
    await takeDrop(world, drop);
    expect([...world.executions.statuses.keys()]).toEqual([expect.stringMatching(/single-[0-9a-f]{32}-w1$/)]);
  });

  it('is rejected, with the reason, when the object is gone', async () => {
    const drop = put(world, 'cram/SYN-1.cram');
    world.store.clear();
    expect(await takeDrop(world, drop)).toBe('rejected');
    const [record] = await world.ledger.drops.list(10);
    expect(record).toMatchObject({ state: 'REJECTED', reason: expect.stringContaining('gone before it was read') });
  });

  it('is superseded when it was overwritten before it was read', async () => {
    const old = put(world, 'cram/SYN-1.cram');
    const newer = put(world, 'cram/SYN-1.cram');
    expect(await takeDrop(world, old)).toBe('superseded');
    expect(await takeDrop(world, newer)).toBe('started');
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
  });

  it('leaves nothing in the ledger when no route takes it', async () => {
    expect(await takeDrop(world, put(world, 'notes/readme.txt'))).toBe('unmatched');
    expect(await world.ledger.drops.list(10)).toEqual([]);
  });
});

describe('a run request', () => {
  const drop = (text: string, sizeBytes = text.length) => put(world, 'requests/a.json', { text, sizeBytes });
  const good = JSON.stringify({ workflowId: '1234567', parameters: { fastq_1: 's3://drops/x' } });

  it('is claimed with the role and output of its route', async () => {
    expect(await takeDrop(world, drop(good))).toBe('started');
    const [request] = await world.ledger.requests.list(1);
    expect(JSON.parse(request?.requestText ?? '')).toMatchObject({
      workflowId: '1234567',
      roleArn: 'arn:aws:iam::000000000000:role/HealthOmics',
      outputUri: 's3://results/run-request/',
    });
  });

  const bad: readonly (readonly [string, string, number | undefined, RegExp])[] = [
    ['not JSON', '{"workflowId": ', undefined, /JSON/],
    ['too large', 'x', 10_000_000, /10000000 bytes/],
    ['not a StartRun request', '{"workflowid": "1234567"}', undefined, /workflowid/],
    ['a workflow that the route does not allow', '{"workflowId": "999"}', undefined, /999/],
    [
      'a role of its own',
      good.replace('{', '{"roleArn": "arn:aws:iam::999999999999:role/Admin",'),
      undefined,
      /roleArn/,
    ],
  ];
  for (const [name, text, sizeBytes, reason] of bad) {
    it(`is rejected, with the reason: ${name}`, async () => {
      expect(await takeDrop(world, drop(text, sizeBytes))).toBe('rejected');
      const [record] = await world.ledger.drops.list(1);
      expect(record?.reason).toMatch(reason);
      expect(await world.ledger.requests.list(1)).toEqual([]);
    });
  }
});

describe('a batch', () => {
  const event = (key: string, etag: string, size = 100) => ({
    version: '0',
    id: 'e',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '000000000000',
    time: '2026-01-02T03:04:05Z',
    region: 'us-east-1',
    resources: ['arn:aws:s3:::drops'],
    detail: {
      version: '0',
      bucket: { name: 'drops' },
      object: { key, size, etag, sequencer: '01' },
      reason: 'PutObject',
    },
  });

  it('takes the good records beside a poisoned one', async () => {
    const good = put(world, 'cram/SYN-1.cram');
    const response = await takeDrops(world, [
      { messageId: 'm1', body: 'not json' },
      { messageId: 'm2', body: JSON.stringify(event(good.key, good.etag)) },
      { messageId: 'm3', body: JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' }) },
      { messageId: 'm4', body: JSON.stringify({ ...event('x', 'y'), detail: {} }) },
    ]);
    expect(response.batchItemFailures).toEqual([{ itemIdentifier: 'm1' }, { itemIdentifier: 'm4' }]);
    expect(await world.ledger.requests.list(10)).toHaveLength(1);
  });
});

describe('an invocation that is none of the queue', () => {
  it('is refused with what on-drop takes', async () => {
    await expect(takeDrops(world, undefined as never)).rejects.toThrow(/messages of the drops queue/);
  });
});

describe('a schedule', () => {
  it('makes one request a tick, however often the tick is delivered', async () => {
    const tick = { schedule: 'nightly', scheduleArn: 'arn:schedule', scheduledTime: '2026-01-02T01:00:00Z' };
    const first = await takeTick(world, tick);
    const again = await takeTick(world, tick);
    const next = await takeTick(world, { ...tick, scheduledTime: '2026-01-03T01:00:00Z' });
    expect(again.identity).toBe(first.identity);
    expect(next.identity).not.toBe(first.identity);
    expect(JSON.parse(first.requestText)).toMatchObject({ workflowId: '222', parameters: { date: '2026-01-02' } });
  });

  it('says so when the route file no longer has it', async () => {
    const tick = { schedule: 'gone', scheduleArn: 'arn:schedule', scheduledTime: '2026-01-02T01:00:00Z' };
    await expect(takeTick(world, tick)).rejects.toThrow(/no schedule gone/);
  });
});
