import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  DescribeEventBusCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListEventBusesCommand,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  StartReplayCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { afterEach, describe, expect, it } from 'vitest';
import { AwsError } from '../../../local/aws-error.ts';
import { createEventBridge, type EventBridge } from '../../../local/eventbridge/eventbridge.ts';
import type { Surroundings, TargetDelivery } from '../../../local/ports.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { serve, testSurroundings } from '../../support/service-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:drops';
const DEAD_LETTERS = 'arn:aws:sqs:us-east-1:000000000000:drops-dlq';
const stops: Array<() => Promise<void>> = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(
  overrides: Partial<Surroundings> = {},
  refuse: (delivery: TargetDelivery) => Error | undefined = () => undefined,
) {
  const deliveries: TargetDelivery[] = [];
  const surroundings = testSurroundings(overrides);
  const deliver = async (delivery: TargetDelivery) => {
    const refusal = refuse(delivery);
    if (refusal !== undefined) throw refusal;
    deliveries.push(delivery);
  };
  const bridge = createEventBridge(surroundings, { targets: { deliver } });
  const served = await serve(bridge);
  stops.push(served.stop);
  const { endpoint } = served.client;
  return {
    bridge,
    client: new EventBridgeClient(served.client),
    endpoint,
    deliveries,
    reported: surroundings.reported,
  };
}

function declareDrops(bridge: EventBridge, target: { deadLetterArn?: string } = {}): void {
  bridge.putRule({ name: 'drops', pattern: { source: ['acme'] } });
  bridge.putTarget({ ruleName: 'drops', id: 'queue', arn: QUEUE, ...target });
}

const drop = { source: 'acme', detailType: 'Drop', detail: { key: 'a/b' } };

describe('PutEvents', () => {
  it('delivers what matches, in the envelope of AWS, before it answers', async () => {
    const { bridge, client, deliveries } = await start({
      clock: createManualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678)),
    });
    declareDrops(bridge);
    const entry = { Source: 'acme', DetailType: 'Drop', Detail: '{"key":"a/b"}', Resources: ['arn:aws:s3:::b'] };
    const answer = await client.send(new PutEventsCommand({ Entries: [entry, { ...entry, Source: 'other' }] }));
    expect(answer).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }, {}] });
    expect(deliveries.map((each) => [each.arn, JSON.parse(each.input)])).toEqual([
      [
        QUEUE,
        {
          version: '0',
          id: answer.Entries?.[0]?.EventId,
          'detail-type': 'Drop',
          source: 'acme',
          account: '000000000000',
          time: '2026-01-02T03:04:05Z',
          region: 'us-east-1',
          resources: ['arn:aws:s3:::b'],
          detail: { key: 'a/b' },
        },
      ],
    ]);
  });

  it('takes the good entries and says of each bad one what is wrong', async () => {
    const { bridge, client, deliveries } = await start();
    declareDrops(bridge);
    const good = { Source: 'acme', DetailType: 'Drop', Detail: '{}', Time: new Date('2026-01-01T00:00:00Z') };
    const entries = [
      good,
      { ...good, Detail: '[' },
      { ...good, Source: 'aws.s3' },
      { ...good, DetailType: '' },
      { ...good, EventBusName: 'none' },
    ];
    const answer = await client.send(new PutEventsCommand({ Entries: entries }));
    expect(answer.FailedEntryCount).toBe(4);
    expect(answer.Entries?.map((entry) => entry.ErrorCode)).toEqual([
      undefined,
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      'InvalidArgument',
      'InvalidArgument',
    ]);
    expect(deliveries.map((each) => JSON.parse(each.input).time)).toEqual(['2026-01-01T00:00:00Z']);
  });

  it('refuses more than ten entries and more than 256 KB', async () => {
    const { client } = await start();
    const entry = { Source: 'acme', DetailType: 'Drop', Detail: '{}' };
    const eleven = client.send(new PutEventsCommand({ Entries: Array.from({ length: 11 }, () => entry) }));
    await expect(eleven).rejects.toMatchObject({ name: 'ValidationException' });
    const large = { ...entry, Detail: JSON.stringify({ text: 'x'.repeat(256 * 1024) }) };
    await expect(client.send(new PutEventsCommand({ Entries: [large] }))).rejects.toThrow(/over the limit/);
  });
});

describe('rules over the API', () => {
  it('are made, described, listed, switched off and on, and deleted', async () => {
    const { bridge, client, deliveries } = await start();
    await client.send(new CreateEventBusCommand({ Name: 'lab' }));
    const rule = { Name: 'r', EventBusName: 'lab' };
    const put = await client.send(
      new PutRuleCommand({ ...rule, EventPattern: '{"source":["acme"]}', Description: 'd' }),
    );
    expect(put.RuleArn).toBe('arn:aws:events:us-east-1:000000000000:rule/lab/r');
    const target = { Id: 't', Arn: QUEUE, InputPath: '$.detail' };
    await client.send(new PutTargetsCommand({ Rule: 'r', EventBusName: 'lab', Targets: [target] }));
    expect(await client.send(new DescribeRuleCommand(rule))).toMatchObject({ State: 'ENABLED', Description: 'd' });
    expect((await client.send(new ListTargetsByRuleCommand({ Rule: 'r', EventBusName: 'lab' }))).Targets).toEqual([
      target,
    ]);
    const names = await client.send(new ListRuleNamesByTargetCommand({ TargetArn: QUEUE, EventBusName: 'lab' }));
    expect(names.RuleNames).toEqual(['r']);

    await client.send(new DisableRuleCommand(rule));
    await bridge.put({ ...drop, busName: 'lab' });
    expect(deliveries).toEqual([]);
    await client.send(new EnableRuleCommand(rule));
    await bridge.put({ ...drop, busName: 'lab' });
    expect(deliveries).toEqual([{ arn: QUEUE, input: '{"key":"a/b"}' }]);

    await expect(client.send(new DeleteRuleCommand(rule))).rejects.toThrow(/since it has targets/);
    const removed = await client.send(new RemoveTargetsCommand({ Rule: 'r', EventBusName: 'lab', Ids: ['t', 'u'] }));
    expect(removed).toMatchObject({ FailedEntryCount: 1, FailedEntries: [{ TargetId: 'u' }] });
    await client.send(new DeleteRuleCommand(rule));
    await client.send(new DeleteEventBusCommand({ Name: 'lab' }));
    expect((await client.send(new ListEventBusesCommand({}))).EventBuses?.map((bus) => bus.Name)).toEqual(['default']);
  });

  it('come in pages', async () => {
    const { bridge, client } = await start();
    for (const name of ['c', 'a', 'b']) bridge.putRule({ name, pattern: { source: ['acme'] } });
    const first = await client.send(new ListRulesCommand({ Limit: 2 }));
    expect(first.Rules?.map((rule) => rule.Name)).toEqual(['a', 'b']);
    const second = await client.send(new ListRulesCommand({ Limit: 2, NextToken: first.NextToken }));
    expect(second.Rules?.map((rule) => rule.Name)).toEqual(['c']);
    expect(second.NextToken).toBeUndefined();
  });

  it.each<[string, (client: EventBridgeClient) => Promise<unknown>, string, RegExp]>([
    [
      'a bad pattern',
      (client) => client.send(new PutRuleCommand({ Name: 'r', EventPattern: '{"a":[]}' })),
      'InvalidEventPatternException',
      /^Event pattern is not valid. Reason: Empty arrays/,
    ],
    [
      'a bad name',
      (client) => client.send(new PutRuleCommand({ Name: 'a b', EventPattern: '{"a":["b"]}' })),
      'ValidationException',
      /'a b' at 'name'/,
    ],
    [
      'a schedule',
      (client) => client.send(new PutRuleCommand({ Name: 'r', ScheduleExpression: 'rate(1 day)' })),
      'ValidationException',
      /EventBridge Scheduler/,
    ],
    [
      'an unknown bus',
      (client) => client.send(new DescribeEventBusCommand({ Name: 'none' })),
      'ResourceNotFoundException',
      /Event bus none does not exist/,
    ],
    [
      'an unknown rule',
      (client) => client.send(new DescribeRuleCommand({ Name: 'none' })),
      'ResourceNotFoundException',
      /Rule none does not exist/,
    ],
    [
      'a target elsewhere',
      (client) =>
        client.send(
          new PutTargetsCommand({ Rule: 'r', Targets: [{ Id: 't', Arn: 'arn:aws:sns:us-east-1:000000000000:t' }] }),
        ),
      'ValidationException',
      /sns/,
    ],
    [
      'a FIFO queue without a group',
      (client) => client.send(new PutTargetsCommand({ Rule: 'r', Targets: [{ Id: 't', Arn: `${QUEUE}.fifo` }] })),
      'ValidationException',
      /MessageGroupId/,
    ],
    [
      'what is not offered',
      (client) =>
        client.send(
          new StartReplayCommand({
            ReplayName: 'r',
            EventSourceArn: 'a',
            EventStartTime: new Date(0),
            EventEndTime: new Date(1),
            Destination: { Arn: 'a' },
          }),
        ),
      'UnknownOperationException',
      /StartReplay/,
    ],
  ])('refuse %s', async (_, send, name, message) => {
    const { client } = await start();
    await expect(send(client)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });

  it('outlive the process when there is a data folder', async () => {
    const dataDir = temporaryFolder();
    const first = await start({ dataDir });
    first.bridge.createEventBus('lab');
    await first.client.send(
      new PutRuleCommand({ Name: 'r', EventBusName: 'lab', EventPattern: '{"source":["acme"]}' }),
    );
    await first.client.send(
      new PutTargetsCommand({ Rule: 'r', EventBusName: 'lab', Targets: [{ Id: 't', Arn: QUEUE }] }),
    );
    const second = await start({ dataDir });
    await second.bridge.put({ ...drop, busName: 'lab' });
    expect(second.deliveries).toHaveLength(1);
  });
});

it('tests a pattern against an event', async () => {
  const { client } = await start();
  const event = {
    id: '1',
    account: '0',
    source: 'acme',
    time: 't',
    region: 'r',
    resources: [],
    'detail-type': 'd',
    detail: { n: 3 },
  };
  const send = (EventPattern: string) =>
    client.send(new TestEventPatternCommand({ EventPattern, Event: JSON.stringify(event) }));
  expect((await send('{"detail":{"n":[{"numeric":[">",2]}]}}')).Result).toBe(true);
  expect((await send('{"detail":{"n":[{"numeric":[">",3]}]}}')).Result).toBe(false);
  await expect(client.send(new TestEventPatternCommand({ EventPattern: '{"a":["b"]}', Event: '{}' }))).rejects.toThrow(
    /required member/,
  );
});

describe('delivery', () => {
  it('tries again and then needs no dead-letter queue', async () => {
    const clock = createManualClock();
    let failures = 2;
    const { bridge, deliveries, reported } = await start({ clock }, () =>
      failures-- > 0 ? new Error('busy') : undefined,
    );
    declareDrops(bridge);
    const put = bridge.put(drop);
    await clock.advanceBy(5_000);
    await put;
    expect(deliveries).toHaveLength(1);
    expect(reported).toEqual([]);
  });

  it('ends in the dead-letter queue of the target', async () => {
    const clock = createManualClock();
    const { bridge, deliveries, reported } = await start({ clock }, ({ arn }) =>
      arn === QUEUE ? new Error('busy') : undefined,
    );
    declareDrops(bridge, { deadLetterArn: DEAD_LETTERS });
    const put = bridge.put(drop);
    await clock.advanceBy(5_000);
    await put;
    expect(deliveries.map((each) => [each.arn, JSON.parse(each.input).detail])).toEqual([
      [DEAD_LETTERS, { key: 'a/b' }],
    ]);
    expect(reported).toEqual([]);
  });

  it('does not try a queue again that is not there, and reports a loss', async () => {
    const clock = createManualClock();
    const gone = new AwsError('AWS.SimpleQueueService.NonExistentQueue', 'no such queue');
    const { bridge, reported } = await start({ clock }, () => gone);
    declareDrops(bridge);
    await bridge.put(drop);
    expect(clock.waiting).toBe(0);
    expect(reported).toEqual([expect.stringMatching(/rule drops .*drops .*no such queue.*lost/)]);
  });

  it('passes an event to another bus once, so that two buses do not play ball', async () => {
    const { bridge, deliveries } = await start();
    bridge.createEventBus('lab');
    const bus = (name: string) => `arn:aws:events:us-east-1:000000000000:event-bus/${name}`;
    for (const [busName, other] of [
      ['default', 'lab'],
      ['lab', 'default'],
    ] as const) {
      bridge.putRule({ name: 'pass', busName, pattern: { source: ['acme'] } });
      bridge.putTarget({ ruleName: 'pass', busName, id: 'other', arn: bus(other) });
      bridge.putTarget({ ruleName: 'pass', busName, id: 'queue', arn: QUEUE });
    }
    await bridge.put(drop);
    expect(deliveries).toHaveLength(2);
  });

  it('carries the message group and tells observers of every event', async () => {
    const { bridge, deliveries } = await start();
    const seen: string[] = [];
    const stop = bridge.observe(({ busName, event }) => seen.push(`${busName} ${event.source}`));
    bridge.putRule({ name: 'r', pattern: { source: ['acme'] } });
    bridge.putTarget({ ruleName: 'r', id: 't', arn: `${QUEUE}.fifo`, messageGroupId: 'g', input: '{"a":1}' });
    await bridge.put(drop);
    await bridge.put({ ...drop, source: 'other' });
    stop();
    await bridge.put(drop);
    expect(seen).toEqual(['default acme', 'default other']);
    expect(deliveries[0]).toEqual({ arn: `${QUEUE}.fifo`, input: '{"a":1}', messageGroupId: 'g' });
  });
});

it.each([
  [
    'a time that is none',
    'PutEvents',
    { Entries: [{ Source: 'acme', DetailType: 'd', Detail: '{}', Time: 1e20 }] },
    200,
    /Parameter Time is not valid/,
  ],
  [
    'a target with null members',
    'PutTargets',
    { Rule: 'none', Targets: [{ Id: 't', Arn: QUEUE, InputTransformer: null }] },
    400,
    /Rule none does not exist/,
  ],
  [
    'an input that is a number',
    'PutTargets',
    { Rule: 'none', Targets: [{ Id: 't', Arn: QUEUE, Input: 5 }] },
    400,
    /Input is not valid/,
  ],
  ['a body that is no object', 'ListRules', [], 400, /not a JSON object/],
])('answers a hand-made request with %s', async (_, operation, body, status, message) => {
  const { endpoint } = await start();
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSEvents.${operation}` };
  const answer = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(status);
  expect(await answer.text()).toMatch(message);
});
