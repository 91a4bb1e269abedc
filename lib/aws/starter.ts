/** The starts queue: FIFO, one group, so that one starter runs at a time. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { writeNudge } from '../lifecycle/nudge.ts';
import type { Starter } from '../lifecycle/ports.ts';
import { opaqueId } from '../runs/identity.ts';
import { config } from './config.ts';
import { traced } from './tracing.ts';

let client: SQSClient | undefined;

export function createStarter(): Starter {
  client ??= traced(new SQSClient({}));
  const sqs = client;
  return {
    async nudge(cause, identity) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: config().startsQueueUrl,
          MessageBody: writeNudge(identity),
          MessageGroupId: 'starter',
          // A nudge that SQS takes for a double of an older one is lost, so each cause is its own.
          MessageDeduplicationId: opaqueId({ cause, at: Date.now() }),
        }),
      );
    },
  };
}
