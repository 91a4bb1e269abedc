/** The commands with which a person takes things in hand, over one laptop. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetRunCommand } from '@aws-sdk/client-omics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { openOperator } from '../../cli/operator.ts';
import { ownTarget } from '../../cli/target.ts';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { BUCKET, eventually, type Laptop, ROLE_ARN, startLaptop } from '../end-to-end/laptop.ts';
import { rundrop } from './command-line.ts';

const ROUTES = `version: 1
defaults:
  roleArn: ${ROLE_ARN}
  outputUri: s3://acme-results/{route}/
  retentionMode: REMOVE
  storageType: DYNAMIC
routes:
  - name: hanging
    on: { bucket: ${BUCKET}, key: 'hanging/{file}' }
    run: { workflowId: "3333333", tags: { emulate: 'HANG:RUNNING' }, parameters: { input: '{uri}' } }
  - name: limited
    on: { bucket: ${BUCKET}, key: 'limited/{file}' }
    limits: { maxRunsPerDay: 1 }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
`;
const CALLER = 'arn:aws:iam::000000000000:root';

let laptop: Laptop;
let lambda: LambdaClient;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rundrop-operator-'));
  const routesFile = path.join(folder, 'rundrop.yaml');
  await writeFile(routesFile, ROUTES);
  laptop = await startLaptop({ routesFile });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  lambda = new LambdaClient({ endpoint: laptop.stack.endpoint, region: 'us-east-1', credentials });
});
afterAll(async () => {
  lambda.destroy();
  await laptop.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => rundrop(args, { AWS_ENDPOINT_URL: laptop.stack.endpoint });

/** What the schedule does every minute. */
async function reconcile(): Promise<void> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'rundrop-local-reconcile-runs', Payload: '{}' }));
  expect(answer.FunctionError).toBeUndefined();
}

/** Drops an object and waits until its request is as asked for. */
async function requestOf(key: string, isSo: (record: RequestRecord) => boolean): Promise<RequestRecord> {
  await laptop.put(key);
  return eventually(async () => {
    const identity = (await laptop.drops()).find((drop) => drop.key === key)?.identity ?? '';
    const record = await laptop.ledger.requests.read(identity);
    return record !== undefined && isSo(record) ? record : undefined;
  });
}

const ended = ({ identity }: RequestRecord) =>
  eventually(async () => {
    await reconcile();
    const record = await laptop.ledger.requests.read(identity);
    return record?.announcedAt === undefined ? undefined : record;
  });

describe('rundrop cancel', () => {
  test('cancels a run, keeps who, when and why, and its outcome arrives as usual', async () => {
    const record = await requestOf('hanging/a', (one) => currentAttempt(one).status === 'RUNNING');
    const { runId = '' } = currentAttempt(record);
    const { exitStatus, stdout, stderr } = await run('cancel', runId, '--reason', 'wrong reference');
    expect({ exitStatus, stdout }).toMatchObject({
      exitStatus: 0,
      stdout: expect.stringContaining(`cancels run ${runId}`),
    });
    expect(stderr).toContain('Target: laptop AWS');
    expect(await ended(record)).toMatchObject({
      outcome: 'CANCELLED',
      acts: [{ what: 'cancel', by: CALLER, reason: 'wrong reference', at: expect.any(String) }],
    });
    expect((await laptop.omics.send(new GetRunCommand({ id: runId }))).status).toBe('CANCELLED');
    const shown = await run('show', runId);
    expect(shown.stdout).toMatch(/by hand\n.*cancel by arn:aws:iam::000000000000:root \(wrong reference\)/);
    const again = await run('cancel', runId);
    expect(again).toMatchObject({ exitStatus: 0, stdout: expect.stringContaining('ended before as CANCELLED') });
  });

  test('ends a request that still waits before it starts', async () => {
    await requestOf('limited/a', ({ state }) => state === 'ENDED');
    const record = await requestOf('limited/b', ({ reason }) => reason !== undefined);
    const { exitStatus, stdout } = await run('cancel', record.identity.slice(0, 12), '--json');
    expect({ exitStatus, ...JSON.parse(stdout) }).toMatchObject({
      exitStatus: 0,
      result: 'ended',
      status: 'CANCELLED',
    });
    const { executions, attempts } = await ended(record);
    expect(attempts).toHaveLength(1);
    expect(await laptop.closed(executions[0] ?? '')).toMatchObject({ status: 'FAILED', error: 'RunCancelled' });
  });

  test('says so when a run has ended otherwise', async () => {
    const [done] = (await laptop.ledger.requests.list(10)).filter(({ outcome }) => outcome === 'COMPLETED');
    expect(await run('cancel', done?.identity ?? '')).toMatchObject({
      exitStatus: 1,
      stdout: expect.stringContaining('ended before as COMPLETED'),
    });
  });
});

describe('a real account', () => {
  /** Nothing but the laptop answers, so that it is taken for one. */
  const real = (options: { account?: string; reason?: string }) =>
    openOperator({ ...ownTarget(laptop.stack.endpoint), kind: 'aws' }, options, Date.now());

  test.each([
    [{}, 'Add --account ID'],
    [{ account: '000000000000' }, 'Say why with --reason'],
    [{ account: '123456789012', reason: 'x' }, 'the caller is of account 000000000000. Nothing was changed'],
    [{ account: '12', reason: 'x' }, 'not twelve digits'],
    [{ account: '000000000000', reason: ' ' }, '--reason must have'],
  ])('is not changed with %j', async (options, message) => {
    await expect(real(options)).rejects.toThrow(UsageError);
    await expect(real(options)).rejects.toThrow(message);
  });

  test('is changed by a caller of that account who says why', async () => {
    const operator = await real({ account: '000000000000', reason: 'x' });
    expect(operator.act('replay')).toMatchObject({ what: 'replay', by: CALLER, reason: 'x' });
  });
});
