/** What a running state sees of its execution. */
import type { JsonObject } from '../aws-json.ts';
import type { Clock } from '../ports.ts';
import type { State } from './definition.ts';
import type { Evaluator } from './evaluator.ts';
import { Cancelled, StateFailure } from './failures.ts';
import type { History, TaskOutcome } from './history.ts';
import type { Invoke } from './integrations.ts';
import type { Scope } from './scope.ts';
import type { TaskTokens } from './task-tokens.ts';

export interface RunServices {
  readonly clock: Clock;
  readonly random: () => number;
  readonly region: string;
  readonly evaluator: Evaluator;
  readonly tokens: TaskTokens;
  readonly invoke: Invoke;
}

/** One execution, as the context object names it. */
export interface Run {
  readonly services: RunServices;
  readonly history: History;
  readonly executionArn: string;
  readonly stateMachineArn: string;
  /** `Execution` and `StateMachine` of the context object. */
  readonly context: JsonObject;
}

/** One entry into a state, with all its attempts. */
export interface Visit {
  readonly state: State;
  readonly input: unknown;
  readonly enteredMs: number;
  retryCount: number;
  /** What the task's attempt before a restart came to; taken once. */
  recovered?: TaskOutcome | undefined;
}

/** 256 KiB of UTF-8, for inputs, outputs and results alike. */
export const MOST_PAYLOAD_BYTES = 262_144;

/** One thread of a run: the execution itself, a branch, or a Map's iteration. Its events follow each other. */
export class Frame {
  readonly run: Run;
  readonly scope: Scope;
  /** Inside a Parallel or Map. */
  readonly nested: boolean;
  readonly #map: JsonObject | undefined;
  #previousEventId: number;

  constructor(
    run: Run,
    scope: Scope,
    options: { previousEventId: number; nested: boolean; map?: JsonObject | undefined },
  ) {
    this.run = run;
    this.scope = scope;
    this.nested = options.nested;
    this.#map = options.map;
    this.#previousEventId = options.previousEventId;
  }

  get services(): RunServices {
    return this.run.services;
  }

  /** Records one event after this thread's last. @throws Cancelled when the execution is closed, HistoryFull */
  record(type: string, details?: JsonObject): number {
    const { history, services } = this.run;
    if (history.closed) throw new Cancelled('The execution is closed.');
    const event = {
      type,
      previousEventId: this.#previousEventId,
      nested: this.nested,
      ...(details === undefined ? {} : { details }),
    };
    this.#previousEventId = history.record(event, services.clock.nowMs());
    return this.#previousEventId;
  }

  /** A thread of its own, starting after this one's last event. */
  branch(scope: Scope, map: JsonObject | undefined = this.#map): Frame {
    return new Frame(this.run, scope, { previousEventId: this.#previousEventId, nested: true, map });
  }

  contextFor(visit: Visit, extra: JsonObject = {}): JsonObject {
    return {
      ...this.run.context,
      State: {
        Name: visit.state.name,
        EnteredTime: new Date(visit.enteredMs).toISOString(),
        RetryCount: visit.retryCount,
      },
      ...(this.#map === undefined ? {} : { Map: this.#map }),
      ...extra,
    };
  }
}

/** @returns `value` as JSON text. @throws StateFailure `States.DataLimitExceeded` */
export function payloadText(value: unknown, stateName: string): string {
  const text = JSON.stringify(value) ?? 'null';
  if (text.length * 3 <= MOST_PAYLOAD_BYTES || Buffer.byteLength(text) <= MOST_PAYLOAD_BYTES) return text;
  const cause = `The state/task '${stateName}' returned a result with a size exceeding the maximum number of bytes service limit.`;
  throw new StateFailure('States.DataLimitExceeded', cause);
}

/** The members of an event's details that carry a payload. */
export function payloadMembers(name: 'input' | 'output', text: string): JsonObject {
  return { [name]: text, [`${name}Details`]: { truncated: false } };
}
