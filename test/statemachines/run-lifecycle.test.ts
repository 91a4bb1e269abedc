import { existsSync, readdirSync, readFileSync } from 'node:fs';
import {
  InternalServerError,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
} from '@aws-sdk/client-dynamodb';
import { InternalServerException, RequestTimeoutException, ThrottlingException } from '@aws-sdk/client-omics';
import {
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { RequestThrottled } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PrivateStepFunctions, startStepFunctions, thrown } from '../local/stepfunctions/private-stepfunctions.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/service-server.ts';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('statemachines/run-lifecycle.asl.json', root), 'utf8');
const functionOf: Readonly<Record<string, string>> = {
  AwaitStartFunctionArn: 'await-start',
  WatchRunFunctionArn: 'watch-run',
  RecordOutcomeFunctionArn: 'record-outcome',
};
const definition = JSON.parse(text.replace(/\$\{(\w+)\}/g, (_, name: string) => functionOf[name] ?? 'unknown'));

interface Rule {
  readonly Comment?: string;
  readonly ErrorEquals: readonly string[];
}
interface State {
  readonly Type: string;
  readonly TimeoutSeconds?: number;
  readonly Comment?: string;
  readonly Retry?: readonly Rule[];
  readonly Catch?: readonly Rule[];
}
const states = Object.entries(definition.States as Record<string, State>);

const HOUR_MS = 3_600_000;

/** What passes by itself, as the clients of the functions that register call it. */
const TRANSIENT = [
  InternalServerError,
  InternalServerException,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  RequestThrottled,
  RequestTimeoutException,
  ThrottlingException,
].map(({ name }) => name);

describe('transitions of run-lifecycle', () => {
  let clock: ManualClock;
  let aws: PrivateStepFunctions;
  let outcomes: Record<string, unknown>[];

  beforeEach(async () => {
    clock = createManualClock();
    outcomes = [];
    const handlers = {
      'await-start': () => null,
      'watch-run': () => null,
      'record-outcome': () => outcomes.shift() ?? { next: 'completed' },
    };
    aws = await startStepFunctions(handlers, { clock, random: () => 0 });
  });
  afterEach(() => aws.stop());

  const start = () => aws.start(aws.machine(definition), { request: 'r1' });
  const invocations = (name: string) => aws.lambda.invocations.filter(({ functionName }) => functionName === name);
  const latestToken = async (name: string, count: number) => {
    await until(() => invocations(name).length === count);
    return String(invocations(name).at(-1)?.payload.token);
  };
  const succeed = async (name: string, count: number, attempt = 1) => {
    const taskToken = await latestToken(name, count);
    await aws.sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify({ request: 'r1', attempt }) }));
  };
  const entered = async (executionArn: string) =>
    (await aws.history(executionArn)).flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);

  it('goes from AwaitStart over WatchRun and RecordOutcome to Completed', async () => {
    const executionArn = await start();
    await succeed('await-start', 1);
    await succeed('watch-run', 1);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await entered(executionArn)).toEqual(['AwaitStart', 'WatchRun', 'RecordOutcome', 'Outcome', 'Completed']);
    expect(invocations('await-start')[0]?.payload).toMatchObject({ executionArn, input: { request: 'r1' } });
    expect(invocations('watch-run')[0]?.payload).toMatchObject({ request: 'r1', attempt: 1 });
  });

  it('goes round again after the delay that RecordOutcome says', async () => {
    outcomes = [{ next: 'retry', request: 'r1', attempt: 2, retryAfterSeconds: 30 }];
    const executionArn = await start();
    await succeed('await-start', 1);
    await succeed('watch-run', 1);
    await until(() => clock.waiting > 0 && invocations('record-outcome').length === 1);
    await clock.advanceBy(30_000);
    await succeed('await-start', 2);
    await succeed('watch-run', 2, 2);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await entered(executionArn)).toEqual([
      ...['AwaitStart', 'WatchRun', 'RecordOutcome', 'Outcome', 'RetryDelay'],
      ...['AwaitStart', 'WatchRun', 'RecordOutcome', 'Outcome', 'Completed'],
    ]);
  });

  it('fails with the error and cause that RecordOutcome says', async () => {
    outcomes = [{ next: 'failed', error: 'RunFailed', cause: 'Run 1 of request r1: OUT_OF_MEMORY_ERROR.' }];
    const executionArn = await start();
    await succeed('await-start', 1);
    await succeed('watch-run', 1);
    expect(await aws.closed(executionArn)).toMatchObject({
      status: 'FAILED',
      error: 'RunFailed',
      cause: /OUT_OF_MEMORY/,
    });
  });

  it('fails where a refused start is shown, with the reason', async () => {
    const executionArn = await start();
    const taskToken = await latestToken('await-start', 1);
    await aws.sfn.send(new SendTaskFailureCommand({ taskToken, error: 'StartRefused', cause: 'no such workflow' }));
    expect(await aws.closed(executionArn)).toMatchObject({
      status: 'FAILED',
      error: 'StartRefused',
      cause: 'no such workflow',
    });
    expect(await entered(executionArn)).toEqual(['AwaitStart']);
  });

  it('ends well, with what was claimed, when a person named a sheet', async () => {
    const executionArn = await start();
    const taskToken = await latestToken('await-start', 1);
    await aws.sfn.send(new SendTaskFailureCommand({ taskToken, error: 'SheetTaken', cause: '3 rows' }));
    const closed = await aws.closed(executionArn);
    expect(closed.status).toBe('SUCCEEDED');
    expect(JSON.parse(closed.output ?? '')).toEqual({ Error: 'SheetTaken', Cause: '3 rows' });
    expect(await entered(executionArn)).toEqual(['AwaitStart', 'RowsClaimed']);
  });

  it('fails at once, with the message, on an input that the machine does not take', async () => {
    aws.lambda.handlers['await-start'] = () => {
      throw thrown('InvalidInput', 'Accepted are …');
    };
    const closed = await aws.closed(await start());
    expect(closed).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
    expect(closed.cause).toContain('Accepted are');
    expect(invocations('await-start')).toHaveLength(1);
  });

  it('keeps its place in line when nothing starts it for two weeks', async () => {
    const executionArn = await start();
    await latestToken('await-start', 1);
    await clock.advanceBy(14 * 24 * HOUR_MS);
    await succeed('await-start', 2);
    await succeed('watch-run', 1);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('looks again every 48 hours when all news is lost: seven days in at most eight states more', async () => {
    const executionArn = await start();
    await succeed('await-start', 1);
    await latestToken('watch-run', 1);
    for (let look = 2; look <= 4; look += 1) {
      await clock.advanceBy(48 * HOUR_MS);
      await latestToken('watch-run', look);
    }
    await succeed('watch-run', 4);
    await aws.closed(executionArn);
    expect(await entered(executionArn)).toHaveLength(8);
  });

  it('tries a task again that met a conflict, with a new token', async () => {
    aws.lambda.handlers['watch-run'] = () => {
      if (invocations('watch-run').length === 1) throw thrown('LedgerConflictError');
      return null;
    };
    const executionArn = await start();
    await succeed('await-start', 1);
    await until(() => clock.waiting > 0 && invocations('watch-run').length === 1);
    await clock.advanceBy(2_000);
    await succeed('watch-run', 2);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    const [first, second] = invocations('watch-run').map(({ payload }) => payload.token);
    expect(first).not.toBe(second);
  });

  it.each(['ThrottlingException', 'RequestThrottled'])('tries a start again that met %s', async (error) => {
    let times = 0;
    aws.lambda.handlers['await-start'] = () => {
      times += 1;
      if (times === 1) throw thrown(error, 'busy');
      return null;
    };
    const executionArn = await start();
    await until(() => clock.waiting > 0 && times === 1);
    await clock.advanceBy(5_000);
    await succeed('await-start', 2);
    await succeed('watch-run', 1);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('tries RecordOutcome again whatever it throws, and gives up after seven', async () => {
    aws.lambda.handlers['record-outcome'] = () => {
      throw thrown('AnnouncementRefused', 'the bus is ill');
    };
    const executionArn = await start();
    await succeed('await-start', 1);
    await succeed('watch-run', 1);
    for (let count = 1; count <= 6; count += 1) {
      await until(() => invocations('record-outcome').length >= count);
      await clock.advanceBy(HOUR_MS);
    }
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'FAILED', error: 'AnnouncementRefused' });
    expect(invocations('record-outcome')).toHaveLength(7);
  });

  it('fails again with the same words when an execution is redriven whose run failed', async () => {
    outcomes = [{ next: 'failed', error: 'RunFailed', cause: 'Run 1 of request r1: OUT_OF_MEMORY_ERROR.' }];
    const executionArn = await start();
    await succeed('await-start', 1);
    await succeed('watch-run', 1);
    const before = await aws.closed(executionArn);
    await aws.sfn.send(new RedriveExecutionCommand({ executionArn }));
    const { error, cause } = before;
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'FAILED', error, cause, redriveCount: 1 });
    expect(aws.lambda.invocations).toHaveLength(3);
  });

  it('is clean when it is stopped from the console, and goes on after RedriveExecution', async () => {
    const executionArn = await start();
    await succeed('await-start', 1);
    await latestToken('watch-run', 1);
    await aws.sfn.send(new StopExecutionCommand({ executionArn, error: 'Console', cause: 'by hand' }));
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Console' });
    await aws.sfn.send(new RedriveExecutionCommand({ executionArn }));
    await succeed('watch-run', 2);
    expect(await aws.closed(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('the definition of run-lifecycle', () => {
  it('refers to functions that exist', () => {
    const references = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => functionOf[name]);
    expect(new Set(references)).toEqual(new Set(Object.values(functionOf)));
    for (const name of references) expect(existsSync(new URL(`functions/${name}.ts`, root))).toBe(true);
  });

  it('gives the reason of every state, Retry and Catch', () => {
    for (const [name, state] of states) {
      expect(state.Comment, name).toMatch(/\w{3,}/);
      for (const rule of [...(state.Retry ?? []), ...(state.Catch ?? [])]) expect(rule.Comment, name).toMatch(/\w{3,}/);
    }
  });

  it('gives the reason of every timeout, which no task is without', () => {
    for (const [name, { Type, TimeoutSeconds, Comment }] of states) {
      expect(TimeoutSeconds !== undefined, name).toBe(Type === 'Task');
      if (TimeoutSeconds !== undefined) expect(Comment, name).toMatch(/time(?:s )?out/i);
    }
  });

  it.each(['AwaitStart', 'WatchRun'])('lets %s, which only registers, try again whatever passes by itself', (name) => {
    const [retry] = definition.States[name].Retry as Rule[];
    expect(retry?.ErrorEquals).toEqual(expect.arrayContaining([...TRANSIENT, 'LedgerConflictError']));
    // What a timed-out invocation wrote may arrive late, over the token of its successor.
    expect(retry?.ErrorEquals).not.toContain('Sandbox.Timedout');
  });

  it('names only errors that can happen', () => {
    const ofLambda = /^(?:States\.(?:Timeout|TaskFailed)|Lambda\.\w+Exception)$/;
    const ours = readdirSync(new URL('lib/', root), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...readFileSync(new URL(`lib/${file}`, root), 'utf8').matchAll(/readonly name = '(\w+)'/g)])
      .map(([, name]) => name);
    for (const [, state] of states) {
      for (const error of [...(state.Retry ?? []), ...(state.Catch ?? [])].flatMap(({ ErrorEquals }) => ErrorEquals)) {
        if (!ofLambda.test(error) && !TRANSIENT.includes(error)) expect(ours).toContain(error);
      }
    }
  });
});
