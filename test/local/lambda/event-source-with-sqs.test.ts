import { afterEach, expect, it } from 'vitest';
import { createFauxqsApp } from '../../../local/fauxqs-app.ts';
import { createEventSource } from '../../../local/lambda/event-source.ts';
import type { SqsRecord } from '../../../local/lambda/sqs-event.ts';
import type { LambdaOutcome } from '../../../local/ports.ts';
import { createSqs } from '../../../local/sqs/sqs.ts';
import { testSurroundings, until } from '../../support/service-server.ts';

const closes: Array<() => Promise<void>> = [];

afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

/** A queue and its dead-letter queue on the laptop's SQS, feeding a function that fails the bodies in `poison`. */
async function start({ fifo, poison }: { fifo: boolean; poison: ReadonlySet<string> }) {
  const surroundings = testSurroundings();
  const sqs = createSqs(surroundings, { app: createFauxqsApp() });
  const ending = fifo ? '.fifo' : '';
  const kind: Record<string, string> = fifo ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' } : {};
  const deadLetterArn = await sqs.createQueue(`drops-dlq${ending}`, kind);
  const redrive = JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount: 2 });
  const queueArn = await sqs.createQueue(`drops${ending}`, { ...kind, VisibilityTimeout: '1', RedrivePolicy: redrive });
  const records: SqsRecord[] = [];
  const invoke = async (_: string, payload: unknown): Promise<LambdaOutcome> => {
    const batch = (payload as { readonly Records: readonly SqsRecord[] }).Records;
    records.push(...batch);
    const failed = batch.filter(({ body }) => poison.has(body));
    return {
      kind: 'returned',
      payload: { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) },
    };
  };
  const definition = { queueArn, functionName: 'on-drop', batchSize: 10, reportBatchItemFailures: true, fifo };
  const source = createEventSource(surroundings, { ...definition, queues: sqs, lambda: { invoke } });
  closes.push(
    () => source.close(),
    () => sqs.close(),
  );
  const send = async (...bodies: string[]) => {
    for (const body of bodies) await sqs.send(queueArn, body, fifo ? { messageGroupId: body[0] ?? '' } : {});
  };
  const deadLetters = async () => {
    const messages = await sqs.receive(deadLetterArn, { maxMessages: 10, waitSeconds: 5 });
    return messages.map(({ body }) => body);
  };
  return { source, records, send, deadLetters, reported: surroundings.reported };
}

it('gives a poison message alone back until the queue moves it to its dead-letter queue', async () => {
  const { source, records, send, deadLetters, reported } = await start({ fifo: false, poison: new Set(['bad']) });
  await send('one', 'bad', 'two');
  source.start();
  expect(await deadLetters()).toEqual(['bad']);
  expect(records.map(({ body }) => body).sort()).toEqual(['bad', 'bad', 'one', 'two']);
  expect(
    records.filter(({ body }) => body === 'bad').map(({ attributes }) => attributes.ApproximateReceiveCount),
  ).toEqual(['1', '2']);
  expect(reported).toEqual([]);
});

it('keeps a FIFO group in order behind a poison message, and the other groups moving', async () => {
  const { source, records, send, deadLetters } = await start({ fifo: true, poison: new Set(['a1']) });
  await send('a1', 'a2', 'b1', 'b2');
  source.start();
  await until(() => records.some(({ body }) => body === 'b2'));
  expect(await deadLetters()).toContain('a1');
  const bodies = records.map(({ body }) => body);
  expect(bodies.filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2']);
  expect(bodies.filter((body) => body === 'a1')).toHaveLength(2);
});
