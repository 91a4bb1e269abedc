/** The drops queue, to which objects that became other ones are sent back. */
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DropsAgain } from '../lifecycle/ports.ts';
import { writeDropAgain } from '../routing/drop-again-message.ts';
import { config } from './config.ts';
import { traced } from './tracing.ts';

/** SQS takes so many messages a call. */
const BATCH_SIZE = 10;

/** The queue did not take every object. Retriable: one that is sent twice is taken once. */
export class DropsNotSentAgain extends Error {
  override readonly name = 'DropsNotSentAgain';
  constructor(count: number, code: string | undefined) {
    super(`The drops queue did not take ${count} objects that changed (${code ?? 'no code'}). The step comes back.`);
  }
}

let client: SQSClient | undefined;

export function createDropsAgain(): DropsAgain {
  client ??= traced(new SQSClient({}));
  const sqs = client;
  return {
    async send(dropIds) {
      for (let from = 0; from < dropIds.length; from += BATCH_SIZE) {
        const Entries = dropIds.slice(from, from + BATCH_SIZE).map((dropId, index) => ({
          Id: String(index),
          MessageBody: writeDropAgain(dropId),
        }));
        const { Failed = [] } = await sqs.send(
          new SendMessageBatchCommand({ QueueUrl: config().dropsQueueUrl, Entries }),
        );
        if (Failed.length > 0) throw new DropsNotSentAgain(Failed.length, Failed[0]?.Code);
      }
    },
  };
}
