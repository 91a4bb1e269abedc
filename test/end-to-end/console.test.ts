import { GetRunCommand, StartRunCommand } from '@aws-sdk/client-omics';
import { GetExecutionHistoryCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { currentAttempt } from '../../lib/runs/request-record.ts';
import { type Laptop, ROLE_ARN, STATE_MACHINE_ARN, startLaptop } from './laptop.ts';

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

async function execute(input: unknown) {
  const request = { stateMachineArn: STATE_MACHINE_ARN, input: JSON.stringify(input) };
  const { executionArn = '' } = await laptop.sfn.send(new StartExecutionCommand(request));
  return laptop.closed(executionArn);
}

describe('an execution started by hand', () => {
  it('starts a run from {"run": …} and follows it to its end', async () => {
    const closed = await execute({ run });
    expect(closed.status).toBe('SUCCEEDED');
    const output = JSON.parse(closed.output ?? '');
    expect(output).toMatchObject({ outcome: 'COMPLETED', attempt: 1, runs: [{ status: 'COMPLETED' }] });
    const started = await laptop.omics.send(new GetRunCommand({ id: output.runs[0].runId }));
    expect(started).toMatchObject({ uuid: output.runs[0].uuid, retentionMode: 'REMOVE', workflowId: '3333333' });
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
    const { runs } = JSON.parse(closed.output ?? '');
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/omics/aws4_request' };
    const answer = await fetch(`${laptop.stack.endpoint}/run/${runs[0].runId}`, { headers });
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
    expect(closed.cause).toContain('{\\"run\\":');
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
});
