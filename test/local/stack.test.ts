import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListRunsCommand, OmicsClient, type RunListItem } from '@aws-sdk/client-omics';
import { ListBucketsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirInUseError } from '../../local/data-dir.ts';
import { PortInUseError } from '../../local/gateway/gateway.ts';
import { type ArrivedObject, type Stack, type StackOptions, startStack } from '../../local/stack.ts';

const ROUTES_FILE = path.resolve(import.meta.dirname, '../../rundrop.yaml');
const MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:rundrop-local-run-lifecycle';
const READ = gzipSync('@read\nACGT\n+\nIIII\n');

let directory: string;
let reported: string[];
const running = new Set<Stack>();

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'rundrop-stack-'));
  reported = [];
});

afterEach(async () => {
  await Promise.all([...running].map((stack) => stack.close()));
  running.clear();
  await rm(directory, { recursive: true, force: true });
});

async function start(options: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({
    port: 0,
    speed: 36_000,
    routesFile: ROUTES_FILE,
    seed: 1,
    report: (line) => reported.push(line),
    ...options,
  });
  running.add(stack);
  return stack;
}

function settings(stack: Stack) {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  return { endpoint: stack.endpoint, region: stack.region, credentials };
}

async function dropPair(stack: Stack, sample: string): Promise<void> {
  const s3 = new S3Client(settings(stack));
  for (const read of [2, 1]) {
    const Key = `fastq/${sample}_R${read}.fastq.gz`;
    await s3.send(new PutObjectCommand({ Bucket: 'acme-incoming', Key, Body: READ }));
  }
}

async function runsOf(stack: Stack): Promise<RunListItem[]> {
  const omics = new OmicsClient({ ...settings(stack), disableHostPrefix: true });
  return (await omics.send(new ListRunsCommand({}))).items ?? [];
}

async function executionsOf(stack: Stack) {
  const { executions } = await new SFNClient(settings(stack)).send(
    new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN }),
  );
  return executions ?? [];
}

/** Asks until the answer is right; the test's own timeout is the bound. */
async function eventually<T>(ask: () => Promise<T>, right: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (right(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const allSucceeded = (executions: { status?: string | undefined }[]) =>
  executions.length > 0 && executions.every(({ status }) => status === 'SUCCEEDED');

describe('startStack', () => {
  it('has what serverless.yml and the route file name, on one port', async () => {
    const client = settings(await start());
    const { Buckets } = await new S3Client(client).send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([
      'acme-incoming',
      'acme-results',
      'rundrop-local-evidence-000000000000-us-east-1',
    ]);
    const { QueueUrls } = await new SQSClient(client).send(new ListQueuesCommand({}));
    expect(QueueUrls?.map((url) => url.split('/').at(-1)).sort()).toEqual([
      'rundrop-local-drops',
      'rundrop-local-drops-dlq',
      'rundrop-local-starts-dlq.fifo',
      'rundrop-local-starts.fifo',
      'rundrop-local-undelivered',
    ]);
    const { TableNames } = await new DynamoDBClient(client).send(new ListTablesCommand({}));
    expect(TableNames).toEqual(['rundrop-local-idempotency', 'rundrop-local-ledger']);
    const { Rules } = await new EventBridgeClient(client).send(new ListRulesCommand({}));
    expect(Rules?.map(({ Name }) => Name)).toEqual([
      'rundrop-local-drops-acme-incoming',
      'rundrop-local-run-status-change',
    ]);
    const { Functions } = await new LambdaClient(client).send(new ListFunctionsCommand({}));
    expect(Functions).toHaveLength(9);
    const { Schedules } = await new SchedulerClient(client).send(new ListSchedulesCommand({}));
    expect(Schedules?.map(({ Name }) => Name)).toEqual([
      'rundrop-local-reconcile',
      'rundrop-local-schedule-nightly',
      'rundrop-local-sweep',
    ]);
    expect(Schedules?.every(({ GroupName }) => GroupName === 'rundrop-local')).toBe(true);
  });

  it('follows a dropped pair to one completed run, and tells of each object', async () => {
    const stack = await start();
    const arrived: ArrivedObject[] = [];
    stack.onObjectCreated((object) => arrived.push(object));
    await dropPair(stack, 'NA12878');
    await eventually(() => executionsOf(stack), allSucceeded);
    expect(await runsOf(stack)).toMatchObject([{ status: 'COMPLETED', workflowId: '1234567' }]);
    expect(arrived.slice(0, 2)).toMatchObject([
      { bucket: 'acme-incoming', key: 'fastq/NA12878_R2.fastq.gz', sizeBytes: READ.length },
      { bucket: 'acme-incoming', key: 'fastq/NA12878_R1.fastq.gz', sizeBytes: READ.length },
    ]);
    expect(reported).toEqual([]);
  });

  it('goes on after a restart on the same data folder, and starts nothing twice', async () => {
    const first = await start({ dataDir: directory });
    await dropPair(first, 'before');
    await eventually(() => executionsOf(first), allSucceeded);
    const [run] = await runsOf(first);
    await first.close();

    const second = await start({ dataDir: directory });
    const s3 = new S3Client(settings(second));
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'acme-incoming' }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(['fastq/before_R1.fastq.gz', 'fastq/before_R2.fastq.gz']);
    await dropPair(second, 'after');
    await eventually(
      () => executionsOf(second),
      (executions) => executions.length === 2 && allSucceeded(executions),
    );
    const runs = await runsOf(second);
    expect(runs).toHaveLength(2);
    expect(runs.map(({ id }) => id)).toContain(run?.id);
  });

  it('forgets the schedules that the route file no longer names', async () => {
    const routesFile = path.join(directory, 'routes.yaml');
    const text = await readFile(ROUTES_FILE, 'utf8');
    await (await start({ dataDir: path.join(directory, 'data') })).close();
    await writeFile(routesFile, text.slice(0, text.indexOf('schedules:')));
    const stack = await start({ dataDir: path.join(directory, 'data'), routesFile });
    const { Schedules } = await new SchedulerClient(settings(stack)).send(new ListSchedulesCommand({}));
    expect(Schedules?.map(({ Name }) => Name)).toEqual(['rundrop-local-reconcile', 'rundrop-local-sweep']);
  });

  it('gives the functions the settings of the environment that are theirs, and nothing else of it', async () => {
    const environment = {
      HOME: '/home/anybody',
      RUNDROP_RETRY_BASE_SECONDS: '7',
      RUNDROP_STAGE: 'other',
      UNSET: undefined,
    };
    const stack = await start({ environment });
    const { Functions } = await new LambdaClient(settings(stack)).send(new ListFunctionsCommand({}));
    const variables = Functions?.find(({ FunctionName }) => FunctionName === 'rundrop-local-on-drop')?.Environment
      ?.Variables;
    expect(variables).toMatchObject({
      RUNDROP_RETRY_BASE_SECONDS: '7',
      RUNDROP_STAGE: 'local',
      RUNDROP_ROUTES_FILE: ROUTES_FILE,
      HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::000000000000:role/HealthOmicsServiceRole',
      RUNDROP_STARTS_QUEUE_URL: `${stack.endpoint}/000000000000/rundrop-local-starts.fifo`,
    });
    expect(variables).not.toHaveProperty('HOME');
  });

  it('refuses a data folder that another stack uses', async () => {
    await start({ dataDir: directory });
    await expect(start({ dataDir: directory })).rejects.toThrow(DataDirInUseError);
  });

  it('refuses a taken port, and leaves the data folder free', async () => {
    const other = await start();
    await expect(start({ port: other.port, dataDir: directory })).rejects.toThrow(PortInUseError);
    await start({ dataDir: directory });
  });

  it('rejects a route file that is not valid, naming the file, and leaves port and data folder free', async () => {
    const first = await start({ dataDir: directory });
    await first.close();
    const routesFile = path.join(directory, 'broken.yaml');
    await writeFile(routesFile, 'version: 1\nroutes: [{ nonsense: true }]\n');
    await expect(start({ port: first.port, dataDir: directory, routesFile })).rejects.toThrow(/broken\.yaml/);
    await start({ port: first.port, dataDir: directory });
  });

  it('answers nobody after it has closed, however often it is closed', async () => {
    const stack = await start();
    await Promise.all([stack.close(), stack.close()]);
    await expect(fetch(stack.endpoint)).rejects.toThrow();
    expect(reported).toEqual([]);
  });
});
