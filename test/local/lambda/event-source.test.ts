import { afterEach, describe, expect, it } from 'vitest';
import { createEventSource, type EventSourceOptions } from '../../../local/lambda/event-source.ts';
import type { SqsRecord } from '../../../local/lambda/sqs-event.ts';
import type { LambdaOutcome } from '../../../local/ports.ts';
import { FakeQueues } from '../../support/fake-queues.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { testSurroundings } from '../../support/service-server.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:drops';
const VISIBILITY_MS = 30_000;
const closes: Array<() => Promise<void>> = [];

afterEach(async () => {
  await Promise.all(closes.splice(0).map((close) => close()));
});

type Answer = (records: readonly SqsRecord[]) => unknown;

interface Settings extends Partial<EventSourceOptions> {
  readonly answer?: Answer;
}

function start({ answer = () => undefined, ...overrides }: Settings = {}) {
  const clock = createManualClock();
  const surroundings = testSurroundings({ clock });
  const queues = new FakeQueues(clock, [{ arn: QUEUE, visibilityTimeoutMs: VISIBILITY_MS }]);
  const batches: string[][] = [];
  const events: Array<{ readonly Records: readonly SqsRecord[] }> = [];
  const lambda = {
    async invoke(_: string, payload: unknown): Promise<LambdaOutcome> {
      const event = payload as { readonly Records: readonly SqsRecord[] };
      events.push(event);
      batches.push(event.Records.map(({ body }) => body));
      try {
        return { kind: 'returned', payload: (await answer(event.Records)) ?? null };
      } catch (error) {
        return { kind: 'threw', payload: { errorType: 'Error', errorMessage: String(error) } };
      }
    },
  };
  const definition = {
    queueArn: QUEUE,
    functionName: 'on-drop',
    batchSize: 10,
    reportBatchItemFailures: true,
    fifo: false,
  };
  const source = createEventSource(surroundings, { ...definition, queues, lambda, ...overrides });
  closes.push(() => source.close());
  const send = async (...bodies: string[]) => {
    for (const body of bodies) await queues.send(QUEUE, body, overrides.fifo ? { messageGroupId: body[0] ?? '' } : {});
  };
  return { source, clock, queues, batches, events, send, reported: surroundings.reported };
}

function failingBodies(...bodies: string[]): Answer {
  return (records) => ({
    batchItemFailures: records
      .filter(({ body }) => bodies.includes(body))
      .map(({ messageId }) => ({ itemIdentifier: messageId })),
  });
}

describe('a batch', () => {
  it('has the shape that Lambda documents, and its messages are deleted', async () => {
    const { source, clock, queues, events, send } = start();
    await send('{"a":1}');
    source.start();
    await clock.advanceBy(0);
    expect(events).toEqual([
      {
        Records: [
          {
            messageId: expect.any(String),
            receiptHandle: expect.any(String),
            body: '{"a":1}',
            attributes: { ApproximateReceiveCount: '1' },
            messageAttributes: {
              kind: { dataType: 'String', stringValue: 'test', stringListValues: [], binaryListValues: [] },
            },
            md5OfBody: 'bb6cb5c68df4652941caf652a366f2d8',
            eventSource: 'aws:sqs',
            eventSourceARN: QUEUE,
            awsRegion: 'us-east-1',
          },
        ],
      },
    ]);
    expect(queues.bodies(QUEUE)).toEqual([]);
  });

  it('has at most the batch size', async () => {
    const { source, clock, batches, send } = start({ batchSize: 2 });
    await send('1', '2', '3', '4', '5');
    source.start();
    await clock.advanceBy(0);
    expect(batches).toEqual([['1', '2'], ['3', '4'], ['5']]);
  });

  it('waits for its window to fill up', async () => {
    const { source, clock, batches, send } = start({ batchSize: 15, maximumBatchingWindowSeconds: 5 });
    await send(...Array.from({ length: 12 }, (_, index) => String(index)));
    source.start();
    await clock.advanceBy(2_000);
    expect(batches).toEqual([]);
    await send('late');
    await clock.advanceBy(3_000);
    expect(batches.map((batch) => batch.length)).toEqual([13]);
  });

  it('gives back the failed messages alone, when their visibility timeout passes', async () => {
    const { source, clock, queues, batches, send } = start({ answer: failingBodies('2') });
    await send('1', '2', '3');
    source.start();
    await clock.advanceBy(VISIBILITY_MS - 1);
    expect(batches).toEqual([['1', '2', '3']]);
    expect(queues.bodies(QUEUE)).toEqual(['2']);
    await clock.advanceBy(1);
    expect(batches[1]).toEqual(['2']);
  });

  it('comes again whole when the function throws', async () => {
    let failures = 1;
    const answer = () => {
      if (failures-- > 0) throw new Error('no');
    };
    const { source, clock, queues, batches, send } = start({ answer });
    await send('1', '2');
    source.start();
    await clock.advanceBy(VISIBILITY_MS);
    expect(batches).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(queues.bodies(QUEUE)).toEqual([]);
  });
});

it('runs no more batches at once than its concurrency', async () => {
  const ends: Array<() => void> = [];
  const answer = () => new Promise<undefined>((resolve) => ends.push(() => resolve(undefined)));
  const { source, clock, batches, send } = start({ batchSize: 1, maximumConcurrency: 2, answer });
  await send('1', '2', '3');
  source.start();
  await clock.advanceBy(0);
  expect(batches).toEqual([['1'], ['2']]);
  ends[0]?.();
  await clock.advanceBy(0);
  expect(batches).toEqual([['1'], ['2'], ['3']]);
});

describe('a FIFO queue', () => {
  it('has its groups side by side and each in order', async () => {
    const ends = new Map<string, () => void>();
    const answer = (records: readonly SqsRecord[]) =>
      new Promise<undefined>((resolve) => ends.set(records.map(({ body }) => body).join(), () => resolve(undefined)));
    const { source, clock, batches, send } = start({ fifo: true, batchSize: 1, answer });
    await send('a1', 'a2', 'b1');
    source.start();
    await clock.advanceBy(0);
    expect(batches).toEqual([['a1'], ['b1']]);
    ends.get('a1')?.();
    await clock.advanceBy(0);
    expect(batches).toEqual([['a1'], ['b1'], ['a2']]);
  });

  it('keeps the rest of a group behind a failed message', async () => {
    const { source, clock, queues, batches, send } = start({ fifo: true, answer: failingBodies('a2') });
    await send('a1', 'a2', 'a3', 'b1');
    source.start();
    await clock.advanceBy(1_000);
    expect(batches).toEqual([['a1', 'a2', 'a3', 'b1']]);
    expect(queues.bodies(QUEUE)).toEqual(['a2', 'a3']);
    await clock.advanceBy(VISIBILITY_MS);
    expect(batches[1]).toEqual(['a2', 'a3']);
  });

  it('drops a batch that the queue gave too early when its predecessor fails', async () => {
    const { source, clock, queues, batches, send } = start({ fifo: true, batchSize: 1, answer: failingBodies('a1') });
    await send('a1');
    const receive = queues.receive.bind(queues);
    const hasty = {
      messageId: 'h',
      receiptHandle: 'h',
      body: 'a2',
      attributes: { MessageGroupId: 'a' },
      messageAttributes: {},
      md5OfBody: '',
    };
    let calls = 0;
    queues.receive = async (arn, options) => (++calls === 2 ? [hasty] : receive(arn, options));
    source.start();
    await clock.advanceBy(1_000);
    expect(batches).toEqual([['a1']]);
  });
});

describe('polling', () => {
  it('is one long poll after the other while nothing comes', async () => {
    const { source, clock, queues } = start();
    source.start();
    await clock.advanceBy(60_000);
    expect(queues.receiveCalls).toBeLessThanOrEqual(4);
  });

  it('backs off on errors, reports them once, and goes on', async () => {
    const { source, clock, queues, batches, send, reported } = start();
    queues.failure = new Error('the queue is away');
    source.start();
    await clock.advanceBy(120_000);
    expect(queues.receiveCalls).toBeLessThanOrEqual(10);
    expect(reported).toEqual([expect.stringMatching(/cannot poll .*drops.*the queue is away/)]);
    queues.failure = undefined;
    await send('1');
    await clock.advanceBy(30_000);
    expect(batches).toEqual([['1']]);
  });

  it('asks a queue that does not wait no faster than a few times a second', async () => {
    const { source, clock, queues } = start();
    let calls = 0;
    queues.receive = async () => {
      calls += 1;
      return [];
    };
    source.start();
    await clock.advanceBy(2_000);
    expect(calls).toBeLessThanOrEqual(11);
  });

  it('ends at once when it is closed, and what arrives later is left alone', async () => {
    const { source, clock, batches, send } = start();
    source.start();
    await clock.advanceBy(1_000);
    await source.close();
    await send('1');
    await clock.advanceBy(60_000);
    expect(batches).toEqual([]);
  });
});
