/**
 * The interpreter, asked one question at a time: what a path, a payload template or a Choice comes to. States, retries,
 * tokens, timers and branches are ours (runner.ts), because aws-local-stepfunctions has no task tokens, no heartbeats
 * and no `$$.State`, ends each task after 60 seconds unless told otherwise, and cannot start in the middle of a machine.
 */
import type { StateMachine, StateMachineDefinition } from 'aws-local-stepfunctions';
import type { JsonObject } from '../aws-json.ts';
import type { State } from './definition.ts';
import { StateFailure } from './failures.ts';
import { CONTEXT_KEY, DOCUMENT_KEY, rewritePath, rewriteTemplate } from './paths.ts';
import { placeResult } from './result-path.ts';

type Interpreter = typeof StateMachine;
/** What the interpreter's Pass state, standing alone, is asked to do. */
type Fragment = { readonly InputPath: string } | { readonly Parameters: unknown };

const NO_VALUE = /does not point to a value/;

export class Evaluator {
  #loading: Promise<Interpreter> | undefined;
  readonly #machines = new WeakMap<State, Map<string, StateMachine>>();

  /** The state's effective input: InputPath, then Parameters (which in a Map belong to each item). */
  async input(state: State, document: unknown, context: JsonObject): Promise<unknown> {
    const { InputPath: path, Parameters: template } = state.fields;
    const selected = path === null ? {} : await this.path(state, 'InputPath', document, context);
    if (template === undefined || state.type === 'Map') return selected;
    return this.template(state, 'Parameters', selected, context);
  }

  /** The state's output: ResultSelector, ResultPath into the state's input, OutputPath. */
  async output(state: State, document: unknown, result: unknown, context: JsonObject): Promise<unknown> {
    const { ResultSelector: selector, ResultPath: path, OutputPath: outputPath } = state.fields;
    const selected = selector === undefined ? result : await this.template(state, 'ResultSelector', result, context);
    const placed = placeResult(document, path as string | null | undefined, selected);
    return outputPath === null ? {} : this.path(state, 'OutputPath', placed, context);
  }

  /** What the path in `field` of the state selects; the document itself when there is no such field. */
  async path(state: State, field: string, document: unknown, context: JsonObject): Promise<unknown> {
    const path = state.fields[field];
    if (path === undefined || path === '$') return document;
    try {
      return await this.#evaluate(state, field, { InputPath: rewritePath(String(path)) }, document, context);
    } catch (error) {
      throw new StateFailure('States.Runtime', `${field} of the state '${state.name}': ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async template(state: State, field: string, document: unknown, context: JsonObject): Promise<unknown> {
    try {
      const fragment = () => ({ Parameters: rewriteTemplate(state.fields[field]) });
      return await this.#evaluate(state, field, fragment, document, context);
    } catch (error) {
      const reason = reasonOf(error);
      const errorName = NO_VALUE.test(reason) ? 'States.ParameterPathFailure' : 'States.IntrinsicFailure';
      throw new StateFailure(errorName, `${field} of the state '${state.name}': ${reason}`, { cause: error });
    }
  }

  /** The name of the state that a Choice leads to. */
  async choose(state: State, document: unknown, context: JsonObject): Promise<string> {
    try {
      const answer = await this.#run(state, 'Choices', () => choiceMachine(state), document, context);
      return String((answer as { next: unknown }).next);
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause instanceof Error && cause.name === 'States.NoChoiceMatched') {
        throw new StateFailure(
          'States.NoChoiceMatched',
          `No rule of the state '${state.name}' matched, and it has no Default.`,
        );
      }
      throw new StateFailure('States.Runtime', `The rules of the state '${state.name}': ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  #evaluate(
    state: State,
    key: string,
    fragment: Fragment | (() => Fragment),
    document: unknown,
    context: JsonObject,
  ): Promise<unknown> {
    const machine = () => passMachine(typeof fragment === 'function' ? fragment() : fragment);
    return this.#run(state, key, machine, document, context);
  }

  async #run(
    state: State,
    key: string,
    build: () => JsonObject,
    document: unknown,
    context: JsonObject,
  ): Promise<unknown> {
    const machines = this.#machines.get(state) ?? new Map<string, StateMachine>();
    this.#machines.set(state, machines);
    let machine = machines.get(key);
    if (machine === undefined) {
      const Machine = await this.#load();
      const options = { validationOptions: { noValidate: true } }; // definition.ts has done it
      machine = new Machine(build() as unknown as StateMachineDefinition, options);
      machines.set(key, machine);
    }
    const input = { [DOCUMENT_KEY]: document } as Parameters<StateMachine['run']>[0];
    return machine.run(input, { context: { [CONTEXT_KEY]: context } }).result;
  }

  /** Imported when the first execution needs it: it costs more than the start of the whole stack may. */
  #load(): Promise<Interpreter> {
    this.#loading ??= import('aws-local-stepfunctions').then((module) => module.StateMachine);
    return this.#loading;
  }
}

function passMachine(fragment: Fragment): JsonObject {
  return { StartAt: 'Evaluate', States: { Evaluate: { Type: 'Pass', ...fragment, End: true } } };
}

/** A Choice whose every target only says its own name. */
function choiceMachine(state: State): JsonObject {
  const { Default: otherwise } = state.fields;
  const targets = [
    ...state.choices.map((choice) => choice.next),
    ...(otherwise === undefined ? [] : [String(otherwise)]),
  ];
  const say = (next: string) => ({ Type: 'Pass', Parameters: { next }, End: true });
  const Choices = state.choices.map((choice, index) => ({ ...choice.rule, Next: `target ${index}` }));
  const fallback = otherwise === undefined ? {} : { Default: `target ${targets.length - 1}` };
  return {
    StartAt: 'Choose',
    States: {
      Choose: { Type: 'Choice', Choices, ...fallback },
      ...Object.fromEntries(targets.map((next, index) => [`target ${index}`, say(next)])),
    },
  };
}

/** The interpreter's own words, with the paths as they were written. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(`$$.${CONTEXT_KEY}`, () => '$$').replaceAll(`$.${DOCUMENT_KEY}`, () => '$');
}
