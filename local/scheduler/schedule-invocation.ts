/** One due moment of a schedule: its target is tried, again within the retry policy, then the dead-letter queue. */
import { describeError } from '../aws-error.ts';
import { isPermanentFailure } from '../permanent-failure.ts';
import type { Cancel, Surroundings, TargetPort } from '../ports.ts';
import type { ScheduleDefinition, ScheduleTarget } from './schedule-input.ts';

/** AWS tries for up to a day; a laptop's services are in this process, so what does not heal in a minute does not heal. */
const RETRY_DELAYS_MS = [1_000, 2_000, 4_000, 8_000, 16_000] as const;

export interface DueSchedule {
  readonly schedule: ScheduleDefinition;
  readonly arn: string;
  readonly scheduledMs: number;
}

export interface InvocationPorts {
  readonly surroundings: Surroundings;
  readonly targets: TargetPort;
  /** Waits, unless the scheduler is closed meanwhile: then it never resolves. */
  readonly pauses: Set<Cancel>;
}

/** Resolves when the target or its dead-letter queue has the input, or the loss is reported. Never rejects. */
export async function invokeTarget(ports: InvocationPorts, due: DueSchedule): Promise<void> {
  const { surroundings, targets } = ports;
  const { Target: target } = due.schedule;
  const delays = retryDelays(target);
  for (let attempt = 1; ; attempt += 1) {
    const input = targetInput(surroundings, due, attempt);
    try {
      return await targets.deliver(delivery(target, input));
    } catch (error) {
      const delayMs = delays[attempt - 1];
      if (delayMs === undefined || isPermanentFailure(error)) {
        return sendToDeadLetters(ports, due, input, error);
      }
      await pause(ports, delayMs);
    }
  }
}

function retryDelays({ RetryPolicy: policy }: ScheduleTarget): readonly number[] {
  const ageMs = (policy?.MaximumEventAgeInSeconds ?? 86_400) * 1000;
  let totalMs = 0;
  return RETRY_DELAYS_MS.slice(0, policy?.MaximumRetryAttempts ?? RETRY_DELAYS_MS.length).filter((delayMs) => {
    totalMs += delayMs;
    return totalMs <= ageMs;
  });
}

function pause({ surroundings, pauses }: InvocationPorts, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = surroundings.clock.after(delayMs, () => {
      pauses.delete(cancel);
      resolve();
    });
    pauses.add(cancel);
  });
}

async function sendToDeadLetters(
  ports: InvocationPorts,
  due: DueSchedule,
  input: string,
  failure: unknown,
): Promise<void> {
  const { report } = ports.surroundings;
  const deadLetterArn = due.schedule.Target.DeadLetterConfig?.Arn;
  const what = `Scheduler: schedule ${due.schedule.Name} could not reach ${due.schedule.Target.Arn} (${describeError(failure)})`;
  if (deadLetterArn === undefined) return report(`${what}; this invocation is lost, for it has no dead-letter queue.`);
  try {
    await ports.targets.deliver({ arn: deadLetterArn, input });
  } catch (error) {
    report(`${what}, nor its dead-letter queue ${deadLetterArn} (${describeError(error)}); this invocation is lost.`);
  }
}

function delivery(target: ScheduleTarget, input: string) {
  const messageGroupId = target.SqsParameters?.MessageGroupId;
  const deadLetterArn = target.DeadLetterConfig?.Arn;
  return {
    arn: target.Arn,
    input,
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
  };
}

function targetInput(surroundings: Surroundings, due: DueSchedule, attempt: number): string {
  const { Target: target } = due.schedule;
  const scheduledTime = isoSeconds(due.scheduledMs);
  const executionId = hexDigits(surroundings.random, 16);
  if (target.Input === undefined) return defaultInput(surroundings, due, { scheduledTime, executionId });
  const input = target.Input.replaceAll('<aws.scheduler.schedule-arn>', due.arn)
    .replaceAll('<aws.scheduler.scheduled-time>', scheduledTime)
    .replaceAll('<aws.scheduler.execution-id>', executionId)
    .replaceAll('<aws.scheduler.attempt-number>', String(attempt));
  return target.EventBridgeParameters === undefined ? input : busInput(due, input);
}

/** An event for a bus travels as the event that `TargetPort` puts there. */
function busInput({ schedule, arn }: DueSchedule, detail: string): string {
  const { Source: source, DetailType: detailType } = schedule.Target.EventBridgeParameters ?? {};
  return `{"source":${JSON.stringify(source)},"detail-type":${JSON.stringify(detailType)},"resources":[${JSON.stringify(arn)}],"detail":${detail}}`;
}

/** What Scheduler sends a target for which no input is set. */
function defaultInput(
  { accountId, region }: Surroundings,
  { schedule, arn }: DueSchedule,
  { scheduledTime, executionId }: { scheduledTime: string; executionId: string },
): string {
  const parameters = schedule.Target.EventBridgeParameters;
  return JSON.stringify({
    version: '0',
    id: executionId,
    'detail-type': parameters?.DetailType ?? 'Scheduled Event',
    source: parameters?.Source ?? 'aws.scheduler',
    account: accountId,
    time: scheduledTime,
    region,
    resources: [arn],
    detail: parameters === undefined ? '{}' : {},
  });
}

function isoSeconds(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function hexDigits(random: () => number, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
}
