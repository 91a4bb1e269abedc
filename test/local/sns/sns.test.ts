import {
  CreateTopicCommand,
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  TagResourceCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { expect, test } from 'vitest';
import { createFauxqsApp } from '../../../local/fauxqs-app.ts';
import { createSns, type Published } from '../../../local/sns/sns.ts';
import { createSqs } from '../../../local/sqs/sqs.ts';
import { behindGateway, clientSettings, testSurroundings } from '../gateway/behind-gateway.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:notifications';

async function start() {
  const surroundings = testSurroundings();
  const app = createFauxqsApp();
  const sqs = createSqs(surroundings, { app });
  const sns = createSns(surroundings, { app });
  sns.createTopic('notifications');
  const gateway = await behindGateway(surroundings, [sqs, sns]);
  const published: Published[] = [];
  sns.observe((one) => published.push(one));
  const queueArn = await sqs.createQueue('mail', {});
  const receive = async () => {
    const messages = await sqs.receive(queueArn, { maxMessages: 10, waitSeconds: 0 });
    return messages.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  };
  return { client: new SNSClient(clientSettings(gateway)), queueArn, receive, published };
}

test('delivers what is published to the queues that subscribed, and tells its observers', async () => {
  const { client, queueArn, receive, published } = await start();
  const { SubscriptionArn: subscription } = await client.send(
    new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint: queueArn }),
  );
  const { MessageId: id } = await client.send(
    new PublishCommand({
      TopicArn: TOPIC,
      Subject: 'a <run> failed',
      Message: 'two\nlines & more',
      MessageAttributes: { route: { DataType: 'String', StringValue: 'germline' } },
    }),
  );
  expect(await receive()).toMatchObject([
    {
      Type: 'Notification',
      MessageId: id,
      TopicArn: TOPIC,
      Subject: 'a <run> failed',
      Message: 'two\nlines & more',
      MessageAttributes: { route: { Type: 'String', Value: 'germline' } },
    },
  ]);
  expect(published).toEqual([
    { topicArn: TOPIC, subject: 'a <run> failed', message: 'two\nlines & more', attributes: { route: 'germline' } },
  ]);
  await client.send(new UnsubscribeCommand({ SubscriptionArn: subscription }));
  await client.send(new PublishCommand({ TopicArn: TOPIC, Message: 'nobody reads this' }));
  expect(await receive()).toEqual([]);
});

test("keeps to a subscription's filter policy", async () => {
  const { client, queueArn, receive } = await start();
  const FilterPolicy = JSON.stringify({ outcome: ['FAILED'] });
  await client.send(
    new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint: queueArn, Attributes: { FilterPolicy } }),
  );
  const outcome = (StringValue: string) => ({ outcome: { DataType: 'String', StringValue } });
  const entries = ['FAILED', 'COMPLETED'].map((name) => ({
    Id: name,
    Message: name,
    MessageAttributes: outcome(name),
  }));
  const answer = await client.send(new PublishBatchCommand({ TopicArn: TOPIC, PublishBatchRequestEntries: entries }));
  expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['FAILED', 'COMPLETED']);
  expect((await receive()).map(({ Message }) => Message)).toEqual(['FAILED']);
});

test('lists topics and subscriptions, and makes further topics', async () => {
  const { client, queueArn } = await start();
  const { TopicArn: other } = await client.send(new CreateTopicCommand({ Name: 'other' }));
  expect((await client.send(new ListTopicsCommand({}))).Topics).toEqual([{ TopicArn: TOPIC }, { TopicArn: other }]);
  await client.send(new SubscribeCommand({ TopicArn: other, Protocol: 'sqs', Endpoint: queueArn }));
  const { Subscriptions: subscriptions } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: other }));
  expect(subscriptions).toMatchObject([{ Protocol: 'sqs', Endpoint: queueArn, TopicArn: other }]);
});

test.each([
  ['a topic that is not there', new PublishCommand({ TopicArn: `${TOPIC}-2`, Message: 'm' }), 'NotFoundException'],
  [
    'a subject of two lines',
    new PublishCommand({ TopicArn: TOPIC, Message: 'm', Subject: 'a\nb' }),
    'InvalidParameterException',
  ],
  [
    'a subject of 100 characters',
    new PublishCommand({ TopicArn: TOPIC, Message: 'm', Subject: 'x'.repeat(100) }),
    'InvalidParameterException',
  ],
  [
    'a subject that is not ASCII',
    new PublishCommand({ TopicArn: TOPIC, Message: 'm', Subject: 'Lauf schlägt fehl' }),
    'InvalidParameterException',
  ],
  [
    'a subscription that it cannot deliver to',
    new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'email', Endpoint: 'a@example.org' }),
    'InvalidParameterException',
  ],
  ['an operation that it lacks', new TagResourceCommand({ ResourceArn: TOPIC, Tags: [] }), 'InvalidAction'],
])('refuses %s', async (_what, command, name) => {
  const { client, published } = await start();
  await expect(client.send(command as PublishCommand)).rejects.toMatchObject({ name });
  expect(published).toEqual([]);
});
