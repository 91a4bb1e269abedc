import { randomUUID } from 'node:crypto';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  DeleteRunCommand,
  GetRunCommand,
  paginateListRuns,
  type RunListItem,
  StartRunCommand,
} from '@aws-sdk/client-omics';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QuotaReport } from '../../cli/quota/report.ts';
import type { SweepResult } from '../../lib/lifecycle/sweep-ports.ts';
import { rundrop } from '../cli/command-line.ts';
import { BUCKET, eventually, type Laptop, startLaptop } from './laptop.ts';

const QUOTA = 200;
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
prune: { olderThan: 1d, runs: all }
`;

let laptop: Laptop;
let sqs: SQSClient;
let queueUrl = '';
let noticesUrl = '';

beforeAll(async () => {
  const environment = { RUNDROP_SWEEP_RATE_SHARE: '0.9' };
  laptop = await startLaptop({
    routes: ROUTES,
    environment,
    quotas: { 'L-C9679DBC': QUOTA, 'L-24A3B174': 100, 'L-BE38079A': 500 },
  });
  sqs = new SQSClient(laptop.clientSettings);
  queueUrl = await listenToAnnouncements(new EventBridgeClient(laptop.clientSettings));
  noticesUrl = await listenToNotices(new SNSClient(laptop.clientSettings));
});
afterAll(async () => {
  await laptop.stop();
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

async function listenToNotices(sns: SNSClient): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'notices' }));
  const TopicArn = 'arn:aws:sns:us-east-1:000000000000:rundrop-local-notifications';
  const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:notices';
  const Attributes = { RawMessageDelivery: 'true', FilterPolicy: JSON.stringify({ kind: ['QUOTA'] }) };
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));
  return QueueUrl;
}

interface Announced {
  readonly detail: { readonly eventId: string; readonly thresholdPercent: number; readonly command: string };
}

/** What has come to a queue since it was last asked. */
async function receive(url: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    if (Messages.length === 0) return bodies;
    for (const { Body = '', ReceiptHandle } of Messages) {
      bodies.push(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    }
  }
}

async function announcements(): Promise<Announced['detail'][]> {
  return (await receive(queueUrl)).map((body) => (JSON.parse(body) as Announced).detail);
}

const sweep = () => laptop.invoke<SweepResult>('sweep-runs', { scan: true });

let dropped = 0;

async function drop(folderName: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => laptop.put(`${folderName}/${++dropped}`)));
}

/** Runs that somebody else starts, all at once, and their end. */
async function startForeign(retentionMode: 'RETAIN' | 'REMOVE', count: number): Promise<void> {
  const start = () =>
    laptop.omics.send(
      new StartRunCommand({
        workflowId: '3333333',
        roleArn: 'arn:aws:iam::000000000000:role/Somebody',
        outputUri: 's3://acme-results/foreign/',
        parameters: { input: `s3://${BUCKET}/kept/a` },
        storageType: 'DYNAMIC',
        name: 'foreign',
        requestId: randomUUID(),
        retentionMode,
      }),
    );
  await Promise.all(Array.from({ length: count }, start));
  await eventually(async () => {
    const active = (await allRuns()).filter(({ status }) => status !== 'COMPLETED');
    return active.length === 0 ? true : undefined;
  });
}

async function allRuns(): Promise<RunListItem[]> {
  const items: RunListItem[] = [];
  for await (const page of paginateListRuns({ client: laptop.omics, pageSize: 100 }, {}))
    items.push(...(page.items ?? []));
  return items;
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
  for (const { id } of await allRuns()) {
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
    await drop('kept', 12);
    await drop('passing', 6);
    await startForeign('RETAIN', 16);
    await startForeign('REMOVE', 8);
    await laptop.endedRequests(18);
    // Our own are known from the ledger.
    expect(await sweep()).toMatchObject({ outcome: 'done', storedRuns: 42, getCalls: 24 });
    const report = await ask();
    expect(report.byRetentionMode).toEqual(await countByGetRun());
    expect(report).toMatchObject({ storedRuns: 42, storedRunsQuota: QUOTA, unknownRetention: 0 });
    expect(report.holders?.route).toContainEqual({ name: 'kept', RETAIN: 12, REMOVE: 0, UNKNOWN: 0 });
  });

  it('looks by itself with --live', async () => {
    expect((await ask('--live')).byRetentionMode).toEqual(await countByGetRun());
  });

  it('draws bars for people', async () => {
    const { stdout } = await rundrop(['quota', '--if', '100'], { AWS_ENDPOINT_URL: laptop.stack.endpoint });
    expect(stdout).toContain('42 of 200, 21%');
    expect(stdout).toContain('If 100 runs were started now:');
    expect(stdout).toMatch(/if they are like the newest 18 requests:\n {2}the last one starts in about/);
  });

  it('shows what pruning would take, and deletes nothing', async () => {
    const { stdout, stderr, exitStatus } = await rundrop(['prune', '--routes', laptop.routesFile], {
      AWS_ENDPOINT_URL: laptop.stack.endpoint,
    });
    expect(exitStatus, stderr).toBe(0);
    expect(stdout).toContain('0 of 42 stored runs by the picture of');
    expect(stdout).toContain('Nothing is deleted: `dryRun` is true.');
  });
});

describe('a stored-run quota that fills with RETAIN runs', () => {
  it('is announced at 80, 90 and 95 % once each, makes the next drop wait, and goes on when runs are deleted', async () => {
    await startForeign('RETAIN', 132);
    await sweep();
    await sweep();
    const first = await announcements();
    expect(first.map(({ thresholdPercent }) => thresholdPercent)).toEqual([80]);
    await deleteEveryRemoveRun();
    await startForeign('RETAIN', 40);
    await sweep();
    await sweep();
    const then = await announcements();
    expect(then.map(({ thresholdPercent }) => thresholdPercent)).toEqual([90, 95]);
    expect(then[0]?.command).toContain('request-service-quota-increase --service-code omics');
    const notices = await receive(noticesUrl);
    expect(notices).toHaveLength(3);
    expect(notices[0]).toContain(`RETAIN runs hold 80 % of the account's stored-run quota: 160 of 200`);
    expect(new Set([...first, ...then].map(({ eventId }) => eventId)).size).toBe(3);

    await laptop.put('kept/waits');
    const waiting = await eventually(async () => {
      const [identity] = await laptop.ledger.requests.open('WAITING', 1);
      const record = await laptop.ledger.requests.read(identity ?? '');
      return record?.reason === undefined ? undefined : record;
    });
    const foreign = (await allRuns()).filter(({ name }) => name === 'foreign');
    for (const { id } of foreign.slice(0, 3)) await laptop.omics.send(new DeleteRunCommand({ id }));
    await withinTwoMinutes(async () => {
      const record = await laptop.ledger.requests.read(waiting.identity);
      return record?.outcome === 'COMPLETED' ? record : undefined;
    });
    await sweep();
    expect((await ask()).byRetentionMode).toEqual(await countByGetRun());
    expect(await announcements()).toEqual([]);
    // Learning 172 foreign runs takes GetRun's rate its time.
  }, 120_000);
});

/** What the schedule does every minute, twice. */
async function withinTwoMinutes<T>(look: () => Promise<T | undefined>): Promise<T> {
  await laptop.invoke('reconcile-runs', {});
  const found = await eventually(look, { withinMs: 3_000 }).catch(() => undefined);
  if (found !== undefined) return found;
  await laptop.invoke('reconcile-runs', {});
  return eventually(look);
}

async function deleteEveryRemoveRun(): Promise<void> {
  for (const { id } of await allRuns()) {
    const { retentionMode } = await laptop.omics.send(new GetRunCommand({ id }));
    if (retentionMode === 'REMOVE') await laptop.omics.send(new DeleteRunCommand({ id }));
  }
}
