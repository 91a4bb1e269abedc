import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/service-server.ts';
import {
  CALLBACK,
  callbackMachine,
  INVOKE,
  type PrivateStepFunctions,
  startStepFunctions,
} from './private-stepfunctions.ts';

describe('a data folder', () => {
  let root: string;
  let clock: ManualClock;
  const running: PrivateStepFunctions[] = [];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'stepfunctions-'));
    clock = createManualClock();
  });
  afterEach(async () => {
    for (const aws of running.splice(0)) await aws.stop();
    rmSync(root, { recursive: true });
  });

  const boot = async (dataDir: string) => {
    const aws = await startStepFunctions({ 'await-start': () => null, first: () => 'one' }, { clock, dataDir });
    running.push(aws);
    return aws;
  };
  let generation = 0;
  /** Starts from what is on disk at this moment, as after a kill: the process before gets no chance to finish anything. */
  const afterKill = async (dataDir: string) => {
    generation += 1;
    const copy = join(root, `generation-${generation}`);
    cpSync(dataDir, copy, { recursive: true });
    return { aws: await boot(copy), dataDir: copy };
  };
  const folder = () => mkdtempSync(join(root, 'data-'));
  const TWO_STATES = {
    StartAt: 'First',
    States: {
      First: {
        Type: 'Task',
        Resource: INVOKE,
        Parameters: { FunctionName: 'first' },
        ResultPath: '$.first',
        ResultSelector: { 'said.$': '$.Payload' },
        Next: 'Await',
      },
      ...(callbackMachine() as { States: object }).States,
    },
  };

  it('resumes a waiting execution in its state, with its input and a new token', async () => {
    const dataDir = folder();
    const before = await boot(dataDir);
    const executionArn = await before.start(before.machine(TWO_STATES, 'two'), { a: 1 }, 'x');
    await until(() => before.lambda.tokens.length === 2);
    const [, oldToken = ''] = before.lambda.tokens;

    const { aws } = await afterKill(dataDir);
    expect((await aws.history(executionArn)).at(-1)?.type).toMatch(/^Task(Started|Submitted)$/);
    expect(aws.lambda.invocations).toEqual([]);
    aws.service.resumeExecutions();
    await until(() => aws.lambda.tokens.length === 1);
    const [token = ''] = aws.lambda.tokens;
    expect(aws.lambda.invocations[0]).toMatchObject({
      functionName: 'await-start',
      payload: { input: { a: 1, first: { said: 'one' } } },
    });
    const stale = aws.sfn.send(new SendTaskSuccessCommand({ taskToken: oldToken, output: '1' }));
    await expect(stale).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await aws.sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: '"done"' }));
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '"done"', input: '{"a":1}' });
    const events = await aws.history(executionArn);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'TaskStateEntered')).toHaveLength(2);
  });

  it('lists and describes everything as before, and reads histories back', async () => {
    const dataDir = folder();
    const before = await boot(dataDir);
    const stateMachineArn = before.machine({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } });
    const done = await before.start(stateMachineArn, { n: 1 });
    await before.closed(done);
    const waiting = before.machine(callbackMachine());
    const stopped = await before.start(waiting);
    await before.sfn.send(new StopExecutionCommand({ executionArn: stopped, error: 'E', cause: 'C' }));
    const open = await before.start(waiting);
    const see = async (aws: PrivateStepFunctions) => ({
      lists: await Promise.all(
        [stateMachineArn, waiting].map(
          async (arn) => (await aws.sfn.send(new ListExecutionsCommand({ stateMachineArn: arn }))).executions,
        ),
      ),
      described: await Promise.all(
        [done, stopped, open].map(async (executionArn) => ({
          ...(await aws.sfn.send(new DescribeExecutionCommand({ executionArn }))),
          $metadata: undefined,
        })),
      ),
      histories: await Promise.all([done, stopped].map((executionArn) => aws.history(executionArn))),
      machine: (await aws.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).revisionId,
    });
    const seen = await see(before);
    const second = await afterKill(dataDir);
    expect(await see(second.aws)).toEqual(seen);
    const third = await afterKill(second.dataDir);
    expect(await see(third.aws)).toEqual(seen);
    const again = third.aws.start(stateMachineArn, { n: 2 }, done.slice(done.lastIndexOf(':') + 1));
    await expect(again).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
  });

  it('does not ask again for an outcome that was told before the kill', async () => {
    const dataDir = folder();
    const before = await boot(dataDir);
    const Catch = [{ ErrorEquals: ['Refused'], Next: 'Caught' }];
    const States = {
      ...(callbackMachine({ Catch, TimeoutSeconds: 60 }) as { States: object }).States,
      Caught: { Type: 'Succeed' },
    };
    const arn = before.machine({ StartAt: 'Await', States });
    const executions = [await before.start(arn), await before.start(arn)];
    await until(() => before.lambda.tokens.length === 2);
    const journal = () => readFileSync(join(dataDir, 'journal.jsonl'), 'utf8').split('\n');
    const linesBefore = journal().length;
    const [first, second] = before.lambda.tokens;
    await before.sfn.send(new SendTaskSuccessCommand({ taskToken: first, output: '"told"' }));
    await before.sfn.send(new SendTaskFailureCommand({ taskToken: second, error: 'Refused', cause: 'no' }));
    // what followed the two answers is cut away: the kill came right after them
    const told = journal()
      .slice(linesBefore - 1)
      .filter((line) => /"type":"Task(Succeeded|Failed)"/.test(line));
    const copy = folder();
    cpSync(dataDir, copy, { recursive: true });
    const kept = [...journal().slice(0, linesBefore - 1), ...told].map((line) => `${line}\n`).join('');
    rmSync(join(copy, 'journal.jsonl'));
    appendFileSync(join(copy, 'journal.jsonl'), kept);

    const { aws } = await afterKill(copy);
    aws.service.resumeExecutions();
    expect(await aws.closed(executions[0] ?? '')).toMatchObject({ status: 'SUCCEEDED', output: '"told"' });
    expect(await aws.closed(executions[1] ?? '')).toMatchObject({ output: '{"Error":"Refused","Cause":"no"}' });
    expect(aws.lambda.invocations).toEqual([]);
  });

  it('resumes states inside a Parallel at the Parallel, and a Wait at its own end', async () => {
    const dataDir = folder();
    const before = await boot(dataDir);
    const branch = (name: string) => ({ StartAt: name, States: { [name]: { ...callbackState(), End: true } } });
    const parallel = before.machine({
      StartAt: 'Both',
      States: { Both: { Type: 'Parallel', Branches: [branch('L'), branch('R')], End: true } },
    });
    const wait = before.machine({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 100, End: true } } });
    const [both, waits] = [await before.start(parallel), await before.start(wait)];
    await until(() => before.lambda.tokens.length === 2);
    await before.sfn.send(
      new SendTaskSuccessCommand({ taskToken: before.lambda.tokens[0], output: '"lost with its branch"' }),
    );
    await clock.advanceBy(60_000);

    const { aws } = await afterKill(dataDir);
    aws.service.resumeExecutions();
    await until(() => aws.lambda.tokens.length === 2);
    for (const [index, taskToken] of aws.lambda.tokens.entries()) {
      await aws.sfn.send(new SendTaskSuccessCommand({ taskToken, output: String(index) }));
    }
    expect(await aws.closed(both)).toMatchObject({ status: 'SUCCEEDED', output: '[0,1]' });
    await clock.advanceBy(39_000);
    expect((await aws.sfn.send(new DescribeExecutionCommand({ executionArn: waits }))).status).toBe('RUNNING');
    await clock.advanceBy(1_000);
    expect((await aws.closed(waits)).status).toBe('SUCCEEDED');
  });

  it('cuts off a torn last line', async () => {
    const dataDir = folder();
    const before = await boot(dataDir);
    const executionArn = await before.start(before.machine(callbackMachine()));
    const { aws, dataDir: copy } = await afterKill(dataDir);
    await aws.stop();
    appendFileSync(join(copy, 'journal.jsonl'), '{"t":"event","n":1,"eve');
    const torn = await afterKill(copy);
    torn.aws.service.resumeExecutions();
    await until(() => torn.aws.lambda.tokens.length === 1);
    await torn.aws.sfn.send(new StopExecutionCommand({ executionArn }));
    const last = await afterKill(torn.dataDir);
    expect((await last.aws.closed(executionArn)).status).toBe('ABORTED');
  });

  it('closes an execution whose last event was written and nothing after it', async () => {
    const dataDir = folder();
    const before = await boot(dataDir);
    const arn = before.machine({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } });
    const executionArn = await before.start(arn, { n: 1 });
    await before.closed(executionArn);
    await before.stop();
    const journal = join(dataDir, 'journal.jsonl');
    const lines = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(journal, lines.filter((line) => !line.startsWith('{"t":"closed"')).join('\n'));
    const { aws } = await afterKill(dataDir);
    aws.service.resumeExecutions();
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '{"n":1}' });
    expect((await aws.history(executionArn)).map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('keeps a redriven execution', async () => {
    const dataDir = folder();
    const before = await boot(dataDir);
    const executionArn = await before.start(before.machine(callbackMachine()));
    await before.sfn.send(new StopExecutionCommand({ executionArn }));
    await before.sfn.send(new RedriveExecutionCommand({ executionArn }));
    await until(() => before.lambda.tokens.length >= 1);
    const { aws } = await afterKill(dataDir);
    aws.service.resumeExecutions();
    await until(() => aws.lambda.tokens.length === 1);
    await aws.sfn.send(new SendTaskSuccessCommand({ taskToken: aws.lambda.tokens[0], output: '1' }));
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
  });

  it('forgets closed executions after 90 days', async () => {
    const dataDir = folder();
    const before = await boot(dataDir);
    const arn = before.machine({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } });
    await before.closed(await before.start(arn, {}, 'old'));
    await clock.advanceBy(91 * 86_400_000);
    const { aws } = await afterKill(dataDir);
    expect((await aws.sfn.send(new ListExecutionsCommand({ stateMachineArn: arn }))).executions).toEqual([]);
    expect((await aws.closed(await aws.start(arn, {}, 'old'))).status).toBe('SUCCEEDED');
  });
});

function callbackState(): object {
  return {
    Type: 'Task',
    Resource: CALLBACK,
    Parameters: { FunctionName: 'await-start', Payload: { 'token.$': '$$.Task.Token' } },
  };
}
