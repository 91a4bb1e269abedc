import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CancelRunCommand, GetRunCommand, StartRunCommand } from '@aws-sdk/client-omics';
import {
  GetExecutionHistoryCommand,
  RedriveExecutionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelAsked } from '../../lib/runs/operator-steps.ts';
import { currentAttempt } from '../../lib/runs/request-record.ts';
import { BUCKET, eventually, type Laptop, ROLE_ARN, STATE_MACHINE_ARN, startLaptop } from './laptop.ts';

let laptop: Laptop;
beforeAll(async () => {
  laptop = await startLaptop();
});
afterAll(() => laptop.stop());

const run = {
  workflowId: '3333333',
  roleArn: ROLE_ARN,
  outputUri: 's3://acme-results/console/',
  name: 'by-hand',
  retentionMode: 'REMOVE' as const,
  storageType: 'DYNAMIC' as const,
  parameters: { input: 's3://acme-incoming/x.cram' },
};

async function start(input: unknown): Promise<string> {
  const request = { stateMachineArn: STATE_MACHINE_ARN, input: JSON.stringify(input) };
  const { executionArn = '' } = await laptop.sfn.send(new StartExecutionCommand(request));
  return executionArn;
}

const execute = async (input: unknown) => laptop.closed(await start(input));

async function reconcile(): Promise<void> {
  const settings = { endpoint: laptop.stack.endpoint, region: 'us-east-1' };
  const lambda = new LambdaClient({ ...settings, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'rundrop-local-reconcile-runs', Payload: '{}' }));
  expect(answer.FunctionError).toBeUndefined();
  lambda.destroy();
}

describe('an execution started by hand', () => {
  it('starts a run from {"run": …} and follows it to its end', async () => {
    const closed = await execute({ run });
    expect(closed.status).toBe('SUCCEEDED');
    const output = JSON.parse(closed.output ?? '');
    expect(output).toMatchObject({ outcome: 'COMPLETED', attempt: 1, runId: expect.any(String) });
    expect(output.attempts).toMatchObject([{ status: 'COMPLETED', runId: output.runId }]);
    for (const name of ['waitingSeconds', 'pendingSeconds', 'runningSeconds']) {
      expect(output.durations[name]).toEqual(expect.any(Number));
    }
    expect(output.runOutputUri).toBe(`s3://acme-results/console/${output.runId}`);
    const started = await laptop.omics.send(new GetRunCommand({ id: output.runId }));
    expect(started).toMatchObject({ uuid: output.uuid, retentionMode: 'REMOVE', workflowId: '3333333' });
    const record = await laptop.ledger.requests.read(output.request);
    expect(record).toMatchObject({ route: 'console', executions: [closed.executionArn] });
    const { events = [] } = await laptop.sfn.send(
      new GetExecutionHistoryCommand({ executionArn: closed.executionArn, maxResults: 1000 }),
    );
    expect(
      events.filter(({ stateEnteredEventDetails }) => stateEnteredEventDetails !== undefined).length,
    ).toBeLessThanOrEqual(8);
  });

  it('passes on members that the SDK does not know yet', async () => {
    const closed = await execute({ run: { ...run, scratchStorageMode: 'LOCAL', engineSettings: { key: 'value' } } });
    const { runId } = JSON.parse(closed.output ?? '');
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/omics/aws4_request' };
    const answer = await fetch(`${laptop.stack.endpoint}/run/${runId}`, { headers });
    expect(await answer.json()).toMatchObject({ scratchStorageMode: 'LOCAL', engineSettings: { key: 'value' } });
  });

  it('follows a run that exists from {"runId": …}', async () => {
    const foreign = await laptop.omics.send(new StartRunCommand({ ...run, name: 'foreign', requestId: 'foreign-1' }));
    const closed = await execute({ runId: foreign.id });
    expect(closed.status).toBe('SUCCEEDED');
    const { request } = JSON.parse(closed.output ?? '');
    const record = await laptop.ledger.requests.read(request);
    expect(record).toMatchObject({ outcome: 'COMPLETED', origin: { kind: 'run', uuid: foreign.uuid } });
    expect(record && currentAttempt(record).retentionMode).toBe('REMOVE');
  });

  it('fails with what is accepted on any other input', async () => {
    const closed = await execute({ Comment: 'Insert your JSON here' });
    expect(closed).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
    for (const form of ['{"run":', '{"runId":', '{"drop":']) expect(closed.cause).toContain(form);
  });

  it('fails with the reason when the run request is wrong', async () => {
    const closed = await execute({ run: { ...run, roleArn: 'not-a-role' } });
    expect(closed).toMatchObject({
      status: 'FAILED',
      error: 'InvalidInput',
      cause: expect.stringContaining('roleArn'),
    });
  });

  it('fails with the reason when HealthOmics refuses the run', async () => {
    const closed = await execute({ run: { ...run, workflowId: '9999999' } });
    expect(closed).toMatchObject({
      status: 'FAILED',
      error: 'StartRefused',
      cause: expect.stringContaining('ResourceNotFoundException'),
    });
  });

  it('fails with the reason when the run does', async () => {
    const closed = await execute({ run: { ...run, tags: { emulate: 'FAILED:OUT_OF_MEMORY_ERROR' } } });
    expect(closed).toMatchObject({
      status: 'FAILED',
      error: 'RunFailed',
      cause: expect.stringContaining('OUT_OF_MEMORY_ERROR'),
    });
  });

  it('fails when there is no such run', async () => {
    expect(await execute({ runId: '42' })).toMatchObject({ status: 'FAILED', error: 'RunNotFound' });
  });

  it('takes an object from {"drop": …} as its event would have been, and never a second time', async () => {
    await laptop.put('cram/SYN-console.cram');
    await eventually(async () => (await laptop.drops()).find(({ identity }) => identity !== undefined));
    const before = (await laptop.ledger.requests.list(100)).length;
    const closed = await execute({ drop: { bucket: BUCKET, key: 'cram/SYN-console.cram' } });
    const output = JSON.parse(closed.output ?? '');
    const record = await laptop.ledger.requests.read(output.request);
    expect(record).toMatchObject({
      route: 'single',
      outcome: 'COMPLETED',
      members: [{ key: 'cram/SYN-console.cram' }],
    });
    expect(await laptop.ledger.requests.list(100)).toHaveLength(before);
    expect(closed.output).not.toContain('SYN-console');
  });

  it('says what a set waits for when the object is one of several', async () => {
    await laptop.put('fastq/SYN-half_R1.fastq.gz');
    const closed = await execute({ drop: { bucket: BUCKET, key: 'fastq/SYN-half_R1.fastq.gz' } });
    expect(closed).toMatchObject({ error: 'DropNotStarted', cause: expect.stringContaining('waits for read=2') });
  });

  it('leaves the run alone when it is stopped, and the outcome is recorded all the same; redriven, it shows it', async () => {
    const executionArn = await start({ run: { ...run, name: 'stopped', tags: { emulate: 'HANG:RUNNING' } } });
    const watched = await eventually(async () => {
      const [record] = await laptop.ledger.requests.list(1);
      const isWatched = record !== undefined && (await laptop.ledger.tokens.list(record.identity, 'watch')).length > 0;
      return isWatched && record.executions.includes(executionArn) ? record : undefined;
    });
    await laptop.sfn.send(new StopExecutionCommand({ executionArn, error: 'Console', cause: 'by hand' }));
    await laptop.omics.send(new CancelRunCommand({ id: currentAttempt(watched).runId }));
    const ended = await eventually(async () => {
      await reconcile();
      const record = await laptop.ledger.requests.read(watched.identity);
      return record?.announcedAt === undefined ? undefined : record;
    });
    expect(ended).toMatchObject({ outcome: 'CANCELLED', executions: [executionArn] });
    await laptop.sfn.send(new RedriveExecutionCommand({ executionArn }));
    expect(await laptop.closed(executionArn)).toMatchObject({
      status: 'FAILED',
      error: 'RunCancelled',
      redriveCount: 1,
    });
  });

  it('is cancelled by reconciliation where the command that a person gave got no further than the ledger', async () => {
    const executionArn = await start({ run: { ...run, name: 'cancelled', tags: { emulate: 'HANG:RUNNING' } } });
    const { identity } = await eventually(async () => {
      const [record] = await laptop.ledger.requests.list(1);
      return record?.state === 'STARTED' && record.executions.includes(executionArn) ? record : undefined;
    });
    const act = { what: 'cancel' as const, at: new Date().toISOString(), by: 'arn:aws:iam::000000000000:root' };
    await laptop.ledger.requests.change(identity, (latest) => cancelAsked(latest, act));
    await reconcile();
    expect(await laptop.closed(executionArn)).toMatchObject({ status: 'FAILED', error: 'RunCancelled' });
  });

  it('fails again, and starts nothing, when a refused start is redriven', async () => {
    const refused = await execute({ run: { ...run, name: 'redriven', workflowId: '9999999' } });
    const executionArn = refused.executionArn ?? '';
    const count = (await laptop.ledger.requests.list(100)).length;
    await laptop.sfn.send(new RedriveExecutionCommand({ executionArn }));
    expect(await laptop.closed(executionArn)).toMatchObject({ error: 'StartRefused', redriveCount: 1 });
    expect(await laptop.ledger.requests.list(100)).toHaveLength(count);
  });
});
