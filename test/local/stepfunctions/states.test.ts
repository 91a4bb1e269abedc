import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/service-server.ts';
import { INVOKE, type PrivateStepFunctions, startStepFunctions, thrown } from './private-stepfunctions.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:double';

describe('states', () => {
  let clock: ManualClock;
  let aws: PrivateStepFunctions;
  beforeEach(async () => {
    clock = createManualClock();
    const double = ({ n }: Record<string, unknown>) => ({ n: Number(n) * 2 });
    aws = await startStepFunctions(
      { double, [ARN]: double, echo: (payload) => payload, nothing: () => null },
      { clock },
    );
  });
  afterEach(() => aws.stop());

  const one = (state: object) => ({ StartAt: 'Only', States: { Only: state } });
  const invoke = (fields: object = {}) => ({
    Type: 'Task',
    Resource: INVOKE,
    Parameters: { FunctionName: 'double', 'Payload.$': '$' },
    OutputPath: '$.Payload',
    End: true,
    ...fields,
  });
  const output = async (definition: object, input?: unknown) =>
    JSON.parse((await aws.outcome(definition, input)).output ?? '"none"');

  it('invokes a function and answers with its payload inside the integration result', async () => {
    expect(await output(one(invoke()), { n: 4 })).toEqual({ n: 8 });
    const whole = await output(one(invoke({ OutputPath: undefined })), { n: 4 });
    expect(whole).toMatchObject({ Payload: { n: 8 }, StatusCode: 200, ExecutedVersion: '$LATEST' });
    const selected = invoke({
      ResultSelector: { 'twice.$': '$.Payload.n' },
      ResultPath: '$.a.result',
      OutputPath: '$.a',
    });
    expect(await output(one(selected), { n: 4, a: { b: 1 } })).toEqual({ b: 1, result: { twice: 8 } });
  });

  it('hands null on as a value', async () => {
    expect(await output(one(invoke({ Parameters: { FunctionName: 'nothing' } })))).toBeNull();
    const toPass = { Type: 'Pass', ResultPath: '$', Parameters: { 'all.$': '$' }, End: true };
    expect(await output(one(toPass), null)).toEqual({ all: null });
    expect(await output(one({ Type: 'Pass', Result: false, End: true }))).toBe(false);
  });

  it('invokes a function by its ARN as the resource', async () => {
    expect(await output(one({ Type: 'Task', Resource: ARN, End: true }), { n: 3 })).toEqual({ n: 6 });
  });

  it('names the error of a function that is not there', async () => {
    const gone = one(invoke({ Parameters: { FunctionName: 'gone' } }));
    expect(await aws.outcome(gone)).toMatchObject({ status: 'FAILED', error: 'Lambda.ResourceNotFoundException' });
  });

  it.each([['InvalidInput'], ['States.TaskFailed'], ['States.ALL']])(
    "catches a function's own error by %s",
    async (name) => {
      aws.lambda.handlers.double = () => {
        throw thrown('InvalidInput', 'no n');
      };
      const Catch = [
        { ErrorEquals: ['Another', 'States.Timeout'], Next: 'Wrong' },
        { ErrorEquals: [name], Next: 'Caught', ResultPath: '$.failure' },
      ];
      const States = {
        Only: invoke({ Catch, End: undefined, Next: 'Wrong' }),
        Wrong: { Type: 'Fail' },
        Caught: { Type: 'Succeed' },
      };
      const caught = await output({ StartAt: 'Only', States }, { n: 'x' });
      expect(caught).toMatchObject({ n: 'x', failure: { Error: 'InvalidInput' } });
      expect(JSON.parse(caught.failure.Cause)).toEqual({ errorType: 'InvalidInput', errorMessage: 'no n', trace: [] });
    },
  );

  it('retries with backoff, a longest delay and at most MaxAttempts, then catches', async () => {
    aws.lambda.handlers.double = () => {
      throw thrown('Busy');
    };
    const Retry = [{ ErrorEquals: ['Busy'], IntervalSeconds: 10, BackoffRate: 3, MaxDelaySeconds: 20, MaxAttempts: 3 }];
    const retryCount = { FunctionName: 'double', Payload: { 'retry.$': '$$.State.RetryCount' } };
    const arn = aws.machine(one(invoke({ Retry, Parameters: retryCount })));
    const executionArn = await aws.start(arn);
    for (const [index, delaySeconds] of [10, 20, 20].entries()) {
      await until(() => aws.lambda.invocations.length === index + 1 && clock.waiting === 1);
      await clock.advanceBy(delaySeconds * 1000 - 1);
      expect(aws.lambda.invocations).toHaveLength(index + 1);
      await clock.advanceBy(1);
    }
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'FAILED', error: 'Busy' });
    expect(aws.lambda.invocations.map(({ payload }) => payload.retry)).toEqual([0, 1, 2, 3]);
  });

  it('times a task out', async () => {
    aws.lambda.handlers.double = () => new Promise(() => {});
    const executionArn = await aws.start(aws.machine(one(invoke({ TimeoutSecondsPath: '$.limit' }))), { limit: 7 });
    await until(() => aws.lambda.invocations.length === 1);
    await clock.advanceBy(7_000);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('times an execution out', async () => {
    const definition = { TimeoutSeconds: 60, ...one({ Type: 'Wait', Seconds: 600, End: true }) };
    const executionArn = await aws.start(aws.machine(definition));
    await clock.advanceBy(60_000);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'TIMED_OUT' });
  });

  it.each([
    [{ n: 5 }, 'big'],
    [{ n: 1 }, 'small'],
    [{ n: '5' }, 'other'],
    [{ n: null }, 'other'],
    [{}, 'absent'],
    [{ n: 0, s: 'abc-x' }, 'matched'],
  ])('chooses for %j the state %s', async (input, expected) => {
    const Choices = [
      { Variable: '$.n', IsPresent: false, Next: 'absent' },
      {
        And: [
          { Variable: '$.s', IsPresent: true },
          { Variable: '$.s', StringMatches: 'abc-*' },
        ],
        Next: 'matched',
      },
      { Variable: '$.n', NumericGreaterThanEquals: 5, Next: 'big' },
      { Variable: '$.n', NumericLessThan: 5, Next: 'small' },
    ];
    const targets = ['absent', 'matched', 'big', 'small', 'other'].map((name) => [
      name,
      { Type: 'Pass', Result: name, End: true },
    ]);
    const States = { Only: { Type: 'Choice', Choices, Default: 'other' }, ...Object.fromEntries(targets) };
    expect(await output({ StartAt: 'Only', States }, input)).toBe(expected);
  });

  it('fails when no rule matches and there is no default', async () => {
    const Choices = [{ Variable: '$.n', NumericEquals: 1, Next: 'Done' }];
    const definition = { StartAt: 'Only', States: { Only: { Type: 'Choice', Choices }, Done: { Type: 'Succeed' } } };
    expect(await aws.outcome(definition, { n: 2 })).toMatchObject({
      status: 'FAILED',
      error: 'States.NoChoiceMatched',
    });
  });

  it('fails in a Fail state, with constants or from paths', async () => {
    const constant = one({ Type: 'Fail', Error: 'RunFailed', Cause: 'out of memory' });
    expect(await aws.outcome(constant)).toMatchObject({ status: 'FAILED', error: 'RunFailed', cause: 'out of memory' });
    const fromPaths = one({ Type: 'Fail', ErrorPath: '$.e', CausePath: '$$.Execution.Input.c' });
    expect(await aws.outcome(fromPaths, { e: 'E', c: 'C' })).toMatchObject({
      status: 'FAILED',
      error: 'E',
      cause: 'C',
    });
  });

  it('fails a path that leads nowhere', async () => {
    const nowhere = one({ Type: 'Pass', InputPath: '$.gone', End: true });
    expect(await aws.outcome(nowhere)).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    const inParameters = one({ Type: 'Pass', Parameters: { 'x.$': '$.gone' }, End: true });
    expect(await aws.outcome(inParameters)).toMatchObject({ status: 'FAILED', error: 'States.ParameterPathFailure' });
    const noPlace = one({ Type: 'Pass', ResultPath: '$.a.b', End: true });
    expect(await aws.outcome(noPlace, { a: 1 })).toMatchObject({
      status: 'FAILED',
      error: 'States.ResultPathMatchFailure',
    });
  });

  it('fails a result over 256 KiB, which States.ALL does not catch', async () => {
    aws.lambda.handlers.double = () => 'x'.repeat(262_144);
    const States = {
      Only: invoke({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }] }),
      Done: { Type: 'Succeed' },
    };
    expect(await aws.outcome({ StartAt: 'Only', States })).toMatchObject({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
    });
  });

  it('gives states the context object', async () => {
    const Parameters = { 'context.$': '$$', 'label.$': "States.Format('{}/{}', $$.StateMachine.Name, $$.State.Name)" };
    const machine = aws.machine(one({ Type: 'Pass', Parameters, End: true }), 'named');
    const { output: text, executionArn } = await aws.closed(await aws.start(machine, { a: 1 }, 'first'));
    const at = new Date(clock.nowMs()).toISOString();
    expect(JSON.parse(text ?? '')).toEqual({
      context: {
        Execution: {
          Id: executionArn,
          Input: { a: 1 },
          Name: 'first',
          RoleArn: 'arn:aws:iam::000000000000:role/StateMachine',
          StartTime: at,
          RedriveCount: 0,
        },
        StateMachine: { Id: machine, Name: 'named' },
        State: { Name: 'Only', EnteredTime: at, RetryCount: 0 },
      },
      label: 'named/Only',
    });
  });

  it('waits for seconds and until a timestamp', async () => {
    const waits = {
      StartAt: 'One',
      States: {
        One: { Type: 'Wait', SecondsPath: '$.s', Next: 'Two' },
        Two: { Type: 'Wait', TimestampPath: '$.t', End: true },
      },
    };
    const t = new Date(clock.nowMs() + 90 * 86_400_000).toISOString();
    const executionArn = await aws.start(aws.machine(waits), { s: 86_400, t });
    await until(() => clock.waiting === 1);
    await clock.advanceBy(89 * 86_400_000);
    expect((await aws.history(executionArn)).at(-1)?.type).toBe('WaitStateEntered');
    await clock.advanceBy(86_400_000);
    expect((await aws.closed(executionArn)).status).toBe('SUCCEEDED');
  });

  it('runs branches side by side and gives their outputs in order', async () => {
    const branch = (n: number) => ({
      StartAt: `Branch${n}`,
      States: { [`Branch${n}`]: invoke({ Parameters: { FunctionName: 'double', Payload: { n } } }) },
    });
    const parallel = { Type: 'Parallel', Branches: [branch(1), branch(2)], ResultPath: '$.both', End: true };
    expect(await output(one(parallel), { a: 1 })).toEqual({ a: 1, both: [{ n: 2 }, { n: 4 }] });
  });

  it('stops the other branches when one fails, and catches that', async () => {
    const branches = [
      { StartAt: 'Slow', States: { Slow: { Type: 'Wait', Seconds: 1000, End: true } } },
      { StartAt: 'Bad', States: { Bad: { Type: 'Fail', Error: 'Broken' } } },
    ];
    const Catch = [{ ErrorEquals: ['Broken'], Next: 'Caught' }];
    const States = {
      Only: { Type: 'Parallel', Branches: branches, Catch, Next: 'Caught' },
      Caught: { Type: 'Succeed' },
    };
    const described = await aws.outcome({ StartAt: 'Only', States });
    expect(described).toMatchObject({ status: 'SUCCEEDED', output: '{"Error":"Broken","Cause":""}' });
    expect(clock.waiting).toBe(0);
    const types = (await aws.history(described.executionArn ?? '')).map((event) => event.type);
    expect(types).toEqual(expect.arrayContaining(['WaitStateAborted', 'ParallelStateFailed', 'ParallelStateExited']));
  });

  it('maps items in order, with their place in the context object, within MaxConcurrency', async () => {
    let running = 0;
    let most = 0;
    aws.lambda.handlers.echo = async (payload) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return payload;
    };
    const Each = invoke({
      Parameters: { FunctionName: 'echo', Payload: { 'got.$': '$', 'index.$': '$$.Map.Item.Index' } },
    });
    const map = {
      Type: 'Map',
      ItemsPath: '$.items',
      ItemSelector: { 'value.$': '$$.Map.Item.Value', 'all.$': '$.common' },
      MaxConcurrency: 2,
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Each', States: { Each } },
      End: true,
    };
    const items = ['a', 'b', 'c', 'd', 'e'];
    expect(await output(one(map), { items, common: 1 })).toEqual(
      items.map((value, index) => ({ got: { value, all: 1 }, index })),
    );
    expect(most).toBe(2);
    expect(await output(one(map), { items: [], common: 1 })).toEqual([]);
  });
});
