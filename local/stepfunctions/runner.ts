/** Walks a block of states: enters, runs, retries, catches and leaves each as the Amazon States Language says. */
import type { Block, State } from './definition.ts';
import { Cancelled, StateFailure } from './failures.ts';
import { type Frame, payloadMembers, payloadText, type Visit } from './frame.ts';
import type { ResumePoint } from './history.ts';
import { runMap, runParallel } from './nested-blocks.ts';
import { placeResult } from './result-path.ts';
import { errorOutput, matches, type Retrier, retryDelayMs } from './retry-rules.ts';
import { runTask } from './task-state.ts';

/** Where a block starts, or goes on after a restart: then the state was entered before and is not entered again. */
export interface Entry {
  readonly state: string;
  readonly input: unknown;
  readonly resumed?: ResumePoint;
}

interface Departure {
  readonly output: unknown;
  /** Absent at the end of the block. */
  readonly next: string | undefined;
}

/**
 * Runs from `entry` to the block's end and resolves to its output. Bounded by the history: each state adds to it.
 * @throws StateFailure | Cancelled | HistoryFull
 */
export async function runBlock(frame: Frame, block: Block, entry: Entry): Promise<unknown> {
  let at = entry;
  for (;;) {
    const state = block.states.get(at.state);
    if (state === undefined) throw new StateFailure('States.Runtime', `The definition has no state '${at.state}'.`);
    const { output, next } = await passThrough(frame, state, at);
    if (next === undefined) return output;
    at = { state: next, input: output };
  }
}

async function passThrough(frame: Frame, state: State, entry: Entry): Promise<Departure> {
  const visit = enter(frame, state, entry);
  try {
    const departure = await runWithRules(frame, visit);
    const output = payloadText(departure.output, state.name);
    frame.record(`${state.type}StateExited`, { name: state.name, ...payloadMembers('output', output) });
    return departure;
  } catch (error) {
    const leavesTrace = ['Task', 'Wait', 'Parallel', 'Map'].includes(state.type);
    if (error instanceof Cancelled && frame.nested && leavesTrace && !frame.run.history.closed)
      frame.record(`${state.type}StateAborted`);
    throw error;
  }
}

function enter(frame: Frame, state: State, entry: Entry): Visit {
  const { resumed } = entry;
  if (resumed !== undefined) {
    return { state, input: entry.input, enteredMs: resumed.enteredMs, retryCount: 0, recovered: resumed.outcome };
  }
  const enteredMs = frame.services.clock.nowMs();
  const input = payloadText(entry.input, state.name);
  frame.record(`${state.type}StateEntered`, { name: state.name, ...payloadMembers('input', input) });
  return { state, input: entry.input, enteredMs, retryCount: 0 };
}

/** Bounded by each retrier's MaxAttempts, and by the history. */
async function runWithRules(frame: Frame, visit: Visit): Promise<Departure> {
  const retries = new Map<Retrier, number>();
  for (;;) {
    try {
      const departure = await runState(frame, visit);
      payloadText(departure.output, visit.state.name);
      return departure;
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      const delayMs = nextDelayMs(visit.state, error, retries, frame.services.random);
      if (delayMs === undefined) return caught(visit, error);
      await frame.scope.pause(delayMs);
      visit.retryCount += 1;
    }
  }
}

function nextDelayMs(
  state: State,
  failure: StateFailure,
  retries: Map<Retrier, number>,
  random: () => number,
): number | undefined {
  const retrier = state.retriers.find((rule) => matches(rule.errorEquals, failure));
  if (retrier === undefined) return undefined;
  const retry = retries.get(retrier) ?? 0;
  if (retry >= retrier.maxAttempts) return undefined;
  retries.set(retrier, retry + 1);
  return retryDelayMs(retrier, retry, random);
}

function caught(visit: Visit, failure: StateFailure): Departure {
  const catcher = visit.state.catchers.find((rule) => matches(rule.errorEquals, failure));
  if (catcher === undefined) throw failure;
  return { output: placeResult(visit.input, catcher.resultPath, errorOutput(failure)), next: catcher.next };
}

async function runState(frame: Frame, visit: Visit): Promise<Departure> {
  const { state } = visit;
  switch (state.type) {
    case 'Task':
      return { output: await runTask(frame, visit), next: state.next };
    case 'Parallel':
      return { output: await runParallel(frame, visit, runBlock), next: state.next };
    case 'Map':
      return { output: await runMap(frame, visit, runBlock), next: state.next };
    case 'Choice':
      return choose(frame, visit);
    case 'Fail':
      throw await failureOf(frame, visit);
    case 'Pass':
    case 'Succeed':
      return { output: await pass(frame, visit), next: state.next };
    case 'Wait':
      await wait(frame, visit);
      return { output: await pass(frame, visit), next: state.next };
    default:
      return state.type satisfies never;
  }
}

async function pass(frame: Frame, visit: Visit): Promise<unknown> {
  const { evaluator } = frame.services;
  const context = frame.contextFor(visit);
  const input = await evaluator.input(visit.state, visit.input, context);
  const { fields } = visit.state;
  return evaluator.output(visit.state, visit.input, 'Result' in fields ? fields.Result : input, context);
}

async function choose(frame: Frame, visit: Visit): Promise<Departure> {
  const { evaluator } = frame.services;
  const context = frame.contextFor(visit);
  const input = await evaluator.input(visit.state, visit.input, context);
  const next = await evaluator.choose(visit.state, input, context);
  return { output: await evaluator.output(visit.state, visit.input, input, context), next };
}

async function failureOf(frame: Frame, visit: Visit): Promise<StateFailure> {
  const context = frame.contextFor(visit);
  const text = async (constant: string, path: string): Promise<string | undefined> => {
    const { fields } = visit.state;
    const value =
      path in fields ? await frame.services.evaluator.path(visit.state, path, visit.input, context) : fields[constant];
    if (value === undefined || typeof value === 'string') return value;
    throw new StateFailure(
      'States.Runtime',
      `${path} of the state '${visit.state.name}' leads to something that is not a string.`,
    );
  };
  return new StateFailure(await text('Error', 'ErrorPath'), await text('Cause', 'CausePath'));
}

async function wait(frame: Frame, visit: Visit): Promise<void> {
  const { evaluator, clock } = frame.services;
  const context = frame.contextFor(visit);
  const input = await evaluator.input(visit.state, visit.input, context);
  const field =
    ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'].find((name) => name in visit.state.fields) ?? 'Seconds';
  const value = field.endsWith('Path')
    ? await evaluator.path(visit.state, field, input, context)
    : visit.state.fields[field];
  const untilMs = field.startsWith('Seconds') ? visit.enteredMs + Number(value) * 1000 : Date.parse(String(value));
  if (!Number.isFinite(untilMs) || value === null) {
    throw new StateFailure(
      'States.Runtime',
      `${field} of the state '${visit.state.name}' leads to ${JSON.stringify(value)}.`,
    );
  }
  await frame.scope.pause(untilMs - clock.nowMs());
}
