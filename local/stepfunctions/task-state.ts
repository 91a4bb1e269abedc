import type { JsonObject } from '../aws-json.ts';
import { StateFailure } from './failures.ts';
import type { Frame, Visit } from './frame.ts';
import { attemptTask } from './task-attempt.ts';

/** Runs one attempt of a Task state and resolves to the state's output. Each attempt of a callback has its own token. */
export async function runTask(frame: Frame, visit: Visit): Promise<unknown> {
  const { state, recovered } = visit;
  const { evaluator } = frame.services;
  if (state.integration === undefined) throw new TypeError(`${state.name} is not a Task.`);
  visit.recovered = undefined;
  if (recovered?.kind === 'failed') throw new StateFailure(recovered.error, recovered.cause);
  if (recovered?.kind === 'succeeded') {
    return evaluator.output(state, visit.input, JSON.parse(recovered.output), frame.contextFor(visit));
  }
  const token = state.integration.callback ? frame.services.tokens.mint() : undefined;
  const context = frame.contextFor(visit, token === undefined ? {} : { Task: { Token: token } });
  const request = {
    integration: state.integration,
    parameters: await evaluator.input(state, visit.input, context),
    token,
    timeoutSeconds: await seconds(frame, visit, 'TimeoutSeconds', context),
    heartbeatSeconds: await seconds(frame, visit, 'HeartbeatSeconds', context),
  };
  const result = await attemptTask(frame, visit, request);
  return evaluator.output(state, visit.input, result, context);
}

async function seconds(frame: Frame, visit: Visit, field: string, context: JsonObject): Promise<number | undefined> {
  const path = `${field}Path`;
  const { fields } = visit.state;
  if (!(path in fields)) return fields[field] as number | undefined;
  const value = await frame.services.evaluator.path(visit.state, path, visit.input, context);
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw new StateFailure(
    'States.Runtime',
    `${path} of the state '${visit.state.name}' leads to ${JSON.stringify(value)}, not a whole number above 0.`,
  );
}
