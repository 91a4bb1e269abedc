/** Sends one event to one target of a rule: a few attempts, then the target's dead-letter queue, else a reported loss. */
import { describeError } from '../aws-error.ts';
import { isPermanentFailure } from '../permanent-failure.ts';
import type { Surroundings, TargetPort } from '../ports.ts';
import type { Rule, Target } from './rule-store.ts';

/** AWS tries for 24 hours; a laptop's services are in this process, so what does not heal in seconds does not heal. */
const RETRY_DELAYS_MS = [100, 400, 1600] as const;

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
  const what = `EventBridge: rule ${rule.definition.Name} could not deliver to ${target.Arn} (${describeError(failure)})`;
  if (deadLetterArn === undefined) {
    surroundings.report(`${what}; the event is lost, for the target has no dead-letter queue.`);
    return;
  }
  const second = await attempt(surroundings, () => targets.deliver({ arn: deadLetterArn, input }), RETRY_DELAYS_MS);
  if (second !== undefined) {
    surroundings.report(
      `${what}, nor to its dead-letter queue ${deadLetterArn} (${describeError(second)}); the event is lost.`,
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
      if (delayMs === undefined || isPermanentFailure(error)) return error;
    }
    await new Promise<void>((resolve) => clock.after(delayMs, resolve));
  }
  return undefined;
}
