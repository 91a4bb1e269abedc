/**
 * Steps that only some route files ask for, or that only a crash in a rare place leaves to take. What the ledger holds then
 * is written by the same pure steps that lead there, and the functions are invoked as their triggers invoke them.
 */
import { randomUUID } from 'node:crypto';
import {
  CreateRunGroupCommand,
  CreateWorkflowVersionCommand,
  GetRunCommand,
  GetWorkflowVersionCommand,
  StartRunCommand,
} from '@aws-sdk/client-omics';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newRequest } from '../../lib/lifecycle/claim-request.ts';
import type { SweepResult } from '../../lib/lifecycle/sweep-ports.ts';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { gotThrough, refused as quotaRefused } from '../../lib/runs/start-gate.ts';
import {
  attemptEvidenceKept,
  ended,
  retrying,
  type StartedRun,
  started,
  statusKnown,
  waiting,
} from '../../lib/runs/transitions.ts';
import { zipOf } from '../local/omics/zip-archive.ts';
import { BUCKET, eventually, type Laptop, REMOVE_ROUTES, ROLE_ARN, STATE_MACHINE_ARN, startLaptop } from './laptop.ts';

const ROUTES = `${REMOVE_ROUTES}
  - name: tagged
    on: { bucket: ${BUCKET}, key: 'tagged/{file}' }
    when: { tag: { ready: 'yes' } }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: versioned
    on: { bucket: ${BUCKET}, key: 'versioned/{file}' }
    run: { workflowId: "3333333", workflowVersionName: second, parameters: { input: '{uri}' } }
  - name: grouped
    on: { bucket: ${BUCKET}, key: 'grouped/{file}' }
    run: { workflowId: "3333333", runGroupId: "1111111", cacheId: "2222222", parameters: { input: '{uri}' } }
`;
const EVIDENCE_BUCKET = 'rundrop-local-evidence-000000000000-us-east-1';
/** Long ago, so that nobody takes a step for one that is being taken right now. */
const AT = '2026-01-02T03:04:05.000Z';

let laptop: Laptop;
let sqs: SQSClient;
const lines: string[] = [];

beforeAll(async () => {
  laptop = await startLaptop({
    routes: ROUTES,
    // One that the starter reads, and one that only the sweeper does.
    quotas: { 'L-24A3B174': 'default-only', 'L-A30FD31B': 'default-only' },
    functionLog: (_name, line) => void lines.push(line),
  });
  sqs = new SQSClient(laptop.clientSettings);
});
afterAll(async () => {
  sqs.destroy();
  await laptop.stop();
});

async function endOf(key: string): Promise<RequestRecord> {
  return eventually(async () => {
    const drop = (await laptop.drops()).find((one) => one.key === key && one.identity !== undefined);
    const record = await laptop.ledger.requests.read(drop?.identity ?? '');
    return record?.announcedAt === undefined ? undefined : record;
  });
}

const putTagged = (key: string) =>
  laptop.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: key, Tagging: 'ready=yes' }));

/** The event of a version that is not there, as of an object that was deleted for good. */
async function announceVersion(key: string): Promise<void> {
  const object = { key, size: 10, etag: 'e', 'version-id': 'gone', sequencer: '01' };
  const event = {
    ...{ version: '0', id: randomUUID(), 'detail-type': 'Object Created', source: 'aws.s3' },
    ...{ account: '000000000000', time: new Date().toISOString(), region: 'us-east-1' },
    resources: [`arn:aws:s3:::${BUCKET}`],
    detail: { version: '0', bucket: { name: BUCKET }, object },
  };
  const QueueUrl = `${laptop.stack.endpoint}/000000000000/rundrop-local-drops`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
}

describe('a route that looks at tags', () => {
  it('takes the object that has them, also for a person who names its version in the console', async () => {
    await putTagged('tagged/a');
    const record = await endOf('tagged/a');
    expect(record).toMatchObject({ route: 'tagged', outcome: 'COMPLETED' });
    const input = JSON.stringify({ drop: { bucket: BUCKET, key: 'tagged/a', versionId: 'null' } });
    const { executionArn = '' } = await laptop.sfn.send(
      new StartExecutionCommand({ stateMachineArn: STATE_MACHINE_ARN, input }),
    );
    const closed = await laptop.closed(executionArn);
    expect(JSON.parse(closed.output ?? '{}'), closed.cause).toMatchObject({ outcome: 'COMPLETED' });
  });

  it('does not take a version that is gone, with its tags', async () => {
    await announceVersion('tagged/gone');
    await eventually(async () => lines.find((line) => line.includes('no route takes the drop')));
    expect((await laptop.drops()).some(({ key }) => key === 'tagged/gone')).toBe(false);
  });
});

it('rejects a drop of a version that is gone', async () => {
  await announceVersion('versioned/gone');
  const drop = await eventually(async () => (await laptop.drops()).find(({ key }) => key === 'versioned/gone'));
  expect(drop).toMatchObject({ state: 'REJECTED', reason: expect.stringContaining('gone before it was read') });
});

it("starts the workflow's version that the route names, by its parameters", async () => {
  const version = { workflowId: '3333333', versionName: 'second' };
  const definitionZip = zipOf({ 'main.wdl': 'version 1.0\nworkflow W { input { File input } }' });
  const parameterTemplate = { input: { description: 'reads' } };
  await laptop.omics.send(
    new CreateWorkflowVersionCommand({ ...version, requestId: randomUUID(), definitionZip, parameterTemplate }),
  );
  await eventually(async () => {
    const { status } = await laptop.omics.send(new GetWorkflowVersionCommand(version));
    return status === 'ACTIVE' ? status : undefined;
  });
  await laptop.put('versioned/a');
  const { runId } = currentAttempt(await endOf('versioned/a'));
  expect(await laptop.omics.send(new GetRunCommand({ id: runId }))).toMatchObject({ workflowVersionName: 'second' });
});

it('shows that the run group and the cache of a route are not there', async () => {
  await laptop.put('grouped/a');
  expect(await endOf('grouped/a')).toMatchObject({
    outcome: 'REFUSED',
    reason: expect.stringContaining('ResourceNotFoundException'),
  });
});

interface Seed {
  readonly key: string;
  /** The runs of its attempts that failed, each with its failureReason. */
  readonly failed: readonly (StartedRun & { readonly failureReason: string })[];
}

let seeds = 0;

/** In the ledger: a request whose attempts failed so far; the next one is to get in line. */
async function seed({ key, failed }: Seed): Promise<RequestRecord> {
  seeds += 1;
  const content = `etag:seed-${seeds}:2`;
  const claim = {
    origin: { kind: 'drop' as const, route: 'tagged', members: [{ bucket: BUCKET, key, content }] },
    route: 'tagged',
    routesHash: 'f'.repeat(64),
    request: {
      ...{ workflowId: '3333333', roleArn: ROLE_ARN, outputUri: 's3://acme-results/tagged/', storageType: 'DYNAMIC' },
      ...{ name: 'seed', parameters: { input: `s3://${BUCKET}/${key}` } },
    },
    members: [{ dropId: randomUUID().replaceAll('-', ''), bucket: BUCKET, key, etag: `seed-${seeds}`, sizeBytes: 2 }],
    maxAttempts: failed.length + 1,
  };
  const { record } = await laptop.ledger.requests.claim(newRequest(claim, { rundropVersion: '0.0.0' }, AT));
  let latest = record;
  for (const run of failed) {
    const { attempt } = currentAttempt(latest);
    latest = await change(latest, (one) => waiting(one, AT));
    latest = await fail(latest, run);
    latest = await change(latest, (one) => retrying(one, attempt, 'seed', {}, AT));
  }
  return change(latest, (one) => waiting(one, AT));
}

const change = (record: RequestRecord, step: (latest: RequestRecord) => RequestRecord) =>
  laptop.ledger.requests.change(record.identity, step);

/** The current attempt has this run, and it failed. */
async function fail(record: RequestRecord, { failureReason, ...run }: Seed['failed'][number]): Promise<RequestRecord> {
  const { attempt } = currentAttempt(record);
  await change(record, (latest) => started(latest, attempt, run, AT));
  return change(record, (latest) => statusKnown(latest, attempt, { status: 'FAILED', failureReason }, AT));
}

let ids = 0;
const goneRun = (failureReason: string) => {
  ids += 1;
  return { runId: String(9_000_000 + ids), uuid: randomUUID(), failureReason };
};

/** A run of somebody else that failed in a task. */
async function failedRun(): Promise<Seed['failed'][number]> {
  const { id = '', uuid = '' } = await laptop.omics.send(
    new StartRunCommand({
      ...{ workflowId: '3333333', roleArn: ROLE_ARN, outputUri: 's3://acme-results/seed/', name: 'foreign' },
      ...{ parameters: { input: `s3://${BUCKET}/x` }, storageType: 'DYNAMIC', requestId: randomUUID() },
      tags: { emulate: 'FAILED:RUN_TASK_FAILED' },
    }),
  );
  await eventually(async () => {
    const { status } = await laptop.omics.send(new GetRunCommand({ id }));
    return status === 'FAILED' ? status : undefined;
  });
  return { runId: id, uuid, failureReason: 'RUN_TASK_FAILED' };
}

describe('a token that was left over when its request was refused', () => {
  async function refused() {
    const run = goneRun('SERVICE_ERROR');
    const record = await seed({ key: 'tagged/left-over', failed: [run] });
    const { identity } = await change(record, (latest) => ended(latest, 'REFUSED', AT, 'It was refused.'));
    const token = { identity, purpose: 'start' as const, executionName: 'left-over', attempt: 2, token: 'spent' };
    await laptop.ledger.tokens.put(token, Date.now());
    return { run, identity };
  }
  const leftOver = async (identity: string) => [
    ...(await laptop.ledger.tokens.list(identity, 'start')),
    ...(await laptop.ledger.tokens.list(identity, 'watch')),
  ];

  it('is answered by whoever watches an earlier run of it', async () => {
    const { identity: request } = await refused();
    await laptop.invoke('watch-run', { token: 'another', executionName: 'watcher', request, attempt: 1 });
    expect(await leftOver(request)).toEqual([]);
  });

  it('is answered when a late event tells of an earlier run of it', async () => {
    const { run, identity } = await refused();
    const arn = `arn:aws:omics:us-east-1:000000000000:run/${run.runId}`;
    const event = { account: '000000000000', region: 'us-east-1', detail: { arn, uuid: run.uuid, status: 'FAILED' } };
    await laptop.invoke('on-run-status-change', event);
    expect(await leftOver(identity)).toEqual([]);
  });

  it('is answered by reconciliation, which announces what nobody did', async () => {
    const { identity } = await refused();
    await laptop.invoke('reconcile-runs', {});
    expect(await leftOver(identity)).toEqual([]);
  });
});

describe('a run that failed because its input was overwritten', () => {
  async function overwritten(key: string): Promise<RequestRecord> {
    await laptop.put(key);
    return fail(await seed({ key, failed: [] }), goneRun('MODIFIED_INPUT_RESOURCE'));
  }
  const outcome = { outcome: 'FAILED', reason: expect.stringContaining('was overwritten while the run used it') };
  const sentAgain = () => lines.filter((line) => line.includes('an unknown drop is to be taken again')).length;

  it('ends there, and what lies there now goes round again', async () => {
    const { identity: request } = await overwritten('tagged/overwritten-1');
    const before = sentAgain();
    expect(await laptop.invoke('record-outcome', { request, attempt: 1 })).toMatchObject({ outcome: 'FAILED' });
    expect(await laptop.ledger.requests.read(request)).toMatchObject(outcome);
    await eventually(async () => (sentAgain() > before ? true : undefined));
  });

  it('ends by reconciliation where no execution is left', async () => {
    const { identity } = await overwritten('tagged/overwritten-2');
    const before = sentAgain();
    await laptop.invoke('reconcile-runs', {});
    expect(await laptop.ledger.requests.read(identity)).toMatchObject(outcome);
    await eventually(async () => (sentAgain() > before ? true : undefined));
  });
});

it('has the starter look again when the end of a REMOVE run makes room in a full quota', async () => {
  const run = { ...goneRun('RUN_TASK_FAILED'), retentionMode: 'REMOVE' };
  const { identity: request } = await fail(await seed({ key: 'tagged/none', failed: [] }), run);
  const refusal = { mode: 'REMOVE' as const, identity: request, reason: 'full' };
  await laptop.ledger.gate.change((gate) => quotaRefused(gate, refusal, AT));
  await laptop.invoke('record-outcome', { request, attempt: 1 });
  expect((await laptop.ledger.gate.read()).full.REMOVE?.liftedAt).toEqual(expect.any(String));
  await laptop.ledger.gate.change((gate) => gotThrough(gate, 'RETAIN', new Date().toISOString()));
});

describe('evidence of earlier attempts that is not there any more', () => {
  /** Two attempts failed, with evidence that is on record and neither under its version nor under its key. */
  async function failedTwice(): Promise<RequestRecord> {
    const record = await seed({ key: 'tagged/none', failed: [await failedRun(), goneRun('SERVICE_ERROR')] });
    const mark = { uri: `s3://${EVIDENCE_BUCKET}/runs/gone.json`, etag: 'e', sha256: 'f'.repeat(64) };
    await change(record, (latest) => attemptEvidenceKept(latest, 1, { ...mark, versionId: 'gone' }));
    return change(record, (latest) => attemptEvidenceKept(latest, 2, mark));
  }

  /** What was written in its place. */
  async function attemptsOf(identity: string): Promise<readonly object[]> {
    const record = await laptop.ledger.requests.read(identity);
    const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(record?.evidence?.uri ?? '') ?? [];
    const { Body } = await laptop.s3.send(new GetObjectCommand({ Bucket, Key }));
    return (JSON.parse((await Body?.transformToString()) ?? '{}') as { attempts: object[] }).attempts;
  }
  const collectedAgain = [
    { tasks: { items: expect.arrayContaining([expect.objectContaining({ status: 'FAILED' })]), described: 1 } },
    { run: null, runMissing: 'gone' },
  ];

  it('is collected again by the starter, when the third attempt cannot start', async () => {
    const { identity } = await failedTwice();
    await laptop.invoke('start-runs', { Records: [{ body: JSON.stringify({ request: identity }) }] });
    expect(await laptop.ledger.requests.read(identity)).toMatchObject({ outcome: 'SUPERSEDED' });
    expect((await attemptsOf(identity)).slice(0, 2)).toMatchObject(collectedAgain);
  });

  it('is collected again by whoever records the outcome', async () => {
    const { identity: request } = await fail(await failedTwice(), goneRun('RUN_TASK_FAILED'));
    expect(await laptop.invoke('record-outcome', { request, attempt: 3 })).toMatchObject({ outcome: 'FAILED' });
    expect((await attemptsOf(request)).slice(0, 2)).toMatchObject(collectedAgain);
  });

  it('is collected again by reconciliation, where the outcome was not announced', async () => {
    const { identity } = await change(await failedTwice(), (latest) => ended(latest, 'REFUSED', AT, 'It was refused.'));
    await laptop.invoke('reconcile-runs', {});
    expect((await attemptsOf(identity)).slice(0, 2)).toMatchObject(collectedAgain);
  });
});

describe('the sweeper', () => {
  it('reads what waits and the limits of the run groups, where one has a run', async () => {
    const { id: runGroupId } = await laptop.omics.send(
      new CreateRunGroupCommand({ maxRuns: 1, requestId: randomUUID() }),
    );
    await laptop.omics.send(
      new StartRunCommand({
        ...{ workflowId: '3333333', roleArn: ROLE_ARN, outputUri: 's3://acme-results/seed/', name: 'grouped' },
        ...{ parameters: { input: `s3://${BUCKET}/x` }, storageType: 'DYNAMIC', requestId: randomUUID(), runGroupId },
        tags: { emulate: 'HANG:RUNNING' },
      }),
    );
    const waits = [await seed({ key: 'tagged/none', failed: [] }), await seed({ key: 'tagged/none', failed: [] })];
    // Each sees the same; one of several is alone in the laptop's worker, which is what IAM's comparison needs.
    for (let sweep = 0; sweep < 3; sweep += 1) {
      expect(await laptop.invoke<SweepResult>('sweep-runs', { scan: true })).toMatchObject({ outcome: 'done' });
    }
    const queue = await laptop.ledger.sweeps.readQueue();
    expect(queue?.limits.runGroups).toEqual([expect.objectContaining({ runGroupId, maxRuns: 1 })]);
    const waiting = queue?.lanes.reduce((sum, lane) => sum + lane.waiting, 0);
    expect(waiting).toBe(waits.length);
  });
});
