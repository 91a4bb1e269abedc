import {
  DescribeExecutionCommand,
  DescribeStateMachineForExecutionCommand,
  GetActivityTaskCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type ListExecutionsCommandInput,
  RedriveExecutionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/service-server.ts';
import {
  callbackMachine,
  INVOKE,
  type PrivateStepFunctions,
  startStepFunctions,
  thrown,
} from './private-stepfunctions.ts';

const PASS = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };
const MACHINE_PREFIX = 'arn:aws:states:us-east-1:000000000000:stateMachine:';
const EXECUTION_PREFIX = 'arn:aws:states:us-east-1:000000000000:execution:';

describe('executions', () => {
  let clock: ManualClock;
  let aws: PrivateStepFunctions;
  beforeEach(async () => {
    clock = createManualClock();
    aws = await startStepFunctions({ 'await-start': () => null }, { clock });
  });
  afterEach(() => aws.stop());

  const send = (request: { stateMachineArn: string; name?: string; input?: string }) =>
    aws.sfn.send(new StartExecutionCommand(request));

  it('starts with an input and a name, and describes the outcome', async () => {
    const stateMachineArn = aws.machine(PASS, 'pass');
    const { executionArn, startDate } = await send({ stateMachineArn, name: 'germline-1f-w1', input: '{"key": 1}' });
    expect(executionArn).toBe(`${EXECUTION_PREFIX}pass:germline-1f-w1`);
    const described = await aws.closed(executionArn ?? '');
    expect(described).toMatchObject({
      executionArn,
      stateMachineArn,
      name: 'germline-1f-w1',
      status: 'SUCCEEDED',
      startDate,
      stopDate: startDate,
      input: '{"key": 1}',
      inputDetails: { included: true },
      output: '{"key":1}',
      outputDetails: { included: true },
      redriveCount: 0,
    });
  });

  it('makes up a name and an empty input', async () => {
    const { executionArn = '' } = await send({ stateMachineArn: aws.machine(PASS) });
    expect(await aws.closed(executionArn)).toMatchObject({
      input: '{}',
      name: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('gives the same execution for the same name and input while it runs', async () => {
    const stateMachineArn = aws.machine(callbackMachine());
    const request = { stateMachineArn, name: 'once', input: '{"a":1}' };
    const first = await send(request);
    clock.advanceBy(5_000);
    expect(await send(request)).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
    await expect(send({ ...request, input: '{"a":2}' })).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
      message: `Execution Already Exists: '${first.executionArn}'`,
    });
    await aws.sfn.send(new StopExecutionCommand({ executionArn: first.executionArn }));
    await expect(send(request)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    expect(aws.lambda.invocations.length).toBeLessThanOrEqual(1);
  });

  it.each(['a b', 'a/b', 'a:b', 'a,b', 'a#b', 'a\tb', 'a'.repeat(81), 'a$b', 'a;b'])(
    'refuses the name %j',
    async (name) => {
      await expect(send({ stateMachineArn: aws.machine(PASS), name })).rejects.toMatchObject({ name: 'InvalidName' });
    },
  );

  it('takes a name of 80 characters beyond ASCII', async () => {
    await expect(send({ stateMachineArn: aws.machine(PASS), name: 'ä-_.=@()'.repeat(10) })).resolves.toBeDefined();
  });

  it('refuses inputs that are not JSON or too large', async () => {
    const stateMachineArn = aws.machine(PASS);
    for (const input of ['{', `"${'ä'.repeat(131_072)}"`]) {
      await expect(send({ stateMachineArn, input })).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
    }
    await expect(send({ stateMachineArn, input: `"${'a'.repeat(262_142)}"` })).resolves.toBeDefined();
  });

  it('names what is not there', async () => {
    const stateMachineArn = `${MACHINE_PREFIX}gone`;
    await expect(send({ stateMachineArn })).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    await expect(send({ stateMachineArn: 'gone' })).rejects.toMatchObject({ name: 'InvalidArn' });
    const executionArn = `${EXECUTION_PREFIX}gone:gone`;
    for (const sending of [
      aws.sfn.send(new DescribeExecutionCommand({ executionArn })),
      aws.sfn.send(new StopExecutionCommand({ executionArn })),
      aws.sfn.send(new GetExecutionHistoryCommand({ executionArn })),
    ]) {
      await expect(sending).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    }
    const described = aws.sfn.send(new DescribeExecutionCommand({ executionArn: 'x' }));
    await expect(described).rejects.toMatchObject({ name: 'InvalidArn' });
    const activity = aws.sfn.send(
      new GetActivityTaskCommand({ activityArn: 'arn:aws:states:us-east-1:000000000000:activity:a' }),
    );
    await expect(activity).rejects.toThrow(/GetActivityTask is not offered by Step Functions/);
  });

  it('stops an execution once', async () => {
    const executionArn = await aws.start(aws.machine(callbackMachine()));
    await until(() => aws.lambda.tokens.length === 1);
    const { stopDate } = await aws.sfn.send(new StopExecutionCommand({ executionArn, error: 'E', cause: 'C' }));
    await clock.advanceBy(1_000);
    const again = await aws.sfn.send(new StopExecutionCommand({ executionArn, error: 'Other' }));
    expect(again.stopDate).toEqual(stopDate);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'ABORTED', error: 'E', cause: 'C', stopDate });
    const last = (await aws.history(executionArn)).at(-1);
    expect(last).toMatchObject({ type: 'ExecutionAborted', executionAbortedEventDetails: { error: 'E', cause: 'C' } });
  });

  it('lists newest first, by status, in pages that new executions do not disturb', async () => {
    const stateMachineArn = aws.machine(callbackMachine());
    const other = aws.machine(PASS);
    const arns: string[] = [];
    for (let index = 0; index < 25; index += 1) arns.push(await aws.start(stateMachineArn));
    await aws.closed(await aws.start(other));
    for (const executionArn of arns.slice(0, 5)) await aws.sfn.send(new StopExecutionCommand({ executionArn }));
    const list = async (request: Partial<ListExecutionsCommandInput>) => {
      const found: string[] = [];
      let nextToken: string | undefined;
      do {
        const page = await aws.sfn.send(
          new ListExecutionsCommand({ stateMachineArn, maxResults: 4, nextToken, ...request }),
        );
        found.push(...(page.executions ?? []).map(({ executionArn = '' }) => executionArn));
        nextToken = page.nextToken;
        if (found.length < 8) await aws.start(stateMachineArn);
      } while (nextToken !== undefined);
      return found;
    };
    expect(await list({ statusFilter: 'ABORTED' })).toEqual(arns.slice(0, 5).reverse());
    const all = await list({});
    expect(all.slice(-25)).toEqual([...arns].reverse());
    await expect(list({ maxResults: 1001 })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('runs the definition that it was started with', async () => {
    const stateMachineArn = aws.machine(callbackMachine({ Comment: 'old' }));
    const executionArn = await aws.start(stateMachineArn);
    await aws.sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: JSON.stringify(PASS) }));
    const { definition } = await aws.sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(JSON.parse(definition ?? '')).toMatchObject({ StartAt: 'Await' });
    expect(await aws.closed(await aws.start(stateMachineArn))).toMatchObject({ status: 'SUCCEEDED' });
    expect((await aws.sfn.send(new DescribeExecutionCommand({ executionArn }))).status).toBe('RUNNING');
  });

  it('redrives a failed execution from the state that failed', async () => {
    let broken = true;
    aws.lambda.handlers.second = () => {
      if (broken) throw thrown('Broken');
      return 'mended';
    };
    const call = (FunctionName: string) => ({
      Type: 'Task',
      Resource: INVOKE,
      Parameters: { FunctionName },
      OutputPath: '$.Payload',
    });
    const States = { First: { ...call('await-start'), Next: 'Second' }, Second: { ...call('second'), End: true } };
    const { executionArn = '', redriveStatus } = await aws.outcome({ StartAt: 'First', States });
    expect(redriveStatus).toBe('REDRIVABLE');
    broken = false;
    await aws.sfn.send(new RedriveExecutionCommand({ executionArn }));
    const described = await aws.closed(executionArn);
    expect(described).toMatchObject({
      status: 'SUCCEEDED',
      output: '"mended"',
      redriveCount: 1,
      redriveStatus: 'NOT_REDRIVABLE',
    });
    expect(aws.lambda.invocations.map(({ functionName }) => functionName)).toEqual(['await-start', 'second', 'second']);
    expect((await aws.history(executionArn)).map(({ type }) => type)).toContain('ExecutionRedriven');
    const again = aws.sfn.send(new RedriveExecutionCommand({ executionArn }));
    await expect(again).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
  });
});
