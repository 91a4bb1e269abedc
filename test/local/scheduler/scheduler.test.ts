import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  SchedulerClient,
  TagResourceCommand,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { afterEach, describe, expect, it } from 'vitest';
import { AwsError } from '../../../local/aws-error.ts';
import type { TargetDelivery } from '../../../local/ports.ts';
import { createScheduler } from '../../../local/scheduler/scheduler.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { serve, testSurroundings } from '../../support/service-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 5, 12, 0, 30);
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:due';
const DEAD_LETTERS = 'arn:aws:sqs:us-east-1:000000000000:due-dlq';
const target = {
  Arn: QUEUE,
  RoleArn: 'arn:aws:iam::000000000000:role/r',
  Input: '{"at":"<aws.scheduler.scheduled-time>"}',
};
const stops: Array<() => Promise<void>> = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

interface Options {
  readonly clock?: ManualClock;
  readonly dataDir?: string;
  readonly refuse?: (delivery: TargetDelivery) => Error | undefined;
}

async function start({ clock = createManualClock(START_MS), dataDir, refuse }: Options = {}) {
  const surroundings = testSurroundings({ clock, random: () => 0.5, ...(dataDir === undefined ? {} : { dataDir }) });
  const deliveries: TargetDelivery[] = [];
  const deliver = async (delivery: TargetDelivery) => {
    deliveries.push(delivery);
    const refusal = refuse?.(delivery);
    if (refusal !== undefined) throw refusal;
  };
  const scheduler = createScheduler(surroundings, { targets: { deliver } });
  const served = await serve(scheduler);
  stops.push(served.stop);
  const client = new SchedulerClient(served.client);
  const create = (input: Partial<CreateScheduleCommandInput> & { ScheduleExpression: string }) =>
    client.send(
      new CreateScheduleCommand({ Name: 's', FlexibleTimeWindow: { Mode: 'OFF' }, Target: target, ...input }),
    );
  const inputs = () => deliveries.map((delivery) => JSON.parse(delivery.input) as unknown);
  return { scheduler, client, clock, create, deliveries, inputs, reported: surroundings.reported };
}

describe('a schedule', () => {
  it('by rate is due at once and then at its rate', async () => {
    const { create, clock, inputs } = await start();
    await create({ ScheduleExpression: 'rate(5 minutes)' });
    await clock.advanceBy(11 * MINUTE_MS);
    expect(inputs()).toEqual([
      { at: '2026-01-05T12:00:30Z' },
      { at: '2026-01-05T12:05:30Z' },
      { at: '2026-01-05T12:10:30Z' },
    ]);
  });

  it('by cron is due at its wall time', async () => {
    const { create, clock, inputs } = await start();
    await create({ ScheduleExpression: 'cron(0 14 * * ? *)', ScheduleExpressionTimezone: 'Europe/Berlin' });
    await clock.advanceBy(24 * 60 * MINUTE_MS);
    expect(inputs()).toEqual([{ at: '2026-01-05T13:00:00Z' }]);
  });

  it('by at is due once, and goes when that is its action after completion', async () => {
    const { create, client, clock, inputs } = await start();
    await create({ ScheduleExpression: 'at(2026-01-05T12:02:00)', ActionAfterCompletion: 'DELETE' });
    await clock.advanceBy(60 * MINUTE_MS);
    expect(inputs()).toEqual([{ at: '2026-01-05T12:02:00Z' }]);
    await expect(client.send(new GetScheduleCommand({ Name: 's' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect(clock.waiting).toBe(0);
  });

  it('keeps to its start and end', async () => {
    const { create, clock, inputs } = await start();
    const StartDate = new Date(START_MS + 2 * MINUTE_MS);
    await create({ ScheduleExpression: 'rate(1 minute)', StartDate, EndDate: new Date(START_MS + 3 * MINUTE_MS) });
    await clock.advanceBy(10 * MINUTE_MS);
    expect(inputs()).toEqual([{ at: '2026-01-05T12:02:30Z' }, { at: '2026-01-05T12:03:30Z' }]);
  });

  it('rests while it is disabled, and is followed again as it is changed', async () => {
    const { create, client, clock, inputs } = await start();
    await create({ ScheduleExpression: 'rate(1 minute)', State: 'DISABLED' });
    await clock.advanceBy(5 * MINUTE_MS);
    expect(inputs()).toEqual([]);
    const update = { Name: 's', FlexibleTimeWindow: { Mode: 'OFF' as const }, Target: target };
    await client.send(new UpdateScheduleCommand({ ...update, ScheduleExpression: 'cron(10 * * * ? *)' }));
    await clock.advanceBy(10 * MINUTE_MS);
    expect(inputs()).toEqual([{ at: '2026-01-05T12:10:00Z' }]);
    await client.send(new DeleteScheduleCommand({ Name: 's' }));
    expect(clock.waiting).toBe(0);
  });

  it('fills the context attributes into its input', async () => {
    const { create, clock, inputs } = await start();
    const Input = JSON.stringify({
      arn: '<aws.scheduler.schedule-arn>',
      execution: '<aws.scheduler.execution-id>',
      attempt: '<aws.scheduler.attempt-number>',
    });
    await create({ ScheduleExpression: 'at(2026-01-05T12:01:00)', Target: { ...target, Input } });
    await clock.advanceBy(MINUTE_MS);
    expect(inputs()).toEqual([
      { arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/s', execution: '8'.repeat(16), attempt: '1' },
    ]);
  });

  it('puts an event on a bus with its source and type', async () => {
    const { create, clock, inputs } = await start();
    const bus = {
      Arn: 'arn:aws:events:us-east-1:000000000000:event-bus/default',
      RoleArn: target.RoleArn,
      Input: '{"a":1}',
      EventBridgeParameters: { Source: 'acme', DetailType: 'Tick' },
    };
    await create({ ScheduleExpression: 'at(2026-01-05T12:01:00)', Target: bus });
    await clock.advanceBy(MINUTE_MS);
    expect(inputs()).toMatchObject([{ source: 'acme', 'detail-type': 'Tick', detail: { a: 1 } }]);
  });
});

describe('a target that refuses', () => {
  const busy = {
    ScheduleExpression: 'at(2026-01-05T12:01:00)',
    Target: { ...target, Input: '<aws.scheduler.attempt-number>' },
  };

  it('is tried again as often as the retry policy says, then its dead-letter queue gets the input', async () => {
    const { create, clock, deliveries, reported } = await start({
      refuse: ({ arn }) => (arn === QUEUE ? new Error('busy') : undefined),
    });
    const policy = { RetryPolicy: { MaximumRetryAttempts: 2 }, DeadLetterConfig: { Arn: DEAD_LETTERS } };
    await create({ ...busy, Target: { ...busy.Target, ...policy } });
    await clock.advanceBy(10 * MINUTE_MS);
    expect(deliveries.map(({ arn, input }) => [arn, input])).toEqual([
      [QUEUE, '1'],
      [QUEUE, '2'],
      [QUEUE, '3'],
      [DEAD_LETTERS, '3'],
    ]);
    expect(reported).toEqual([]);
  });

  it('is not tried again when it does not exist, and the loss is reported', async () => {
    const gone = new AwsError('ResourceNotFoundException', 'no such queue');
    const { create, clock, deliveries, reported } = await start({ refuse: () => gone });
    await create(busy);
    await clock.advanceBy(10 * MINUTE_MS);
    expect(deliveries).toHaveLength(1);
    expect(reported).toEqual([expect.stringMatching(/schedule s .*no such queue.*lost/)]);
  });
});

describe('the API', () => {
  it('describes what was created, and knows a repeated call by its token', async () => {
    const { create, client } = await start();
    const input = {
      ScheduleExpression: 'cron(0 2 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      ClientToken: 't',
    };
    const first = await create(input);
    expect(await create(input)).toMatchObject({ ScheduleArn: first.ScheduleArn });
    await expect(create({ ...input, ClientToken: 'u' })).rejects.toMatchObject({ name: 'ConflictException' });
    const schedule = await client.send(new GetScheduleCommand({ Name: 's' }));
    expect(schedule).toMatchObject({
      Arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/s',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      State: 'ENABLED',
      CreationDate: new Date(START_MS),
      Target: target,
    });
  });

  it('lists schedules and groups, and deletes a group with its schedules', async () => {
    const { create, client } = await start();
    await client.send(new CreateScheduleGroupCommand({ Name: 'lab' }));
    await create({ Name: 'a', ScheduleExpression: 'rate(1 day)', GroupName: 'lab' });
    await create({ Name: 'b', ScheduleExpression: 'rate(1 day)' });
    await create({ Name: 'c', ScheduleExpression: 'rate(1 day)', State: 'DISABLED' });
    const names = async (query: { GroupName?: string; State?: 'DISABLED'; MaxResults?: number }) =>
      (await client.send(new ListSchedulesCommand(query))).Schedules?.map((schedule) => schedule.Name);
    expect(await names({ GroupName: 'lab' })).toEqual(['a']);
    expect(await names({ State: 'DISABLED' })).toEqual(['c']);
    expect(await names({ MaxResults: 2 })).toHaveLength(2);
    expect((await client.send(new GetScheduleGroupCommand({ Name: 'lab' }))).State).toBe('ACTIVE');
    await client.send(new DeleteScheduleGroupCommand({ Name: 'lab' }));
    expect(await names({})).toEqual(['b', 'c']);
    expect((await client.send(new ListScheduleGroupsCommand({}))).ScheduleGroups?.map(({ Name }) => Name)).toEqual([
      'default',
    ]);
  });

  it.each<[string, Partial<CreateScheduleCommandInput>, RegExp]>([
    ['a bad expression', { ScheduleExpression: 'rate(0 minutes)' }, /Invalid Schedule Expression rate\(0 minutes\)/],
    ['a bad time zone', { ScheduleExpressionTimezone: 'Mars/Olympus' }, /no time zone Mars/],
    ['a bad name', { Name: 'a b' }, /'a b' at 'name'/],
    [
      'an end before the start',
      { StartDate: new Date(START_MS + 2000), EndDate: new Date(START_MS + 1000) },
      /EndDate/,
    ],
    ['a start long past', { StartDate: new Date(START_MS - 6 * MINUTE_MS) }, /StartDate/],
    ['a flexible window', { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 } }, /OFF only/],
    [
      'a universal target',
      { Target: { ...target, Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' } },
      /aws-sdk:sqs/,
    ],
    ['a FIFO queue without a group', { Target: { ...target, Arn: `${QUEUE}.fifo` } }, /MessageGroupId/],
    ['too many retries', { Target: { ...target, RetryPolicy: { MaximumRetryAttempts: 186 } } }, /0 to 185/],
  ])('refuses %s with a ValidationException', async (_, input, message) => {
    const { create } = await start();
    const refused = create({ ...input, ScheduleExpression: input.ScheduleExpression ?? 'rate(1 day)' });
    await expect(refused).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });

  it('refuses an unknown group and what it does not offer, by name', async () => {
    const { create, client } = await start();
    await expect(create({ ScheduleExpression: 'rate(1 day)', GroupName: 'none' })).rejects.toThrow(
      /group none does not exist/,
    );
    const tag = new TagResourceCommand({
      ResourceArn: 'arn:aws:scheduler:us-east-1:000000000000:schedule-group/default',
      Tags: [],
    });
    await expect(client.send(tag)).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringMatching(/TagResource/),
    });
  });
});

it('goes on after a restart without making up what was missed', async () => {
  const dataDir = temporaryFolder();
  const first = await start({ dataDir });
  await first.create({ ScheduleExpression: 'rate(1 hour)', StartDate: new Date(START_MS + MINUTE_MS) });
  const clock = createManualClock(START_MS + 5 * 60 * MINUTE_MS);
  const second = await start({ dataDir, clock });
  await clock.advanceBy(30 * MINUTE_MS);
  expect(second.inputs()).toEqual([{ at: '2026-01-05T17:01:30Z' }]);
});

it('leaves an equal declared schedule alone and replaces a changed one', async () => {
  const { scheduler, client, clock, inputs } = await start();
  const declared = { Name: 's', ScheduleExpression: 'rate(10 minutes)', Target: target };
  scheduler.putSchedule(declared);
  await clock.advanceBy(9 * MINUTE_MS);
  scheduler.putSchedule(declared);
  expect(inputs()).toEqual([]);
  await clock.advanceBy(MINUTE_MS);
  expect(inputs()).toEqual([{ at: '2026-01-05T12:10:30Z' }]);
  scheduler.putSchedule({ ...declared, ScheduleExpression: 'rate(1 hour)' });
  expect((await client.send(new GetScheduleCommand({ Name: 's' }))).ScheduleExpression).toBe('rate(1 hour)');
});
