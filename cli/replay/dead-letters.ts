/** The messages of the dead-letter queues: looked at and put back, or sent to where they are tried again, and removed. */
import { randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type DeadLetter, type DeadLetterQueue, readDeadLetter } from '../../lib/lifecycle/dead-letter.ts';
import { CommandError } from '../errors.ts';
import { queueUrl } from '../queue-url.ts';

export interface FoundLetter extends DeadLetter {
  readonly queue: DeadLetterQueue;
  readonly id: string;
  /** When it was sent first, ISO. */
  readonly since: string;
  readonly receives: number;
  /** What EventBridge or Scheduler say of their failure. */
  readonly error?: string;
  readonly body: string;
  readonly receiptHandle: string;
}

export interface DeadLetters {
  /** At most so many of each queue. They stay hidden from others until they are put back, or for five minutes. */
  receive(limit: number): Promise<readonly FoundLetter[]>;
  /** What was not taken is visible again. */
  putBack(letters: readonly FoundLetter[]): Promise<void>;
  /** Sends it to where it is tried again, then removes it: a crash in between repeats it, which is harmless. */
  redrive(letter: FoundLetter): Promise<void>;
  /** Sends a message of our own to the drops queue. */
  sendToDrops(body: string): Promise<void>;
  /** Removes it for good. */
  discard(letter: FoundLetter): Promise<void>;
}

export interface DeadLetterPorts {
  readonly sqs: SQSClient;
  readonly stage: string;
  /** Above 0 SQS asks every server of its own: without it a queue that has messages may answer with none. */
  readonly waitSeconds: number;
  /** Invokes on-schedule with the tick of a schedule. */
  readonly tick: (payload: string) => Promise<void>;
}

const NAMES: Readonly<Record<DeadLetterQueue, string>> = {
  drops: 'drops-dlq',
  starts: 'starts-dlq.fifo',
  undelivered: 'undelivered',
};
const QUEUES = Object.keys(NAMES) as readonly DeadLetterQueue[];
const BATCH = 10;
/** Long enough for a person's command, short enough if it is cut off. */
const HIDDEN_SECONDS = 300;

/** @throws CommandError when there is no such queue */
export async function openDeadLetters({ sqs, stage, waitSeconds, tick }: DeadLetterPorts): Promise<DeadLetters> {
  const names = [...QUEUES.map((queue) => NAMES[queue]), 'drops', 'starts.fifo'];
  const urls = new Map(
    await Promise.all(names.map(async (name) => [name, await queueUrl(sqs, `rundrop-${stage}-${name}`)] as const)),
  );
  const url = (name: string) => urls.get(name) ?? '';
  const remove = async ({ queue, receiptHandle }: FoundLetter) => {
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url(NAMES[queue]), ReceiptHandle: receiptHandle }));
  };
  return {
    async receive(limit) {
      const found = await Promise.all(
        QUEUES.map((queue) => receiveAll(sqs, queue, { url: url(NAMES[queue]), limit, waitSeconds })),
      );
      return found.flat().sort((a, b) => a.since.localeCompare(b.since));
    },
    async putBack(letters) {
      for (const queue of QUEUES) {
        const own = letters.filter((letter) => letter.queue === queue);
        for (let from = 0; from < own.length; from += BATCH) {
          const Entries = own.slice(from, from + BATCH).map(({ receiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: 0,
          }));
          await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url(NAMES[queue]), Entries }));
        }
      }
    },
    async redrive(letter) {
      await send(letter, { sqs, url, tick });
      await remove(letter);
    },
    async sendToDrops(body) {
      await sqs.send(new SendMessageCommand({ QueueUrl: url('drops'), MessageBody: body }));
    },
    discard: remove,
  };
}

async function send(
  { goesTo, body, payload, id }: FoundLetter,
  { sqs, url, tick }: Pick<DeadLetterPorts, 'sqs' | 'tick'> & { readonly url: (name: string) => string },
): Promise<void> {
  switch (goesTo) {
    case 'drops':
      await sqs.send(new SendMessageCommand({ QueueUrl: url('drops'), MessageBody: payload ?? body }));
      return;
    case 'starts':
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: url('starts.fifo'),
          MessageBody: body,
          MessageGroupId: 'starter',
          MessageDeduplicationId: randomUUID(),
        }),
      );
      return;
    case 'on-schedule':
      return tick(payload ?? body);
    case 'nowhere':
      return;
    case 'stays':
      throw new CommandError(
        `Message ${id} cannot be read, so it would come back at once. Remove it with --discard ${id}`,
      );
    default:
      return goesTo satisfies never;
  }
}

async function receiveAll(
  sqs: SQSClient,
  queue: DeadLetterQueue,
  { url, limit, waitSeconds }: { readonly url: string; readonly limit: number; readonly waitSeconds: number },
): Promise<readonly FoundLetter[]> {
  const found: FoundLetter[] = [];
  while (found.length < limit) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(BATCH, limit - found.length),
        VisibilityTimeout: HIDDEN_SECONDS,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
        MessageAttributeNames: ['ERROR_CODE', 'ERROR_MESSAGE'],
      }),
    );
    if (Messages.length === 0) break;
    found.push(...Messages.map((message) => letterOf(queue, message)));
  }
  return found;
}

function letterOf(queue: DeadLetterQueue, message: Message): FoundLetter {
  const { MessageId: id = '', Body: body = '', ReceiptHandle: receiptHandle = '', Attributes = {} } = message;
  const error = [
    message.MessageAttributes?.ERROR_CODE?.StringValue,
    message.MessageAttributes?.ERROR_MESSAGE?.StringValue,
  ]
    .filter((text) => text !== undefined)
    .join(': ');
  return {
    ...readDeadLetter(queue, body),
    queue,
    id,
    since: new Date(Number(Attributes.SentTimestamp ?? 0)).toISOString(),
    receives: Number(Attributes.ApproximateReceiveCount ?? 0),
    ...(error === '' ? {} : { error }),
    body,
    receiptHandle,
  };
}
