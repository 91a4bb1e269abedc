/** The simulation's Step Functions does with run-lifecycle.asl.json what the laptop's interpreter does. */
import { SendTaskFailureCommand, SendTaskSuccessCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { startStepFunctions, thrown } from '../local/stepfunctions/private-stepfunctions.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { until } from '../support/service-server.ts';
import type { InvocationEnd } from './invocations.ts';
import { DEFINITION } from './simulated-executions.ts';
import { StateMachine } from './state-machine.ts';
import { Timeline } from './timeline.ts';

interface Ended {
  readonly status: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly output: unknown;
  readonly entered: readonly string[];
  readonly payloads: readonly Record<string, unknown>[];
}

/** What a scenario can do to one execution, on either interpreter. */
interface Driver {
  /** The token of the function's invocation number `count`. */
  token(functionName: string, count: number): Promise<string>;
  succeed(token: string, output: object): Promise<void>;
  fail(token: string, error: string, cause: string): Promise<void>;
  stop(): Promise<void>;
  advance(milliseconds: number): Promise<void>;
  called(functionName: string, count: number): Promise<void>;
}

type Answers = Readonly<Record<string, (count: number) => unknown>>;

interface Scenario {
  readonly title: string;
  readonly answers?: Answers;
  play(driver: Driver): Promise<void>;
}

const HOUR_MS = 3_600_000;
const INPUT = { request: 'r1' };
const RETRY = { request: 'r1', next: 'retry', attempt: 2, retryAfterSeconds: 30 };
const answerOf = (answers: Answers | undefined, name: string, count: number): unknown => {
  const answer = answers?.[name]?.(count);
  if (answer instanceof Error) throw answer;
  return answer ?? (name === 'record-outcome' ? { next: 'completed', attempt: count } : null);
};

async function throughStart(driver: Driver, attempt = 1): Promise<void> {
  await driver.succeed(await driver.token('await-start', attempt), { request: 'r1', attempt });
}

async function throughWatch(driver: Driver, attempt = 1): Promise<void> {
  await driver.succeed(await driver.token('watch-run', attempt), { request: 'r1', attempt });
}

const scenarios: readonly Scenario[] = [
  {
    title: 'a sheet that a person named',
    async play(driver) {
      await driver.fail(await driver.token('await-start', 1), 'SheetTaken', '3 rows');
    },
  },
  {
    title: 'a run that completes',
    async play(driver) {
      await throughStart(driver);
      await throughWatch(driver);
    },
  },
  {
    title: 'a run that is tried again',
    answers: { 'record-outcome': (count) => (count === 1 ? RETRY : undefined) },
    async play(driver) {
      await throughStart(driver);
      await throughWatch(driver);
      await driver.called('record-outcome', 1);
      await driver.advance(30_000);
      await throughStart(driver, 2);
      await throughWatch(driver, 2);
    },
  },
  {
    title: 'a run that fails',
    answers: { 'record-outcome': () => ({ next: 'failed', error: 'RunFailed', cause: 'out of memory' }) },
    async play(driver) {
      await throughStart(driver);
      await throughWatch(driver);
    },
  },
  {
    title: 'a start that is refused',
    play: async (driver) => driver.fail(await driver.token('await-start', 1), 'StartRefused', 'no such workflow'),
  },
  {
    title: 'an input that is none',
    answers: { 'await-start': () => thrown('InvalidInput', 'accepted are …') },
    play: (driver) => driver.called('await-start', 1),
  },
  {
    title: 'a function that dies',
    answers: { 'watch-run': () => thrown('Runtime.ExitError', 'died') },
    play: (driver) => throughStart(driver),
  },
  {
    title: 'a conflict that passes',
    answers: { 'watch-run': (count) => (count === 1 ? thrown('LedgerConflictError', 'met') : undefined) },
    async play(driver) {
      await throughStart(driver);
      await driver.called('watch-run', 1);
      await driver.advance(2_000);
      await throughWatch(driver, 2);
    },
  },
  {
    title: 'an outcome that cannot be recorded',
    answers: { 'record-outcome': () => thrown('AnnouncementRefused', 'the bus is ill') },
    async play(driver) {
      await throughStart(driver);
      await throughWatch(driver);
      for (let count = 1; count <= 6; count += 1) {
        await driver.called('record-outcome', count);
        await driver.advance(HOUR_MS);
      }
    },
  },
  {
    title: 'a place in line that is kept for more than two weeks',
    async play(driver) {
      await driver.token('await-start', 1);
      await driver.advance(14 * 24 * HOUR_MS);
      await throughStart(driver, 2);
      await driver.succeed(await driver.token('watch-run', 1), { request: 'r1', attempt: 2 });
    },
  },
  {
    title: 'a run that is looked at again after two days',
    async play(driver) {
      await throughStart(driver);
      await driver.token('watch-run', 1);
      await driver.advance(48 * HOUR_MS);
      await throughWatch(driver, 2);
    },
  },
  {
    title: 'an execution that is stopped',
    async play(driver) {
      await throughStart(driver);
      await driver.token('watch-run', 1);
      await driver.stop();
    },
  },
];

it.each(scenarios)('agree on $title', async (scenario) => {
  expect(await onSimulation(scenario)).toEqual(await onLaptop(scenario));
});

const withoutIds = ({ token: _token, executionArn: _arn, executionName: _name, ...payload }: Record<string, unknown>) =>
  payload;

async function onLaptop({ answers, play }: Scenario): Promise<Ended> {
  const clock = createManualClock();
  const counts = new Map<string, number>();
  const handler = (name: string) => () => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return answerOf(answers, name, counts.get(name) ?? 0);
  };
  const names = ['await-start', 'watch-run', 'record-outcome'];
  const handlers = Object.fromEntries(names.map((name) => [name, handler(name)]));
  const aws = await startStepFunctions(handlers, { clock, random: () => 0 });
  const executionArn = await aws.start(aws.machine(DEFINITION), INPUT);
  const invocations = (name: string) => aws.lambda.invocations.filter(({ functionName }) => functionName === name);
  const called = (name: string, count: number) => until(() => invocations(name).length >= count);
  try {
    await play({
      called,
      async token(name, count) {
        await called(name, count);
        return String(invocations(name)[count - 1]?.payload.token);
      },
      succeed: async (taskToken, output) =>
        void (await aws.sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))),
      fail: async (taskToken, error, cause) =>
        void (await aws.sfn.send(new SendTaskFailureCommand({ taskToken, error, cause }))),
      stop: async () => void (await aws.sfn.send(new StopExecutionCommand({ executionArn }))),
      advance: (milliseconds) => clock.advanceBy(milliseconds),
    });
    const closed = await aws.closed(executionArn);
    const { status, error, cause, output } = closed;
    const history = await aws.history(executionArn);
    return {
      status,
      error,
      cause: causeText(cause),
      output: output === undefined ? undefined : JSON.parse(output),
      entered: history.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []),
      payloads: aws.lambda.invocations.map(({ payload }) => withoutIds(payload)),
    };
  } finally {
    await aws.stop();
  }
}

/** Lambda's errors come as JSON, of which the simulation keeps the message. */
function causeText(cause: string | undefined): string | undefined {
  return cause?.startsWith('{') ? (JSON.parse(cause) as { errorMessage: string }).errorMessage : cause;
}

async function onSimulation({ answers, play }: Scenario): Promise<Ended> {
  const timeline = new Timeline(0);
  const invocations: { readonly name: string; readonly payload: Record<string, unknown> }[] = [];
  const of = (name: string) => invocations.filter((one) => one.name === name);
  const invoke = (name: string, payload: unknown, end: (end: InvocationEnd) => void) => {
    invocations.push({ name, payload: payload as Record<string, unknown> });
    timeline.after(0, () => {
      try {
        end({ kind: 'returned', value: answerOf(answers, name, of(name).length) });
      } catch (error) {
        end({ kind: 'threw', name: (error as Error).name, message: (error as Error).message });
      }
    });
  };
  const machine = new StateMachine(DEFINITION, {
    nowMs: () => timeline.nowMs,
    after: (delayMs, action) => timeline.after(delayMs, action),
    random: () => 0,
    invoke,
  });
  const execution = machine.start('simulated', 'arn', INPUT);
  const settle = () => timeline.runUntil(timeline.nowMs);
  await settle();
  await play({
    called: settle,
    async token(name, count) {
      await settle();
      return String(of(name)[count - 1]?.payload.token);
    },
    async succeed(token, output) {
      machine.succeed(token, output);
      await settle();
    },
    async fail(token, error, cause) {
      machine.fail(token, error, cause);
      await settle();
    },
    stop: async () => machine.stop(execution),
    advance: (milliseconds) => timeline.runUntil(timeline.nowMs + milliseconds),
  });
  await settle();
  const { status, error, cause, output, entered } = execution;
  return { status, error, cause, output, entered, payloads: invocations.map(({ payload }) => withoutIds(payload)) };
}
