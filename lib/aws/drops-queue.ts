/** The drops queue, to which Rundrop sends messages of its own. */
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import { config } from './config.ts';
import { traced } from './tracing.ts';

/** SQS takes so many messages a call. */
const BATCH_SIZE = 10;

let client: SQSClient | undefined;

export type DropsMessage = Omit<SendMessageBatchRequestEntry, 'Id'>;

/** Sends them call by call. The first call of which the queue does not take every message is the last; `notTaken` is thrown. */
export async function sendToDrops(
  messages: readonly DropsMessage[],
  notTaken: (count: number, code: string | undefined) => Error,
): Promise<void> {
  client ??= traced(new SQSClient({}));
  for (let from = 0; from < messages.length; from += BATCH_SIZE) {
    const Entries = messages
      .slice(from, from + BATCH_SIZE)
      .map((message, index) => ({ Id: String(index), ...message }));
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: config().dropsQueueUrl, Entries }),
    );
    if (Failed.length > 0) throw notTaken(Failed.length, Failed[0]?.Code);
  }
}
