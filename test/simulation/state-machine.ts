/**
 * Step Functions for one definition: as much of the Amazon States Language as run-lifecycle.asl.json uses, straight from
 * its JSON and on virtual time. What it does not know is an error, and a test holds it against the laptop's interpreter.
 */
import type { InvocationEnd } from './invocations.ts';

interface Rule {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly Next?: string;
  readonly ResultPath?: null;
}

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Parameters?: { readonly FunctionName: string; readonly Payload: Readonly<Record<string, string>> };
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly Rule[];
  readonly Catch?: readonly Rule[];
  readonly OutputPath?: string;
  readonly SecondsPath?: string;
  readonly Choices?: readonly { readonly Variable: string; readonly StringEquals: string; readonly Next: string }[];
  readonly Default?: string;
  readonly ErrorPath?: string;
  readonly CausePath?: string;
  readonly Next?: string;
}

export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';

export interface Execution {
  readonly name: string;
  readonly arn: string;
  readonly input: unknown;
  readonly startedMs: number;
  status: ExecutionStatus;
  /** Names of the states that it entered. */
  readonly entered: string[];
  output?: unknown;
  error?: string;
  cause?: string;
  /** Counts tries of tasks: what belongs to an older one is ignored. */
  turn: number;
}

export interface MachineServices {
  nowMs(): number;
  after(delayMs: number, action: () => void): void;
  random(): number;
  invoke(functionName: string, payload: unknown, end: (end: InvocationEnd) => void): void;
}

interface Visit {
  readonly execution: Execution;
  readonly state: State;
  readonly input: unknown;
  readonly retries: Map<Rule, number>;
}

export class StateMachine {
  readonly #definition: Definition;
  readonly #services: MachineServices;
  readonly #tokens = new Map<string, { readonly visit: Visit; readonly turn: number }>();
  #issued = 0;

  constructor(definition: Definition, services: MachineServices) {
    this.#definition = definition;
    this.#services = services;
  }

  start(name: string, arn: string, input: unknown): Execution {
    const startedMs = this.#services.nowMs();
    const execution: Execution = { name, arn, input, startedMs, status: 'RUNNING', entered: [], turn: 0 };
    this.#services.after(0, () => this.#enter(execution, this.#definition.StartAt, input));
    return execution;
  }

  succeed(token: string, output: unknown): 'delivered' | 'spent' {
    const held = this.#take(token);
    if (held === undefined) return 'spent';
    this.#services.after(0, () => this.#leave(held.visit, output));
    held.visit.execution.turn += 1;
    return 'delivered';
  }

  fail(token: string, error: string, cause: string): 'delivered' | 'spent' {
    const held = this.#take(token);
    if (held === undefined) return 'spent';
    this.#services.after(0, () => this.#failed(held.visit, error, cause));
    held.visit.execution.turn += 1;
    return 'delivered';
  }

  /** By hand, in the console. */
  stop(execution: Execution): void {
    this.#close(execution, 'ABORTED');
  }

  #take(token: string) {
    const held = this.#tokens.get(token);
    this.#tokens.delete(token);
    if (held === undefined || !this.#isCurrent(held.visit.execution, held.turn)) return undefined;
    return held;
  }

  #isCurrent(execution: Execution, turn: number): boolean {
    return execution.status === 'RUNNING' && execution.turn === turn;
  }

  #close(execution: Execution, status: ExecutionStatus, result: Partial<Execution> = {}): void {
    if (execution.status !== 'RUNNING') return;
    Object.assign(execution, { ...result, status, turn: execution.turn + 1 });
  }

  #enter(execution: Execution, name: string, input: unknown): void {
    if (execution.status !== 'RUNNING') return;
    const state = this.#definition.States[name];
    if (state === undefined) throw new Error(`The definition has no state ${name}.`);
    execution.entered.push(name);
    execution.turn += 1;
    const visit = { execution, state, input, retries: new Map<Rule, number>() };
    switch (state.Type) {
      case 'Task':
        this.#task(visit);
        return;
      case 'Choice':
        this.#enter(execution, chosen(state, input), input);
        return;
      case 'Wait': {
        const { turn } = execution;
        const seconds = Number(at(input, state.SecondsPath ?? ''));
        this.#services.after(seconds * 1000, () => {
          if (this.#isCurrent(execution, turn)) this.#leave(visit, input);
        });
        return;
      }
      case 'Succeed':
        this.#close(execution, 'SUCCEEDED', { output: input });
        return;
      case 'Fail': {
        const [error, cause] = [String(at(input, state.ErrorPath ?? '')), String(at(input, state.CausePath ?? ''))];
        this.#close(execution, 'FAILED', { error, cause });
        return;
      }
      default:
        throw new Error(`The simulated Step Functions does not know states of type ${state.Type}.`);
    }
  }

  #task(visit: Visit): void {
    const { execution, state, input } = visit;
    const { turn } = execution;
    const isCallback = state.Resource?.endsWith('.waitForTaskToken') === true;
    const whileCurrent = (action: () => void) => {
      if (this.#isCurrent(execution, turn)) action();
    };
    this.#issued += 1;
    const token = `token-${this.#issued}`;
    if (isCallback) this.#tokens.set(token, { visit, turn });
    const payload = fill(state.Parameters?.Payload ?? {}, { execution, input, token });
    if (state.TimeoutSeconds !== undefined) {
      this.#services.after(state.TimeoutSeconds * 1000, () =>
        whileCurrent(() => this.#failed(visit, 'States.Timeout', '')),
      );
    }
    this.#services.invoke(state.Parameters?.FunctionName ?? '', payload, (end) =>
      whileCurrent(() => {
        if (end.kind !== 'returned') this.#failed(visit, end.name, end.kind === 'threw' ? end.message : end.name);
        else if (!isCallback) this.#leave(visit, { Payload: end.value });
      }),
    );
  }

  /** To the next state, with what OutputPath leaves of the result. */
  #leave(visit: Visit, result: unknown): void {
    const { execution, state } = visit;
    if (execution.status !== 'RUNNING') return;
    const output = state.OutputPath === undefined ? result : at(result, state.OutputPath);
    this.#enter(execution, state.Next ?? '', output);
  }

  #failed(visit: Visit, error: string, cause: string): void {
    const { execution, state, retries } = visit;
    if (execution.status !== 'RUNNING') return;
    const retrier = state.Retry?.find((rule) => matches(rule, error));
    const done = retrier === undefined ? 0 : (retries.get(retrier) ?? 0);
    if (retrier !== undefined && done < (retrier.MaxAttempts ?? 3)) {
      retries.set(retrier, done + 1);
      execution.turn += 1;
      const { turn } = execution;
      const mostSeconds = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** done;
      this.#services.after(this.#services.random() * mostSeconds * 1000, () => {
        if (!this.#isCurrent(execution, turn)) return;
        execution.turn += 1;
        this.#task(visit);
      });
      return;
    }
    const catcher = state.Catch?.find((rule) => matches(rule, error));
    if (catcher?.Next !== undefined) {
      const output = catcher.ResultPath === null ? visit.input : { Error: error, Cause: cause };
      this.#enter(execution, catcher.Next, output);
    } else this.#close(execution, 'FAILED', { error, cause });
  }
}

function matches(rule: Rule, error: string): boolean {
  return rule.ErrorEquals.some(
    (name) => name === error || name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout'),
  );
}

function chosen(state: State, input: unknown): string {
  const choice = state.Choices?.find(({ Variable, StringEquals }) => at(input, Variable) === StringEquals);
  return choice?.Next ?? state.Default ?? '';
}

function fill(
  template: Readonly<Record<string, string>>,
  { execution, input, token }: { readonly execution: Execution; readonly input: unknown; readonly token: string },
): Record<string, unknown> {
  const context = { Task: { Token: token }, Execution: { Id: execution.arn, Name: execution.name } };
  return Object.fromEntries(
    Object.entries(template).map(([name, path]) => [
      name.replace(/\.\$$/, ''),
      path.startsWith('$$') ? at(context, path.slice(1)) : at(input, path),
    ]),
  );
}

/** `$`, or `$.a.b`. */
function at(value: unknown, path: string): unknown {
  if (!/^\$(\.\w+)*$/.test(path)) throw new Error(`The simulated Step Functions does not know the path "${path}".`);
  let found = value;
  for (const name of path.split('.').slice(1)) {
    const isThere = typeof found === 'object' && found !== null && Object.hasOwn(found, name);
    if (!isThere) throw new Error(`There is no ${path} in ${JSON.stringify(value)}.`);
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
