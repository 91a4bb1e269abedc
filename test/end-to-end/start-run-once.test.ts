/** Powertools' idempotency around StartRun, against the laptop's DynamoDB and HealthOmics. */
import { DynamoDBClient, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { ListRunsCommand } from '@aws-sdk/client-omics';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StartRunInput } from '../../lib/runs/start-run-input.ts';
import type { StartedRun } from '../../lib/runs/transitions.ts';
import { BUCKET, type Laptop, ROLE_ARN, startLaptop } from './laptop.ts';

const TABLE = 'rundrop-local-idempotency';
const before = { ...process.env };
let laptop: Laptop;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  laptop = await startLaptop();
  const names = [
    ...['STAGE', 'LEDGER_TABLE', 'STARTS_QUEUE_URL', 'DROPS_QUEUE_URL', 'STATE_MACHINE_ARN', 'EVENT_BUS'],
    ...['NOTIFICATIONS_TOPIC', 'EVIDENCE_BUCKET', 'ROUTES_FILE', 'ROUTES_COMMIT', 'VERSION'],
  ];
  Object.assign(process.env, Object.fromEntries(names.map((name) => [`RUNDROP_${name}`, 'unused'])));
  Object.assign(process.env, {
    RUNDROP_IDEMPOTENCY_TABLE: TABLE,
    AWS_ENDPOINT_URL: laptop.stack.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  dynamodb = new DynamoDBClient({});
  await laptop.put('inputs/sample.cram');
});
afterAll(async () => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  dynamodb.destroy();
  await laptop.stop();
});

const INPUT: StartRunInput = {
  requestId: 'a'.repeat(32),
  workflowId: '3333333',
  roleArn: ROLE_ARN,
  outputUri: 's3://acme-results/once/',
  storageType: 'DYNAMIC',
  name: 'once',
  parameters: { input: `s3://${BUCKET}/inputs/sample.cram` },
};

async function start(): Promise<StartedRun> {
  const { startRunOnce } = await import('../../lib/aws/start-run-once.ts');
  const context = { getRemainingTimeInMillis: () => 30_000 } as Context;
  return startRunOnce(context)(INPUT);
}

const runs = async () => (await laptop.omics.send(new ListRunsCommand({ name: 'once' }))).items ?? [];

it('starts one run though its record has expired, or is gone: the requestId decides', async () => {
  const first = await start();
  expect(await start()).toEqual(first);
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: TABLE }));
  expect(Items).toHaveLength(1);
  const id = Items[0]?.id;
  if (id === undefined) throw new Error('the record has no key');
  const expire = { UpdateExpression: 'SET expiration = :past', ExpressionAttributeValues: { ':past': { N: '1' } } };
  await dynamodb.send(new UpdateItemCommand({ TableName: TABLE, Key: { id }, ...expire }));
  const third = await start();
  expect({ runId: third.runId, uuid: third.uuid }).toEqual({ runId: first.runId, uuid: first.uuid });
  expect(await runs()).toHaveLength(1);
});
