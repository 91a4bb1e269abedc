import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/service-server.ts';
import { callbackMachine, type PrivateStepFunctions, startStepFunctions, thrown } from './private-stepfunctions.ts';

const HOUR_MS = 3_600_000;

describe('callback tasks', () => {
  let clock: ManualClock;
  let aws: PrivateStepFunctions;
  beforeEach(async () => {
    clock = createManualClock();
    aws = await startStepFunctions({ 'await-start': () => null }, { clock });
  });
  afterEach(() => aws.stop());

  const startWaiting = async (fields: object = {}, input: unknown = { a: 1 }) => {
    const executionArn = await aws.start(aws.machine(callbackMachine(fields)), input);
    await until(() => aws.lambda.tokens.length > 0);
    return { executionArn, taskToken: aws.lambda.tokens[0] ?? '' };
  };
  const succeed = (taskToken: string, output: unknown = {}) =>
    aws.sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));

  it('ends with the output of SendTaskSuccess', async () => {
    const { executionArn, taskToken } = await startWaiting();
    expect(aws.lambda.invocations[0]?.payload).toEqual({ token: taskToken, input: { a: 1 } });
    await succeed(taskToken, { runId: '42' });
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '{"runId":"42"}' });
  });

  it('fails with the error and cause of SendTaskFailure', async () => {
    const { executionArn, taskToken } = await startWaiting();
    await aws.sfn.send(new SendTaskFailureCommand({ taskToken, error: 'RunRefused', cause: 'no such workflow' }));
    expect(await aws.closed(executionArn)).toMatchObject({
      status: 'FAILED',
      error: 'RunRefused',
      cause: 'no such workflow',
    });
  });

  it('matches a failure without an error name by States.TaskFailed', async () => {
    const waiting = await startWaiting({ Retry: [{ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 1 }] });
    await aws.sfn.send(new SendTaskFailureCommand({ taskToken: waiting.taskToken }));
    await clock.advanceBy(1_000);
    await until(() => aws.lambda.tokens.length === 2);
    await succeed(aws.lambda.tokens[1] ?? '', 'second');
    expect((await aws.closed(waiting.executionArn)).output).toBe('"second"');
  });

  it('takes an answer that comes before the invocation returned', async () => {
    aws.lambda.handlers['await-start'] = async ({ token }) => {
      await succeed(String(token), 'early');
      throw thrown('TooLate');
    };
    const { executionArn } = await startWaiting();
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '"early"' });
  });

  it("fails by the function's own error", async () => {
    aws.lambda.handlers['await-start'] = () => {
      throw thrown('InvalidInput', 'no key');
    };
    const { executionArn, taskToken } = await startWaiting();
    const described = await aws.closed(executionArn);
    expect(described).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
    expect(JSON.parse(described.cause ?? '')).toMatchObject({ errorType: 'InvalidInput', errorMessage: 'no key' });
    await expect(succeed(taskToken)).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });

  it('gives each attempt a token of its own and spends the one before', async () => {
    const retry = { ErrorEquals: ['Again'], IntervalSeconds: 5, BackoffRate: 2, MaxAttempts: 2 };
    const { executionArn, taskToken } = await startWaiting({ Retry: [retry] });
    const failure = { error: 'Again', cause: 'busy' };
    await aws.sfn.send(new SendTaskFailureCommand({ taskToken, ...failure }));
    await expect(succeed(taskToken)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await clock.advanceBy(5_000);
    await until(() => aws.lambda.tokens.length === 2);
    await aws.sfn.send(new SendTaskFailureCommand({ taskToken: aws.lambda.tokens[1], ...failure }));
    await clock.advanceBy(9_999);
    expect(aws.lambda.tokens).toHaveLength(2);
    await clock.advanceBy(1);
    await until(() => aws.lambda.tokens.length === 3);
    expect(new Set(aws.lambda.tokens).size).toBe(3);
    await aws.sfn.send(new SendTaskFailureCommand({ taskToken: aws.lambda.tokens[2], ...failure }));
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'FAILED', error: 'Again' });
  });

  it('times out after TimeoutSeconds, whatever heartbeats come', async () => {
    const { executionArn, taskToken } = await startWaiting({ TimeoutSeconds: 100, HeartbeatSeconds: 60 });
    await clock.advanceBy(50_000);
    await aws.sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    await clock.advanceBy(50_000);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    await expect(succeed(taskToken)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await expect(aws.sfn.send(new SendTaskHeartbeatCommand({ taskToken }))).rejects.toMatchObject({
      name: 'TaskTimedOut',
    });
  });

  it('times out when a heartbeat is missed, and rules for States.Timeout take it', async () => {
    const retry = { ErrorEquals: ['States.Timeout'], MaxAttempts: 1 };
    const { executionArn, taskToken } = await startWaiting({ HeartbeatSeconds: 60, Retry: [retry] });
    await clock.advanceBy(59_000);
    await aws.sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    await clock.advanceBy(59_000);
    await aws.sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    await clock.advanceBy(61_000);
    await until(() => aws.lambda.tokens.length === 2);
    await clock.advanceBy(60_000);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
  });

  it('waits as long as TimeoutSeconds says, also beyond what a timer can hold', async () => {
    const { executionArn, taskToken } = await startWaiting({ TimeoutSeconds: 5_184_000 });
    await clock.advanceBy(59 * 24 * HOUR_MS);
    await succeed(taskToken, 'after 59 days');
    expect((await aws.closed(executionArn)).output).toBe('"after 59 days"');
  });

  it('spends the token of a stopped execution', async () => {
    const { executionArn, taskToken } = await startWaiting({ TimeoutSeconds: 10 });
    await aws.sfn.send(new StopExecutionCommand({ executionArn, error: 'Cancelled', cause: 'by hand' }));
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Cancelled', cause: 'by hand' });
    await expect(succeed(taskToken)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    expect(clock.waiting).toBe(0);
  });

  it('tells malformed tokens from tokens that were never issued', async () => {
    await expect(succeed('made up')).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(succeed('A'.repeat(48))).rejects.toMatchObject({ name: 'TaskDoesNotExist' });
  });

  it('refuses an output that is not JSON or too large, and keeps waiting', async () => {
    const { executionArn, taskToken } = await startWaiting();
    await expect(aws.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{' }))).rejects.toMatchObject({
      name: 'InvalidOutput',
    });
    await expect(succeed(taskToken, 'x'.repeat(262_144))).rejects.toMatchObject({ name: 'InvalidOutput' });
    await succeed(taskToken, 'fine');
    expect((await aws.closed(executionArn)).output).toBe('"fine"');
  });

  it('holds 200 executions that wait at once', async () => {
    const arn = aws.machine(callbackMachine());
    const executions = await Promise.all(Array.from({ length: 200 }, (_, index) => aws.start(arn, { index })));
    await until(() => aws.lambda.tokens.length === 200);
    await Promise.all(aws.lambda.invocations.map(({ payload }) => succeed(String(payload.token), payload.input)));
    for (const [index, executionArn] of executions.entries()) {
      expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: JSON.stringify({ index }) });
    }
  });
});
