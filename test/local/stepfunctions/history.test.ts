import { GetExecutionHistoryCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/service-server.ts';
import {
  callbackMachine,
  INVOKE,
  type PrivateStepFunctions,
  ROLE_ARN,
  startStepFunctions,
  thrown,
} from './private-stepfunctions.ts';

const START = new Date('2026-01-05T12:00:00.000Z');

describe('execution history', () => {
  let aws: PrivateStepFunctions;
  beforeEach(async () => {
    aws = await startStepFunctions({ 'await-start': () => 'queued' }, { clock: createManualClock(START.getTime()) });
  });
  afterEach(() => aws.stop());

  it('records a callback task as AWS does', async () => {
    const definition = callbackMachine({ TimeoutSeconds: 600, HeartbeatSeconds: 60, Comment: 'waits' });
    const executionArn = await aws.start(aws.machine(definition), { a: 1 });
    await until(() => aws.lambda.tokens.length === 1);
    const [taskToken = ''] = aws.lambda.tokens;
    await aws.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"b":2}' }));
    await aws.closed(executionArn);
    const names = { resourceType: 'lambda', resource: 'invoke.waitForTaskToken' };
    const inputDetails = { truncated: false };
    const outputDetails = { truncated: false };
    const events = await aws.history(executionArn);
    const submitted = events[4]?.taskSubmittedEventDetails;
    expect(JSON.parse(submitted?.output ?? '')).toMatchObject({ Payload: 'queued', StatusCode: 200 });
    const parameters = JSON.stringify({ FunctionName: 'await-start', Payload: { token: taskToken, input: { a: 1 } } });
    expect(events).toEqual([
      event(1, 0, 'ExecutionStarted', {
        executionStartedEventDetails: { input: '{"a":1}', inputDetails, roleArn: ROLE_ARN },
      }),
      event(2, 0, 'TaskStateEntered', { stateEnteredEventDetails: { name: 'Await', input: '{"a":1}', inputDetails } }),
      event(3, 2, 'TaskScheduled', {
        taskScheduledEventDetails: {
          ...names,
          region: 'us-east-1',
          parameters,
          timeoutInSeconds: 600,
          heartbeatInSeconds: 60,
        },
      }),
      event(4, 3, 'TaskStarted', { taskStartedEventDetails: names }),
      event(5, 4, 'TaskSubmitted', { taskSubmittedEventDetails: { ...names, ...submitted } }),
      event(6, 5, 'TaskSucceeded', { taskSucceededEventDetails: { ...names, output: '{"b":2}', outputDetails } }),
      event(7, 6, 'TaskStateExited', { stateExitedEventDetails: { name: 'Await', output: '{"b":2}', outputDetails } }),
      event(8, 7, 'ExecutionSucceeded', { executionSucceededEventDetails: { output: '{"b":2}', outputDetails } }),
    ]);
  });

  it('records failures, what catches them, and the end', async () => {
    aws.lambda.handlers['await-start'] = () => {
      throw thrown('InvalidInput');
    };
    const States = {
      Call: {
        Type: 'Task',
        Resource: INVOKE,
        Parameters: { FunctionName: 'await-start' },
        Catch: [{ ErrorEquals: ['InvalidInput'], Next: 'Sort' }],
        End: true,
      },
      Sort: { Type: 'Choice', Choices: [{ Variable: '$.Error', StringEquals: 'InvalidInput', Next: 'Refused' }] },
      Refused: { Type: 'Fail', Error: 'Refused', Cause: 'said so' },
    };
    const { executionArn = '' } = await aws.outcome({ StartAt: 'Call', States });
    const events = await aws.history(executionArn);
    expect(events.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskStateExited',
      'ChoiceStateEntered',
      'ChoiceStateExited',
      'FailStateEntered',
      'ExecutionFailed',
    ]);
    expect(events[4]?.taskFailedEventDetails).toMatchObject({
      resourceType: 'lambda',
      resource: 'invoke',
      error: 'InvalidInput',
    });
    expect(events[9]?.executionFailedEventDetails).toEqual({ error: 'Refused', cause: 'said so' });
  });

  it('records a Lambda ARN as a resource with its own event types', async () => {
    const resource = 'arn:aws:lambda:us-east-1:000000000000:function:f';
    aws.lambda.handlers[resource] = () => 1;
    const definition = {
      StartAt: 'F',
      States: { F: { Type: 'Task', Resource: resource, TimeoutSeconds: 5, End: true } },
    };
    const { executionArn = '' } = await aws.outcome(definition);
    const events = await aws.history(executionArn);
    expect(events.slice(2, 5)).toEqual([
      event(3, 2, 'LambdaFunctionScheduled', {
        lambdaFunctionScheduledEventDetails: {
          resource,
          input: '{}',
          inputDetails: { truncated: false },
          timeoutInSeconds: 5,
        },
      }),
      event(4, 3, 'LambdaFunctionStarted', {}),
      event(5, 4, 'LambdaFunctionSucceeded', {
        lambdaFunctionSucceededEventDetails: { output: '1', outputDetails: { truncated: false } },
      }),
    ]);
  });

  it('chains the events of branches and iterations to where they began', async () => {
    const step = (name: string) => ({ StartAt: name, States: { [name]: { Type: 'Pass', End: true } } });
    const States = {
      Both: { Type: 'Parallel', Branches: [step('Left'), step('Right')], Next: 'All' },
      All: { Type: 'Map', ItemProcessor: step('Each'), End: true },
    };
    const { executionArn = '' } = await aws.outcome({ StartAt: 'Both', States });
    const events = await aws.history(executionArn);
    const idOf = (type: string) => events.find((found) => found.type === type)?.id;
    const before = (type: string) =>
      events.filter((found) => found.type === type).map((found) => found.previousEventId);
    const branchStarts = events.filter(({ stateEnteredEventDetails: entered }) =>
      ['Left', 'Right'].includes(entered?.name ?? ''),
    );
    expect(branchStarts.map((found) => found.previousEventId)).toEqual([3, 3]);
    expect(before('MapIterationStarted')).toEqual([idOf('MapStateStarted'), idOf('MapStateStarted')]);
    expect(events.find(({ type }) => type === 'MapStateStarted')?.mapStateStartedEventDetails).toEqual({ length: 2 });
    expect(events.filter(({ type }) => type === 'MapIterationSucceeded')[1]?.mapIterationSucceededEventDetails).toEqual(
      { name: 'All', index: 1 },
    );
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  });

  it('pages in both directions, and leaves out data when asked', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `S${index}`);
    const States = Object.fromEntries(
      names.map((name, index) => [name, index === 29 ? { Type: 'Succeed' } : { Type: 'Pass', Next: names[index + 1] }]),
    );
    const { executionArn = '' } = await aws.outcome({ StartAt: 'S0', States });
    for (const reverseOrder of [false, true]) {
      const ids: number[] = [];
      let nextToken: string | undefined;
      do {
        const page = await aws.sfn.send(
          new GetExecutionHistoryCommand({ executionArn, maxResults: 7, reverseOrder, nextToken }),
        );
        expect(page.events?.length).toBeLessThanOrEqual(7);
        ids.push(...(page.events ?? []).map(({ id }) => id ?? 0));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      const inOrder = Array.from({ length: 62 }, (_, index) => index + 1);
      expect(ids).toEqual(reverseOrder ? inOrder.reverse() : inOrder);
    }
    const { events } = await aws.sfn.send(
      new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false, maxResults: 2 }),
    );
    expect(events?.[1]?.stateEnteredEventDetails).toEqual({ name: 'S0' });
    const foreign = new GetExecutionHistoryCommand({ executionArn, nextToken: 'made-up' });
    await expect(aws.sfn.send(foreign)).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('fails an execution whose history is full', async () => {
    const States = {
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Pass', Next: 'A' },
    };
    const described = await aws.outcome({ StartAt: 'A', States });
    expect(described).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(described.cause).toContain('maximum number of history events (25000)');
    const request = { executionArn: described.executionArn, reverseOrder: true, maxResults: 1 };
    const { events } = await aws.sfn.send(new GetExecutionHistoryCommand(request));
    expect(events?.[0]).toMatchObject({ id: 25_000, type: 'ExecutionFailed' });
  });
});

function event(id: number, previousEventId: number, type: string, details: object): object {
  return { id, previousEventId, timestamp: START, type, ...details };
}
