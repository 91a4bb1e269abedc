import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import type { FauxqsSqsStore } from '../fauxqs-app.ts';

/** What SQS checks of a new or changed queue and fauxqs does not. @throws AwsError InvalidParameterValue */
export function checkQueueName(name: unknown): void {
  if (typeof name === 'string' && name.length <= 80 && /^[A-Za-z0-9_-]+(\.fifo)?$/.test(name)) return;
  throw new AwsError(
    'InvalidParameterValue',
    'A queue name has 1 to 80 letters, digits, hyphens or underscores, and .fifo at its end for a FIFO queue.',
  );
}

/** @throws AwsError InvalidParameterValue when the redrive policy could never move a message. */
export function checkRedrivePolicy(
  store: FauxqsSqsStore,
  options: { queueIsFifo: boolean; attributes: unknown },
): void {
  const text = ((options.attributes ?? {}) as JsonObject).RedrivePolicy;
  if (text === undefined || text === '') return;
  const { maxReceiveCount, deadLetterTargetArn } = parsePolicy(text);
  const count = Number(maxReceiveCount);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw invalidPolicy('maxReceiveCount must be a whole number from 1 to 1000');
  }
  const target = typeof deadLetterTargetArn === 'string' ? store.getQueueByArn(deadLetterTargetArn) : undefined;
  if (target === undefined) throw invalidPolicy(`the dead-letter queue ${String(deadLetterTargetArn)} does not exist`);
  if (target.isFifo() !== options.queueIsFifo) {
    throw invalidPolicy(
      'the dead-letter queue of a FIFO queue is a FIFO queue, and of a standard queue a standard queue',
    );
  }
}

function parsePolicy(text: unknown): JsonObject {
  try {
    const policy: unknown = JSON.parse(String(text));
    if (typeof policy === 'object' && policy !== null) return policy as JsonObject;
  } catch (error) {
    throw invalidPolicy('it is not JSON', error);
  }
  throw invalidPolicy('it is not a JSON object');
}

function invalidPolicy(reason: string, cause?: unknown): AwsError {
  const message = `Value for parameter RedrivePolicy is invalid. Reason: ${reason}.`;
  return new AwsError('InvalidParameterValue', message, cause === undefined ? {} : { cause });
}
