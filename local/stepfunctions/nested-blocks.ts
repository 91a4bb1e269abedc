/** Parallel and inline Map: blocks that run side by side, where the first failure stops the others. */
import type { JsonObject } from '../aws-json.ts';
import type { Block, State } from './definition.ts';
import { Cancelled, StateFailure } from './failures.ts';
import type { Frame, Visit } from './frame.ts';
import type { Scope } from './scope.ts';

export type RunBlock = (frame: Frame, block: Block, entry: { state: string; input: unknown }) => Promise<unknown>;

/** As many iterations of an inline Map as AWS runs at a time when MaxConcurrency is 0 or more than that. */
const MOST_CONCURRENT = 40;

export async function runParallel(frame: Frame, visit: Visit, runBlock: RunBlock): Promise<unknown> {
  const { evaluator } = frame.services;
  const context = frame.contextFor(visit);
  const input = await evaluator.input(visit.state, visit.input, context);
  frame.record('ParallelStateStarted');
  const branches = visit.state.blocks.map(
    (block) => (scope: Scope) => runBlock(frame.branch(scope), block, { state: block.startAt, input }),
  );
  const outputs = await sideBySide(frame, branches, branches.length, 'Parallel');
  frame.record('ParallelStateSucceeded');
  return evaluator.output(visit.state, visit.input, outputs, context);
}

export async function runMap(frame: Frame, visit: Visit, runBlock: RunBlock): Promise<unknown> {
  const { evaluator } = frame.services;
  const { state } = visit;
  const [block] = state.blocks;
  const context = frame.contextFor(visit);
  const input = await evaluator.input(state, visit.input, context);
  const items = await evaluator.path(state, 'ItemsPath', input, context);
  if (block === undefined || !Array.isArray(items)) {
    throw new StateFailure('States.Runtime', `ItemsPath of the state '${state.name}' does not lead to a list.`);
  }
  frame.record('MapStateStarted', { length: items.length });
  const iterations = items.map((value: unknown, index) => (scope: Scope) => {
    const map = { Item: { Index: index, Value: value } };
    return iterate(frame.branch(scope, map), state, index, async (branch) => {
      const entry = await itemInput(frame, state, { input, value, context: { ...context, Map: map } });
      return runBlock(branch, block, { state: block.startAt, input: entry });
    });
  });
  const concurrency = Math.min(Number(state.fields.MaxConcurrency ?? 0) || MOST_CONCURRENT, MOST_CONCURRENT);
  const outputs = await sideBySide(frame, iterations, concurrency, 'Map');
  frame.record('MapStateSucceeded');
  return evaluator.output(state, visit.input, outputs, context);
}

function itemInput(
  frame: Frame,
  state: State,
  item: { input: unknown; value: unknown; context: JsonObject },
): Promise<unknown> {
  const template = ['ItemSelector', 'Parameters'].find((field) => field in state.fields);
  if (template === undefined) return Promise.resolve(item.value);
  return frame.services.evaluator.template(state, template, item.input, item.context);
}

async function iterate(
  frame: Frame,
  state: State,
  index: number,
  run: (frame: Frame) => Promise<unknown>,
): Promise<unknown> {
  const details = { name: state.name, index };
  frame.record('MapIterationStarted', details);
  try {
    const output = await run(frame);
    frame.record('MapIterationSucceeded', details);
    return output;
  } catch (error) {
    if (!frame.run.history.closed) {
      if (error instanceof StateFailure) frame.record('MapIterationFailed', details);
      if (error instanceof Cancelled) frame.record('MapIterationAborted', details);
    }
    throw error;
  }
}

/** Resolves to the outputs in order; on the first failure stops the rest, waits for them to end, and throws it. */
async function sideBySide(
  frame: Frame,
  tasks: readonly ((scope: Scope) => Promise<unknown>)[],
  concurrency: number,
  type: 'Parallel' | 'Map',
): Promise<unknown[]> {
  const scope = frame.scope.child();
  const outputs: unknown[] = new Array(tasks.length).fill(null);
  const queue = tasks.entries();
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (const [index, task] of queue) {
      if (failure !== undefined) return;
      try {
        outputs[index] = await task(scope);
      } catch (error) {
        failure ??= { error };
        scope.cancel();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, tasks.length) }, work));
  scope.cancel();
  if (failure === undefined) return outputs;
  const { error } = failure;
  if (error instanceof StateFailure) frame.record(`${type}StateFailed`, error.members());
  throw error;
}
