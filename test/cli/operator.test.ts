/** The commands with which a person takes things in hand, over one laptop. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetRunCommand, StartRunCommand } from '@aws-sdk/client-omics';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { openOperator } from '../../cli/operator.ts';
import { ownTarget } from '../../cli/target.ts';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import {
  BUCKET,
  eventually,
  type Laptop,
  REMOVE_ROUTES,
  ROLE_ARN,
  STATE_MACHINE_ARN,
  startLaptop,
} from '../end-to-end/laptop.ts';
import { rundrop } from './command-line.ts';

const ROUTES = `${REMOVE_ROUTES}
  - name: hanging
    on: { bucket: ${BUCKET}, key: 'hanging/{file}' }
    run: { workflowId: "3333333", tags: { emulate: 'HANG:RUNNING' }, parameters: { input: '{uri}' } }
  - name: limited
    on: { bucket: ${BUCKET}, key: 'limited/{file}' }
    limits: { maxRunsPerDay: 1 }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
  - name: free
    on: { bucket: ${BUCKET}, key: 'free/{file}' }
    run: { workflowId: "3333333", parameters: { input: '{uri}' } }
`;
const CALLER = 'arn:aws:iam::000000000000:root';

let laptop: Laptop;
let lambda: LambdaClient;
beforeAll(async () => {
  laptop = await startLaptop({ routes: ROUTES });
  lambda = new LambdaClient(laptop.clientSettings);
});
afterAll(async () => {
  lambda.destroy();
  await laptop.stop();
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

const ended = (of: RequestRecord | string) =>
  eventually(async () => {
    await reconcile();
    const record = await laptop.ledger.requests.read(typeof of === 'string' ? of : of.identity);
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
    const dropped = await run('show', record.members[0]?.dropId.slice(0, 12) ?? '');
    expect(dropped).toMatchObject({
      exitStatus: 1,
      stderr: expect.stringContaining(`is a drop, not a run: its request is ${record.identity}`),
    });
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

describe('rundrop rerun', () => {
  const original = () => requestOf('free/a', ({ outcome }) => outcome === 'COMPLETED');

  test('shows what would change and starts nothing in a dry run', async () => {
    const { identity } = await original();
    const count = (await laptop.ledger.requests.list(100)).length;
    const changes = ['--set', 'parameters.input=s3://acme-incoming/free/b', '--set', 'retentionMode=null'];
    const { exitStatus, stdout } = await run('rerun', identity, '--dry-run', ...changes);
    expect(exitStatus).toBe(0);
    expect(stdout).toContain('+ parameters.input: "s3://acme-incoming/free/b"');
    expect(stdout).toContain('- retentionMode: "REMOVE"');
    expect(await laptop.ledger.requests.list(100)).toHaveLength(count);
  });

  test('starts a run of its own, once for each nonce, and keeps who asked for it', async () => {
    const first = await original();
    const { runId = '' } = currentAttempt(first);
    const again = () => run('rerun', runId, '--set', 'name=second', '--nonce', 'n1', '--json', '--reason', 'new name');
    const answers = [await again(), await again()].map(({ stdout }) => JSON.parse(stdout));
    expect(answers[0]).toMatchObject({ of: first.identity, nonce: 'n1', changes: [{ path: 'name', after: 'second' }] });
    expect(answers[1].request).toBe(answers[0].request);
    const copy = await ended(answers[0].request);
    expect(copy).toMatchObject({ outcome: 'COMPLETED', route: 'free', acts: [{ by: CALLER, reason: 'new name' }] });
    expect(currentAttempt(copy).name).toMatch(/^second-/);
    expect(currentAttempt(copy).runId).not.toBe(runId);
    const shown = await run('show', copy.identity);
    expect(shown.stdout).toContain(`rerun of ${first.identity} (nonce n1)`);
  });

  test('copies a run that somebody else started, and one that only the console follows', async () => {
    const { id = '' } = await laptop.omics.send(
      new StartRunCommand({
        workflowId: '3333333',
        roleArn: ROLE_ARN,
        outputUri: 's3://acme-results/foreign/',
        name: 'foreign',
        requestId: 'foreign',
        storageType: 'DYNAMIC',
        tags: { lab: '7' },
        parameters: { input: `s3://${BUCKET}/free/a` },
      }),
    );
    const { stdout } = await run('rerun', id, '--dry-run', '--json', '--set', 'tags.lab=8');
    expect(JSON.parse(stdout)).toMatchObject({
      changes: [{ path: 'tags.lab', before: '7', after: '8' }],
      startRun: {
        workflowId: '3333333',
        name: 'foreign',
        storageType: 'DYNAMIC',
        parameters: { input: expect.any(String) },
      },
    });
    const input = JSON.stringify({ runId: id });
    const execution = await laptop.sfn.send(new StartExecutionCommand({ stateMachineArn: STATE_MACHINE_ARN, input }));
    await laptop.closed(execution.executionArn ?? '');
    const followed = await run('rerun', id, '--dry-run', '--json');
    expect(JSON.parse(followed.stdout).startRun).toEqual({ ...JSON.parse(stdout).startRun, tags: { lab: '7' } });
  });

  test('does not run on inputs that were overwritten, unless that is asked for', async () => {
    const { identity } = await requestOf('free/overwritten', ({ outcome }) => outcome === 'COMPLETED');
    await laptop.put('free/overwritten', 'something else');
    const refused = await run('rerun', identity);
    expect(refused).toMatchObject({ exitStatus: 1, stderr: expect.stringContaining('free/overwritten is changed') });
    const would = await run('rerun', identity, '--new-inputs', '--dry-run');
    expect(would.stdout).toContain(`~ s3://${BUCKET}/free/overwritten: as it is now\nWould run ${identity}`);
    expect(would.stdout).toContain('again, with an input as it is now. Nothing was started.');
    const { stdout } = await run('rerun', identity, '--new-inputs', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ changes: [], newInputs: [`s3://${BUCKET}/free/overwritten`] });
    expect((await ended(JSON.parse(stdout).request)).outcome).toBe('COMPLETED');
  });

  test.each([
    [['--set', 'storagecapacity=2400'], 'did you mean storageCapacity?'],
    [['--set', 'requestId=x'], 'requestId must be left out'],
    [['--set', 'parameters'], 'path=value'],
    [['--set', 'retentionMode=KEEP'], 'must be RETAIN or REMOVE'],
    [['--set', 'roleArn=null'], 'roleArn is missing'],
    [['--nonce', 'a b'], '--nonce must have'],
  ])('%j is wrong usage', async (options, message) => {
    const [{ identity } = { identity: '' }] = await laptop.ledger.requests.list(1);
    expect(await run('rerun', identity, ...options)).toMatchObject({
      exitStatus: 2,
      stderr: expect.stringContaining(message),
    });
  });

  test('says so when nobody knows the run', async () => {
    expect(await run('rerun', '99999999')).toMatchObject({
      exitStatus: 1,
      stderr: expect.stringContaining('99999999'),
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
