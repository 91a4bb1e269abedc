import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteRunCommand, GetRunCommand, ListRunsCommand, StartRunCommand } from '@aws-sdk/client-omics';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QuotaReport } from '../../cli/quota/report.ts';
import type { SweepResult } from '../../lib/lifecycle/sweep-ports.ts';
import { rundrop } from '../cli/command-line.ts';
import { BUCKET, eventually, type Laptop, startLaptop } from './laptop.ts';

const QUOTA = 20;
const ROUTES = `
version: 1
defaults:
  roleArn: arn:aws:iam::000000000000:role/HealthOmics
  outputUri: s3://acme-results/{route}/
  storageType: DYNAMIC
routes:
  - name: kept
    on: { bucket: ${BUCKET}, key: 'kept/{file}' }
    run: { workflowId: "3333333", retentionMode: RETAIN, parameters: { input: '{uri}' } }
  - name: passing
    on: { bucket: ${BUCKET}, key: 'passing/{file}' }
    run: { workflowId: "3333333", retentionMode: REMOVE, parameters: { input: '{uri}' } }
`;

let folder: string;
let laptop: Laptop;
let lambda: LambdaClient;
let sqs: SQSClient;
let queueUrl = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rundrop-quota-'));
  const routesFile = path.join(folder, 'rundrop.yaml');
  await writeFile(routesFile, ROUTES);
  laptop = await startLaptop({ routesFile, quotas: { 'L-C9679DBC': QUOTA, 'L-24A3B174': 100 } });
  const settings = {
    endpoint: laptop.stack.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  lambda = new LambdaClient(settings);
  sqs = new SQSClient(settings);
  queueUrl = await listenToAnnouncements(new EventBridgeClient(settings));
});
afterAll(async () => {
  await laptop.stop();
  await rm(folder, { recursive: true });
});

async function listenToAnnouncements(events: EventBridgeClient): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'announcements' }));
  const rule = { Name: 'quota', EventBusName: 'rundrop-local' };
  const EventPattern = JSON.stringify({ source: ['rundrop'], 'detail-type': ['Quota Threshold Crossed'] });
  await events.send(new PutRuleCommand({ ...rule, EventPattern }));
  const Arn = 'arn:aws:sqs:us-east-1:000000000000:announcements';
  await events.send(
    new PutTargetsCommand({ Rule: rule.Name, EventBusName: rule.EventBusName, Targets: [{ Id: 'queue', Arn }] }),
  );
  return QueueUrl;
}

interface Announced {
  readonly detail: { readonly eventId: string; readonly thresholdPercent: number; readonly command: string };
}

/** What was announced since it was last asked. */
async function announcements(): Promise<Announced['detail'][]> {
  const details: Announced['detail'][] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    if (Messages.length === 0) return details;
    for (const { Body = '', ReceiptHandle } of Messages) {
      details.push((JSON.parse(Body) as Announced).detail);
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }
}

async function invoke<T>(name: string, payload: unknown): Promise<T> {
  const FunctionName = `rundrop-local-${name}`;
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }));
  const text = Buffer.from(answer.Payload ?? []).toString();
  expect(answer.FunctionError, text).toBeUndefined();
  return JSON.parse(text) as T;
}

const sweep = () => invoke<SweepResult>('sweep-runs', { scan: true });

async function startForeign(retentionMode: 'RETAIN' | 'REMOVE'): Promise<void> {
  const { id } = await laptop.omics.send(
    new StartRunCommand({
      workflowId: '3333333',
      roleArn: 'arn:aws:iam::000000000000:role/Somebody',
      outputUri: 's3://acme-results/foreign/',
      parameters: { input: `s3://${BUCKET}/kept/a` },
      storageType: 'STATIC',
      name: 'foreign',
      requestId: randomUUID(),
      retentionMode,
    }),
  );
  await eventually(async () =>
    (await laptop.omics.send(new GetRunCommand({ id }))).status === 'COMPLETED' ? id : undefined,
  );
}

async function ask(...more: string[]): Promise<QuotaReport> {
  const { stdout, stderr, exitStatus } = await rundrop(['quota', '--json', ...more], {
    AWS_ENDPOINT_URL: laptop.stack.endpoint,
  });
  expect(exitStatus, stderr).toBe(0);
  return JSON.parse(stdout) as QuotaReport;
}

/** Mode, then status, to a count, by GetRun on every run. */
async function countByGetRun(): Promise<Record<string, Record<string, number>>> {
  const counts: Record<string, Record<string, number>> = {};
  const { items = [] } = await laptop.omics.send(new ListRunsCommand({ maxResults: 100 }));
  for (const { id } of items) {
    const { retentionMode = '', status = '' } = await laptop.omics.send(new GetRunCommand({ id }));
    counts[retentionMode] ??= {};
    const byStatus = counts[retentionMode] ?? {};
    byStatus[status] = (byStatus[status] ?? 0) + 1;
  }
  return counts;
}

describe('rundrop quota, with runs of our routes and of a foreign client', () => {
  it('says that there is no picture before the first sweep', async () => {
    const { exitStatus, stderr } = await rundrop(['quota'], { AWS_ENDPOINT_URL: laptop.stack.endpoint });
    expect({ exitStatus, stderr }).toEqual({ exitStatus: 1, stderr: expect.stringContaining('--live') });
  });

  it('equals a count made by GetRun on every run', async () => {
    for (const key of ['kept/a', 'kept/b', 'passing/a', 'passing/b', 'passing/c']) await laptop.put(key);
    await Promise.all((['RETAIN', 'RETAIN', 'REMOVE'] as const).map(startForeign));
    await laptop.endedRequests(5);
    // Our own five are known from the ledger.
    expect(await sweep()).toMatchObject({ outcome: 'done', storedRuns: 8, getCalls: 3 });
    const report = await ask();
    expect(report.byRetentionMode).toEqual(await countByGetRun());
    expect(report).toMatchObject({ storedRuns: 8, storedRunsQuota: QUOTA, unknownRetention: 0 });
    expect(report.holders?.route).toContainEqual({ name: 'kept', RETAIN: 2, REMOVE: 0, UNKNOWN: 0 });
  });

  it('looks by itself with --live', async () => {
    expect((await ask('--live')).byRetentionMode).toEqual(await countByGetRun());
  });

  it('draws bars for people', async () => {
    const { stdout } = await rundrop(['quota', '--if', '100'], { AWS_ENDPOINT_URL: laptop.stack.endpoint });
    expect(stdout).toContain('8 of 20, 40%');
    expect(stdout).toContain('If 100 runs were started now:');
  });
});

describe('a stored-run quota that fills with RETAIN runs', () => {
  it('is announced at 80, 90 and 95 % once each, makes the next drop wait, and goes on when runs are deleted', async () => {
    await startForeigners(12);
    await sweep();
    await sweep();
    expect((await announcements()).map(({ thresholdPercent }) => thresholdPercent)).toEqual([80]);
    await deleteEveryRemoveRun();
    await startForeigners(4);
    await sweep();
    const crossed = await announcements();
    expect(crossed.map(({ thresholdPercent }) => thresholdPercent)).toEqual([90, 95]);
    expect(crossed[0]?.command).toContain('request-service-quota-increase --service-code omics');

    await laptop.put('kept/waits');
    const waiting = await eventually(async () => {
      const [identity] = await laptop.ledger.requests.open('WAITING', 1);
      const record = await laptop.ledger.requests.read(identity ?? '');
      return record?.reason === undefined ? undefined : record;
    });
    const { items = [] } = await laptop.omics.send(new ListRunsCommand({ name: 'foreign', maxResults: 100 }));
    for (const { id } of items.slice(0, 3)) await laptop.omics.send(new DeleteRunCommand({ id }));
    await eventually(async () => {
      // What the schedule does every minute; a probe waits for its time since the last one.
      await invoke('reconcile-runs', {});
      const record = await laptop.ledger.requests.read(waiting.identity);
      return record?.outcome === 'COMPLETED' ? record : undefined;
    });
    await sweep();
    expect((await ask()).byRetentionMode).toEqual(await countByGetRun());
    expect(await announcements()).toEqual([]);
  });
});

/** RETAIN runs, all at once. */
async function startForeigners(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => startForeign('RETAIN')));
}

async function deleteEveryRemoveRun(): Promise<void> {
  const { items = [] } = await laptop.omics.send(new ListRunsCommand({ maxResults: 100 }));
  for (const { id } of items) {
    const { retentionMode } = await laptop.omics.send(new GetRunCommand({ id }));
    if (retentionMode === 'REMOVE') await laptop.omics.send(new DeleteRunCommand({ id }));
  }
}
