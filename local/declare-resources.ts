/** Makes what the wiring names exist in the services of the laptop. What exists already, after a restart, stays. */
import type { Dynamodb } from './dynamodb/dynamodb.ts';
import type { EventBridge } from './eventbridge/eventbridge.ts';
import type { S3 } from './s3/s3.ts';
import type { Scheduler } from './scheduler/scheduler.ts';
import type { Sns } from './sns/sns.ts';
import type { Sqs } from './sqs/sqs.ts';
import type { StepFunctions } from './stepfunctions/stepfunctions.ts';
import type { QueueWiring, Wiring } from './wiring/wiring.ts';

export interface DeclaredIn {
  readonly s3: S3;
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly dynamodb: Dynamodb;
  readonly eventBridge: EventBridge;
  readonly scheduler: Scheduler;
  readonly stepFunctions: StepFunctions;
}

/** Step Functions and Scheduler want a role; the laptop checks none. */
const ROLE_ARN = 'arn:aws:iam::000000000000:role/rundrop-laptop';

/** @throws AwsError as the service answers that refuses a resource. */
export async function declareResources(
  services: DeclaredIn,
  wiring: Wiring,
  bucketNames: readonly string[],
): Promise<void> {
  await Promise.all([
    ...bucketNames.map((name) => services.s3.createBucket(name)),
    ...wiring.buckets
      .filter(({ name }) => !bucketNames.includes(name))
      .map(({ name, announces }) => services.s3.createBucket(name, { announces })),
    ...wiring.tables.map(({ input, timeToLiveAttribute }) =>
      services.dynamodb.createTable(input, timeToLiveAttribute === undefined ? {} : { timeToLiveAttribute }),
    ),
    declareQueues(services.sqs, wiring.queues),
  ]);
  for (const name of wiring.topicNames) services.sns.createTopic(name);
  for (const { name, definition } of wiring.stateMachines) {
    services.stepFunctions.createStateMachine({ name, definition, roleArn: ROLE_ARN });
  }
  for (const alias of wiring.stateMachineAliases) services.stepFunctions.createStateMachineAlias(alias);
  declareEvents(services.eventBridge, wiring);
  declareSchedules(services.scheduler, wiring);
}

/** A queue's dead-letter queue has to exist before it. */
async function declareQueues(sqs: Sqs, queues: readonly QueueWiring[]): Promise<void> {
  const hasRedrive = ({ attributes }: QueueWiring) => attributes.RedrivePolicy !== undefined;
  for (const { name, attributes } of queues.toSorted((a, b) => Number(hasRedrive(a)) - Number(hasRedrive(b)))) {
    await sqs.createQueue(name, attributes);
  }
}

function declareEvents(eventBridge: EventBridge, { busNames, rules }: Wiring): void {
  for (const name of busNames) eventBridge.createEventBus(name);
  for (const { name, busName, pattern, targets } of rules) {
    eventBridge.putRule({ name, busName, pattern });
    for (const target of targets) eventBridge.putTarget({ ...target, ruleName: name, busName });
  }
}

function declareSchedules(scheduler: Scheduler, { scheduleGroups, schedules }: Wiring): void {
  for (const group of scheduleGroups) {
    const members = schedules.filter(({ groupName }) => groupName === group);
    scheduler.putScheduleGroup(
      group,
      members.map(({ name }) => name),
    );
  }
  for (const schedule of schedules) {
    scheduler.putSchedule({
      Name: schedule.name,
      GroupName: schedule.groupName,
      ScheduleExpression: schedule.expression,
      ScheduleExpressionTimezone: schedule.timezone,
      Target: {
        Arn: schedule.targetArn,
        RoleArn: ROLE_ARN,
        Input: schedule.input,
        ...(schedule.retryPolicy === undefined ? {} : { RetryPolicy: schedule.retryPolicy }),
        ...(schedule.deadLetterArn === undefined ? {} : { DeadLetterConfig: { Arn: schedule.deadLetterArn } }),
      },
    });
  }
}
