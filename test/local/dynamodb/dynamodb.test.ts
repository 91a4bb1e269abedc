import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { createDynamodb } from '../../../local/dynamodb/dynamodb.ts';
import type { Clock } from '../../../local/ports.ts';
import { behindGateway, clientSettings, temporaryFolder, testSurroundings } from '../gateway/behind-gateway.ts';

const TABLE = {
  TableName: 'ledger',
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'status', AttributeType: 'S' as const },
  ],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-status',
      KeySchema: [{ AttributeName: 'status', KeyType: 'HASH' as const }],
      Projection: { ProjectionType: 'ALL' as const },
    },
  ],
};

async function start(options: { dataDir?: string; clock?: Clock } = {}) {
  const surroundings = testSurroundings(options);
  const dynamodb = createDynamodb(surroundings);
  const gateway = await behindGateway(surroundings, [dynamodb]);
  return { dynamodb, surroundings, client: new DynamoDBClient(clientSettings(gateway)) };
}

const item = (pk: string, more: object = {}) => ({
  TableName: 'ledger',
  Item: { pk: { S: pk }, status: { S: 'RUNNING' }, ...more },
});
const key = (pk: string) => ({ TableName: 'ledger', Key: { pk: { S: pk } } });

test('serves a table that is active as soon as it was created', async () => {
  const { client } = await start();
  await client.send(new CreateTableCommand(TABLE));
  const { Table: table } = await client.send(new DescribeTableCommand({ TableName: 'ledger' }));
  expect(table).toMatchObject({
    TableStatus: 'ACTIVE',
    TableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/ledger',
    GlobalSecondaryIndexes: [{ IndexStatus: 'ACTIVE' }],
  });
});

test('keeps conditions, and answers a failed one by its name', async () => {
  const { client, dynamodb } = await start();
  await dynamodb.createTable(TABLE);
  const once = { ...item('a'), ConditionExpression: 'attribute_not_exists(pk)' };
  await client.send(new PutItemCommand(once));
  await expect(client.send(new PutItemCommand(once))).rejects.toMatchObject({
    name: 'ConditionalCheckFailedException',
  });
});

test('shows the item that made a condition fail to who asks for it', async () => {
  const { client, dynamodb } = await start();
  await dynamodb.createTable(TABLE);
  await client.send(new PutItemCommand(item('a', { attempt: { N: '1' } })));
  const again = {
    ...item('a', { attempt: { N: '2' } }),
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  await expect(client.send(new PutItemCommand(again))).rejects.toMatchObject({
    name: 'ConditionalCheckFailedException',
    Item: { pk: { S: 'a' }, attempt: { N: '1' } },
  });
});

test('finds items through a global secondary index, page by page', async () => {
  const { client, dynamodb } = await start();
  await dynamodb.createTable(TABLE);
  for (let index = 0; index < 5; index++) await client.send(new PutItemCommand(item(`run-${index}`)));
  const found: string[] = [];
  let start_: Record<string, { S: string }> | undefined;
  for (let page = 0; page < 5; page++) {
    const answer = await client.send(
      new QueryCommand({
        TableName: 'ledger',
        IndexName: 'by-status',
        KeyConditionExpression: '#s = :s',
        ExpressionAttributeNames: { '#s': 'status' },
        ExpressionAttributeValues: { ':s': { S: 'RUNNING' } },
        Limit: 2,
        ...(start_ === undefined ? {} : { ExclusiveStartKey: start_ }),
      }),
    );
    found.push(...(answer.Items ?? []).map((each) => each.pk?.S ?? ''));
    start_ = answer.LastEvaluatedKey as Record<string, { S: string }> | undefined;
    if (start_ === undefined) break;
  }
  expect(found.sort()).toEqual(['run-0', 'run-1', 'run-2', 'run-3', 'run-4']);
});

test('names an operation that it does not offer', async () => {
  const { client } = await start();
  const transaction = new TransactWriteItemsCommand({ TransactItems: [{ Put: item('a') }] });
  await expect(client.send(transaction)).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('TransactWriteItems'),
  });
});

test('keeps a table’s time to live, and refuses to set what is set', async () => {
  const dataDir = temporaryFolder();
  const first = await start({ dataDir });
  await first.dynamodb.createTable(TABLE);
  const update = new UpdateTimeToLiveCommand({
    TableName: 'ledger',
    TimeToLiveSpecification: { Enabled: true, AttributeName: 'expiresAt' },
  });
  await first.client.send(update);
  await expect(first.client.send(update)).rejects.toMatchObject({ name: 'ValidationException' });
  await first.dynamodb.close();
  const second = await start({ dataDir });
  const { TimeToLiveDescription: kept } = await second.client.send(
    new DescribeTimeToLiveCommand({ TableName: 'ledger' }),
  );
  expect(kept).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
  await second.client.send(new DeleteTableCommand({ TableName: 'ledger' }));
  await second.client.send(new CreateTableCommand(TABLE));
  const { TimeToLiveDescription: gone } = await second.client.send(
    new DescribeTimeToLiveCommand({ TableName: 'ledger' }),
  );
  expect(gone).toEqual({ TimeToLiveStatus: 'DISABLED' });
});

test('answers ResourceNotFoundException for the time to live of a table that is not there', async () => {
  const { client } = await start();
  const describe = new DescribeTimeToLiveCommand({ TableName: 'nothing' });
  await expect(client.send(describe)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('deletes expired items when a minute has passed, and no others', async () => {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const timers: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    after: (_delayMs, action) => {
      timers.push(action);
      return () => {};
    },
  };
  const { client, dynamodb } = await start({ clock });
  await dynamodb.createTable(TABLE, { timeToLiveAttribute: 'expiresAt' });
  const expiresAt = (seconds: number) => ({ expiresAt: { N: String(nowMs / 1000 + seconds) } });
  await client.send(new PutItemCommand(item('early', expiresAt(30))));
  await client.send(new PutItemCommand(item('late', expiresAt(3600))));
  await client.send(new PutItemCommand(item('never')));
  await client.send(new PutItemCommand(item('text', { expiresAt: { S: '1' } })));
  nowMs += 60_000;
  timers.shift()?.();
  await expect.poll(async () => (await client.send(new GetItemCommand(key('early')))).Item).toBeUndefined();
  const { Items: items } = await client.send(new ScanCommand({ TableName: 'ledger' }));
  expect(items?.map((each) => each.pk?.S).sort()).toEqual(['late', 'never', 'text']);
});

test('releases its folder when it closes, and finds everything again', async () => {
  const dataDir = temporaryFolder();
  const first = await start({ dataDir });
  await first.dynamodb.createTable(TABLE);
  await first.client.send(new PutItemCommand(item('kept')));
  await first.dynamodb.close();
  const second = await start({ dataDir });
  await second.dynamodb.createTable(TABLE);
  expect((await second.client.send(new GetItemCommand(key('kept')))).Item).toEqual(item('kept').Item);
});

test('says that another process has the tables open', async () => {
  const dataDir = temporaryFolder();
  const first = await start({ dataDir });
  await first.dynamodb.createTable(TABLE);
  const second = createDynamodb(testSurroundings({ dataDir }));
  onTestFinished(() => second.close());
  await expect(second.createTable(TABLE)).rejects.toMatchObject({
    name: 'TableFolderError',
    message: expect.stringContaining('Is another laptop AWS running'),
  });
});

test('has every acknowledged item again after its process was killed', async () => {
  const dataDir = temporaryFolder();
  const child = spawn(process.execPath, [`${import.meta.dirname}/write-until-killed.ts`, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    acknowledged += chunk.toString('utf8').split('\n').length - 1;
    if (acknowledged >= 50) break;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { client } = await start({ dataDir });
  for (let index = 0; index < acknowledged; index++) {
    expect((await client.send(new GetItemCommand(key(`item-${index}`)))).Item).toBeDefined();
  }
});
