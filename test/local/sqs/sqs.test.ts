import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { createFauxqsApp } from '../../../local/fauxqs-app.ts';
import { createSqs } from '../../../local/sqs/sqs.ts';
import { behindGateway, clientSettings, testSurroundings } from '../gateway/behind-gateway.ts';

async function start() {
  const surroundings = testSurroundings();
  const sqs = createSqs(surroundings, { app: createFauxqsApp() });
  const gateway = await behindGateway(surroundings, [sqs]);
  const client = new SQSClient(clientSettings(gateway));
  const createQueue = async (name: string, attributes: Record<string, string> = {}) => {
    const arn = await sqs.createQueue(name, attributes);
    return { arn, url: `${gateway.endpoint}/000000000000/${name}` };
  };
  const receive = async (url: string, max = 10, waitSeconds = 0): Promise<Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
    });
    return (await client.send(command)).Messages ?? [];
  };
  return { sqs, gateway, client, createQueue, receive };
}

const bodies = (messages: readonly { Body?: string | undefined }[]) => messages.map((message) => message.Body);

test('gives a queue made inside to clients of any region, under a URL that leads back', async () => {
  const { gateway, createQueue } = await start();
  const { arn } = await createQueue('drops');
  expect(arn).toBe('arn:aws:sqs:us-east-1:000000000000:drops');
  const elsewhere = new SQSClient(clientSettings(gateway, { region: 'eu-west-1' }));
  const { QueueUrl: url } = await elsewhere.send(new GetQueueUrlCommand({ QueueName: 'drops' }));
  expect(url).toBe(`${gateway.endpoint}/000000000000/drops`);
  await elsewhere.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'hello' }));
  const { Attributes: attributes } = await elsewhere.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  );
  expect(attributes).toMatchObject({ ApproximateNumberOfMessages: '1', QueueArn: arn });
  expect((await elsewhere.send(new ListQueuesCommand({}))).QueueUrls).toEqual([url]);
});

test('takes characters beyond U+FFFF, as in names with emoji, and refuses control characters', async () => {
  const { sqs, client, createQueue, receive } = await start();
  const { arn, url } = await createQueue('drops');
  await sqs.send(arn, '{"key":"fastq/\u{1F9EC}_R1.fastq.gz"}');
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: '\u{1F9EC}' }));
  const entries = [{ Id: 'one', MessageBody: '\u{10FFFF}' }];
  await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
  expect(bodies(await receive(url))).toEqual(['{"key":"fastq/\u{1F9EC}_R1.fastq.gz"}', '\u{1F9EC}', '\u{10FFFF}']);
  for (const refused of ['\u0001', '\uFFFF', '\uD83E']) {
    await expect(sqs.send(arn, refused)).rejects.toMatchObject({ code: 'InvalidMessageContents' });
  }
});

test('receives through the port what a client sent, with its attributes', async () => {
  const { client, sqs, createQueue } = await start();
  const { arn, url } = await createQueue('starts.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'nudge', MessageGroupId: 'account' }));
  const [message] = await sqs.receive(arn, { maxMessages: 10, waitSeconds: 0 });
  expect(message).toMatchObject({
    body: 'nudge',
    md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
    attributes: {
      ApproximateReceiveCount: '1',
      MessageGroupId: 'account',
      SentTimestamp: expect.stringMatching(/^\d{13}$/),
      SequenceNumber: expect.any(String),
    },
  });
  await sqs.delete(arn, [message?.receiptHandle ?? '']);
  expect(await sqs.receive(arn, { maxMessages: 10, waitSeconds: 0 })).toEqual([]);
});

test('rejects a queue that is not there, each side in its own words', async () => {
  const { client, sqs, gateway } = await start();
  await expect(sqs.send('arn:aws:sqs:us-east-1:000000000000:none', 'x')).rejects.toMatchObject({
    code: 'AWS.SimpleQueueService.NonExistentQueue',
  });
  const send = new SendMessageCommand({ QueueUrl: `${gateway.endpoint}/000000000000/none`, MessageBody: 'x' });
  await expect(client.send(send)).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
});

test('a long poll ends as soon as a message is sent', async () => {
  const { createQueue, receive, sqs } = await start();
  const { arn, url } = await createQueue('drops');
  const polls = [receive(url, 1, 20), receive(url, 1, 20)];
  await sqs.send(arn, 'one');
  await sqs.send(arn, 'two');
  expect((await Promise.all(polls)).flatMap(bodies).sort()).toEqual(['one', 'two']);
});

test('a long poll gets a message whose visibility timeout runs out while it waits', async () => {
  const { client, createQueue, receive, sqs } = await start();
  const { arn, url } = await createQueue('drops');
  await sqs.send(arn, 'back');
  const [message] = await receive(url);
  const poll = receive(url, 1, 20);
  const change = { QueueUrl: url, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 1 };
  await client.send(new ChangeMessageVisibilityCommand(change));
  expect(bodies(await poll)).toEqual(['back']);
});

test('a long poll ends when the service closes, and a client that left takes no message with it', async () => {
  const { client, createQueue, receive, sqs } = await start();
  const { arn, url } = await createQueue('drops');
  const leaving = new AbortController();
  const left = client.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }), {
    abortSignal: leaving.signal,
  });
  const inside = sqs.receive(arn, { maxMessages: 1, waitSeconds: 20 });
  await receive(url);
  leaving.abort();
  await expect(left).rejects.toThrow();
  await sqs.send(arn, 'one');
  expect((await inside).map((message) => message.body)).toEqual(['one']);
  const closed = sqs.receive(arn, { maxMessages: 1, waitSeconds: 20 });
  await sqs.close();
  expect(await closed).toEqual([]);
});

test('moves a message to the dead-letter queue after maxReceiveCount receives', async () => {
  const { client, createQueue, receive, sqs } = await start();
  const dead = await createQueue('drops-dlq');
  const redrive = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
  const drops = await createQueue('drops', { RedrivePolicy: redrive, VisibilityTimeout: '0' });
  await sqs.send(drops.arn, 'poison');
  expect(bodies(await receive(drops.url))).toEqual(['poison']);
  const [second] = await receive(drops.url);
  expect(second?.Attributes?.ApproximateReceiveCount).toBe('2');
  expect(await receive(drops.url)).toEqual([]);
  expect(bodies(await receive(dead.url))).toEqual(['poison']);
  const sources = await client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead.url }));
  expect(sources.queueUrls).toEqual([drops.url]);
});

test('gives a FIFO group in order, holds the rest while it is in flight, and keeps the order when it comes back', async () => {
  const { client, createQueue, receive } = await start();
  const { url } = await createQueue('starts.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
  const entries = ['a1', 'a2', 'a3', 'b1'].map((body, index) => ({
    Id: String(index),
    MessageBody: body,
    MessageGroupId: body[0],
  }));
  await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
  const first = await receive(url, 3);
  expect(bodies(first).sort()).toEqual(['a1', 'a2', 'b1']);
  expect(await receive(url)).toEqual([]);
  for (const message of first) {
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 }),
    );
  }
  const again = await receive(url, 10);
  expect(bodies(again).filter((body) => body?.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
  const done = again.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle }));
  await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: done }));
  expect(await receive(url)).toEqual([]);
});

test('unlocks a FIFO group for who waits when its message is deleted', async () => {
  const { client, createQueue, receive, sqs } = await start();
  const { arn, url } = await createQueue('starts.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
  await sqs.send(arn, 'one', { messageGroupId: 'g' });
  const [one] = await receive(url, 1);
  await sqs.send(arn, 'two', { messageGroupId: 'g' });
  const poll = receive(url, 1, 20);
  await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: one?.ReceiptHandle }));
  expect(bodies(await poll)).toEqual(['two']);
});

test('takes a FIFO message once per deduplication id', async () => {
  const { createQueue, receive, sqs } = await start();
  const { arn, url } = await createQueue('starts.fifo', { FifoQueue: 'true' });
  const options = { messageGroupId: 'g', messageDeduplicationId: 'same' };
  await sqs.send(arn, 'one', options);
  await sqs.send(arn, 'one again', options);
  expect(bodies(await receive(url))).toEqual(['one']);
  await expect(sqs.send(arn, 'no id', { messageGroupId: 'g' })).rejects.toMatchObject({
    code: 'InvalidParameterValue',
  });
});

test('refuses a queue whose name or dead-letter queue cannot be', async () => {
  const { client } = await start();
  const create = (name: string, attributes: Record<string, string> = {}) =>
    client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  await expect(create('with spaces')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  const nowhere = { deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:none', maxReceiveCount: 3 };
  await expect(create('q', { RedrivePolicy: JSON.stringify(nowhere) })).rejects.toThrow(/does not exist/);
  await expect(create('q', { RedrivePolicy: 'not json' })).rejects.toThrow(/not JSON/);
});

test('names an operation that it does not offer', async () => {
  const { client } = await start();
  const move = new StartMessageMoveTaskCommand({ SourceArn: 'arn:aws:sqs:us-east-1:000000000000:drops-dlq' });
  await expect(client.send(move)).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('StartMessageMoveTask'),
  });
});
