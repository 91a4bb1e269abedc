/** Sends one event to one target of a rule: a few attempts, then the target's dead-letter queue, else a reported loss. */
import { AwsError } from '../aws-error.ts';
import type { Surroundings, TargetPort } from '../ports.ts';
import type { Rule, Target } from './rule-store.ts';

/** AWS tries for 24 hours; a laptop's services are in this process, so what does not heal in seconds does not heal. */
const RETRY_DELAYS_MS = [100, 400, 1600] as const;

/** Not tried again on AWS either: the target is not there, or may not be used. */
const PERMANENT_CODES = new Set([
  'ResourceNotFoundException',
  'AWS.SimpleQueueService.NonExistentQueue',
  'QueueDoesNotExist',
  'StateMachineDoesNotExist',
  'ValidationException',
  'InvalidParameterValue',
]);

export interface Sending {
  readonly rule: Rule;
  readonly target: Target;
  readonly input: string;
}

/** Resolves when the target or its dead-letter queue has the event, or its loss is reported. Never rejects. */
export async function sendToTarget(surroundings: Surroundings, targets: TargetPort, sending: Sending): Promise<void> {
  const { target, rule, input } = sending;
  const messageGroupId = target.SqsParameters?.MessageGroupId;
  const deadLetterArn = target.DeadLetterConfig?.Arn;
  const delivery = {
    arn: target.Arn,
    input,
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
  };
  const failure = await attempt(surroundings, () => targets.deliver(delivery), retryDelays(target));
  if (failure === undefined) return;
  const what = `EventBridge: rule ${rule.definition.Name} could not deliver to ${target.Arn} (${describe(failure)})`;
  if (deadLetterArn === undefined) {
    surroundings.report(`${what}; the event is lost, for the target has no dead-letter queue.`);
    return;
  }
  const second = await attempt(surroundings, () => targets.deliver({ arn: deadLetterArn, input }), RETRY_DELAYS_MS);
  if (second !== undefined) {
    surroundings.report(
      `${what}, nor to its dead-letter queue ${deadLetterArn} (${describe(second)}); the event is lost.`,
    );
  }
}

function retryDelays(target: Target): readonly number[] {
  return RETRY_DELAYS_MS.slice(0, target.RetryPolicy?.MaximumRetryAttempts ?? RETRY_DELAYS_MS.length);
}

async function attempt(
  { clock }: Surroundings,
  send: () => Promise<void>,
  delaysMs: readonly number[],
): Promise<unknown> {
  for (const delayMs of [...delaysMs, undefined]) {
    try {
      await send();
      return undefined;
    } catch (error) {
      if (delayMs === undefined || (error instanceof AwsError && PERMANENT_CODES.has(error.code))) return error;
    }
    await new Promise<void>((resolve) => clock.after(delayMs, resolve));
  }
  return undefined;
}

function describe(error: unknown): string {
  if (error instanceof AwsError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
