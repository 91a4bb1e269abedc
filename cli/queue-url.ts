/** Where a queue of the deployment is. */
import { GetQueueUrlCommand, QueueDoesNotExist, type SQSClient } from '@aws-sdk/client-sqs';
import { CommandError } from './errors.ts';

/** @throws CommandError when there is no such queue */
export async function queueUrl(sqs: SQSClient, name: string): Promise<string> {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    if (QueueUrl !== undefined) return QueueUrl;
  } catch (error) {
    if (!(error instanceof QueueDoesNotExist)) throw error;
  }
  throw new CommandError(
    `There is no queue ${name} in this account and region. Deploy Rundrop first, or name its stage with --stage.`,
  );
}
