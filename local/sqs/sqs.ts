/** SQS: the queues of fauxqs, in memory, with the JSON protocol that current SDKs speak. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerAwsJson } from '../aws-json.ts';
import type { FauxqsApp } from '../fauxqs-app.ts';
import type { LocalService, QueueMessage, QueuePort, Surroundings } from '../ports.ts';
import { operationsFor } from './operations.ts';
import { Queues } from './queues.ts';

export interface Sqs extends LocalService, QueuePort {
  /** CreateQueue's attributes. Resolves to the queue's ARN. @throws AwsError as CreateQueue answers. */
  createQueue(name: string, attributes: Readonly<Record<string, string>>): Promise<string>;
}

const BODY_LIMIT_BYTES = 2 * 1024 * 1024;

/** Queues are lost with the process: what they held is announced again by S3 after a restart. */
export function createSqs(surroundings: Surroundings, { app }: { readonly app: FauxqsApp }): Sqs {
  const closing = new AbortController();
  let queues: Promise<Queues> | undefined;
  const open = () => {
    queues ??= app.sqs().then((fauxqs) => new Queues(fauxqs, surroundings, closing.signal));
    return queues;
  };
  return {
    signingNames: ['sqs'],
    handle: async (request, response) => handle(await open(), { request, response, surroundings }),
    async close() {
      closing.abort();
    },
    createQueue: async (name, attributes) => (await open()).createQueue(name, attributes),
    async send(queueArn, body, options = {}) {
      const queue = (await open()).byArn(queueArn);
      await queue.call('sendMessage', {
        MessageBody: body,
        ...(options.messageGroupId === undefined ? {} : { MessageGroupId: options.messageGroupId }),
        ...(options.messageDeduplicationId === undefined
          ? {}
          : { MessageDeduplicationId: options.messageDeduplicationId }),
      });
    },
    async receive(queueArn, options) {
      const queue = (await open()).byArn(queueArn);
      const { Messages: messages } = await queue.receive({
        MaxNumberOfMessages: options.maxMessages,
        WaitTimeSeconds: options.waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      return ((messages ?? []) as ReceivedMessage[]).map(asQueueMessage);
    },
    async delete(queueArn, receiptHandles) {
      const queue = (await open()).byArn(queueArn);
      for (const handle of receiptHandles) await queue.call('deleteMessage', { ReceiptHandle: handle });
    },
    async changeVisibility(queueArn, receiptHandle, timeoutSeconds) {
      const queue = (await open()).byArn(queueArn);
      await queue.call('changeMessageVisibility', { ReceiptHandle: receiptHandle, VisibilityTimeout: timeoutSeconds });
    },
  };
}

interface ReceivedMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Record<string, string>;
  readonly MessageAttributes?: Record<string, unknown>;
}

function asQueueMessage(message: ReceivedMessage): QueueMessage {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: message.MessageAttributes ?? {},
    md5OfBody: message.MD5OfBody,
  };
}

async function handle(
  queues: Queues,
  exchange: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly surroundings: Surroundings;
  },
): Promise<void> {
  const { request, response, surroundings } = exchange;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const caller = { host: request.headers.host ?? 'localhost', signal: gone.signal };
  await answerAwsJson(request, response, {
    serviceName: 'SQS',
    version: '1.0',
    operations: operationsFor(queues, { caller, response, accountId: surroundings.accountId }),
    bodyLimitBytes: BODY_LIMIT_BYTES,
    report: surroundings.report,
  });
}
