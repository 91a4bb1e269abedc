import type { ServerResponse } from 'node:http';
import { AwsError } from '../aws-error.ts';
import type { JsonObject, JsonOperations } from '../aws-json.ts';
import type { ActionName, Caller, Queues } from './queues.ts';

/** SQS's operations for one caller: queue URLs lead back to the host that it used, and end its waits when it leaves. */
export function operationsFor(
  queues: Queues,
  context: { readonly caller: Caller; readonly response: ServerResponse; readonly accountId: string },
): JsonOperations {
  const { caller, response } = context;
  const urlOf = (name: string) => `http://${caller.host}/${context.accountId}/${name}`;
  const here = (url: unknown) => urlOf(String(url).split('/').at(-1) ?? '');
  const named = (operation: (input: JsonObject) => Promise<JsonObject>) => async (input: JsonObject) => {
    try {
      return await operation(input);
    } catch (error) {
      if (error instanceof AwsError) response.setHeader('x-amzn-query-error', queryErrorOf(error));
      throw error;
    }
  };
  const plain = PLAIN_OPERATIONS.map(([name, action]) => [name, named((input) => queues.call(action, input))] as const);
  const waking = (action: ActionName) =>
    named(async (input) => {
      const result = await queues.call(action, input);
      queues.wake(input);
      return result;
    });
  return {
    ...Object.fromEntries(plain),
    CreateQueue: named(async (input) => ({ QueueUrl: here((await queues.create(input, caller)).QueueUrl) })),
    GetQueueUrl: named(async (input) => ({ QueueUrl: here((await queues.call('getQueueUrl', input)).QueueUrl) })),
    ListQueues: named(async (input) => {
      const { QueueUrls: urls, ...next } = await queues.call('listQueues', input);
      return { QueueUrls: (urls as string[]).map(here), ...next };
    }),
    ListDeadLetterSourceQueues: named(async (input) => ({
      queueUrls: queues.sourcesOf(input).map((queue) => urlOf(queue.name)),
    })),
    SetQueueAttributes: named(async (input) => queues.setAttributes(input)),
    ReceiveMessage: named((input) => queues.receive(input, caller)),
    ChangeMessageVisibility: waking('changeMessageVisibility'),
    ChangeMessageVisibilityBatch: waking('changeMessageVisibilityBatch'),
  };
}

const PLAIN_OPERATIONS: readonly (readonly [string, ActionName])[] = [
  ['DeleteMessage', 'deleteMessage'],
  ['DeleteMessageBatch', 'deleteMessageBatch'],
  ['DeleteQueue', 'deleteQueue'],
  ['GetQueueAttributes', 'getQueueAttributes'],
  ['ListQueueTags', 'listQueueTags'],
  ['PurgeQueue', 'purgeQueue'],
  ['SendMessage', 'sendMessage'],
  ['SendMessageBatch', 'sendMessageBatch'],
  ['TagQueue', 'tagQueue'],
  ['UntagQueue', 'untagQueue'],
];

/** The error codes of the old query protocol, which boto3 and the CLI still show. */
function queryErrorOf(error: AwsError): string {
  return `${QUERY_CODES[error.code] ?? error.code};${error.statusCode < 500 ? 'Sender' : 'Receiver'}`;
}

const QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
};
