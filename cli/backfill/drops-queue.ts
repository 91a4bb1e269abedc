/** Sends drops to the queue that EventBridge sends them to. */
import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs';
import type { Drop } from '../../lib/routing/drop.ts';
import { objectCreatedEvent } from '../../lib/routing/object-created-event.ts';
import { CommandError } from '../errors.ts';
import { queueUrl } from '../queue-url.ts';

/** SQS takes at most so many messages, and 256 KiB, in one call; a message is at most some 4 KiB. */
export const BATCH = 10;
const MOST_TRIES = 3;

export interface DropsQueue {
  /** Of the account that owns it. */
  readonly account: string;
  /** Sends at most `BATCH` drops. Rejects when SQS does not take one of them, even on another try. */
  send(drops: readonly Drop[]): Promise<void>;
}

/** @throws CommandError when there is no such queue. */
export async function openDropsQueue(sqs: SQSClient, name: string, region: string): Promise<DropsQueue> {
  const url = await queueUrl(sqs, name);
  // https://sqs.REGION.amazonaws.com/ACCOUNT/NAME
  const account = new URL(url).pathname.split('/')[1] ?? '';
  return {
    account,
    async send(drops) {
      let left: SendMessageBatchRequestEntry[] = drops.map((drop, index) => ({
        Id: String(index),
        MessageBody: objectCreatedEvent(drop, { id: randomUUID(), account, region }),
      }));
      let why = '';
      for (let attempt = 0; attempt < MOST_TRIES && left.length > 0; attempt += 1) {
        const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: left }));
        const failed = new Set(Failed.map(({ Id }) => Id));
        why = Failed[0]?.Message ?? Failed[0]?.Code ?? '';
        left = left.filter(({ Id }) => failed.has(Id));
      }
      if (left.length > 0) {
        throw new CommandError(
          `The queue ${name} did not take ${left.length} drops: ${why}. Run it again: what was sent starts nothing twice.`,
        );
      }
    },
  };
}
