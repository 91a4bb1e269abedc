/** Starts, resumes, stops and ends executions. */
import type { JsonObject } from '../aws-json.ts';
import type { Cancel } from '../ports.ts';
import { type Program, readDefinition } from './definition.ts';
import { Cancelled, HistoryFull, StateFailure } from './failures.ts';
import { Frame, payloadMembers, type RunServices } from './frame.ts';
import type { History, NewEvent } from './history.ts';
import { machineName } from './names.ts';
import type { Closing, Execution } from './records.ts';
import { type Entry, runBlock } from './runner.ts';
import { Scope } from './scope.ts';
import type { Store } from './store.ts';

interface Ending {
  readonly status: Closing['status'];
  readonly type: string;
  readonly output?: string;
  readonly failure?: StateFailure;
}

const ENDINGS: Readonly<Record<string, Closing['status']>> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionAborted: 'ABORTED',
  ExecutionTimedOut: 'TIMED_OUT',
};

export class Engine {
  readonly #services: RunServices;
  readonly #store: Store;
  readonly #report: (line: string) => void;
  readonly #programs = new Map<string, Program>();
  readonly #running = new Map<Execution, { readonly scope: Scope; readonly stopTimer: Cancel }>();

  constructor(services: RunServices, store: Store, report: (line: string) => void) {
    this.#services = services;
    this.#store = store;
    this.#report = report;
  }

  start(execution: Execution, history: History): void {
    const revision = this.#store.revisions.get(execution.revisionId);
    const details = { ...payloadMembers('input', execution.input), roleArn: revision?.roleArn ?? '' };
    history.record({ type: 'ExecutionStarted', details, previousEventId: 0 }, this.#services.clock.nowMs());
    const { block } = this.#program(execution);
    this.#launch(execution, history, { state: block.startAt, input: JSON.parse(execution.input) });
  }

  /** Goes on where a stopped process left off, in the state that the execution was last in, entered anew. */
  resume(execution: Execution): void {
    const { history } = execution;
    if (history === undefined || this.#running.has(execution)) return;
    try {
      this.#goOn(execution, history);
    } catch (error) {
      this.#fail(execution, error); // a definition that this version refuses must not keep the others from going on
    }
  }

  #goOn(execution: Execution, history: History): void {
    const last = history.events.at(-1);
    const status = last === undefined ? undefined : ENDINGS[last.type];
    if (last !== undefined && status !== undefined) {
      this.#close(execution, { status, stopMs: Math.round(last.timestamp * 1000), ...endingMembers(last) });
      return;
    }
    const { point } = history;
    if (last === undefined) this.start(execution, history);
    else if (point === undefined) this.#launch(execution, history, this.#firstEntry(execution));
    else this.#launch(execution, history, { state: point.state, input: JSON.parse(point.input), resumed: point });
  }

  /** Runs a reopened execution again from the state that it ended in. */
  redrive(execution: Execution, history: History): void {
    const previousEventId = history.events.length;
    const details = { redriveCount: execution.redriveCount };
    history.record({ type: 'ExecutionRedriven', details, previousEventId }, this.#services.clock.nowMs());
    const { point } = history;
    if (point === undefined) {
      this.#launch(execution, history, this.#firstEntry(execution));
      return;
    }
    const { outcome: _, ...resumed } = point;
    this.#launch(execution, history, { state: point.state, input: JSON.parse(point.input), resumed });
  }

  stop(execution: Execution, failure: StateFailure): void {
    this.#end(execution, { status: 'ABORTED', type: 'ExecutionAborted', failure });
  }

  /** Leaves every execution as the journal has it. */
  close(): void {
    for (const [execution, { scope, stopTimer }] of this.#running) {
      execution.history?.detach();
      stopTimer();
      scope.cancel();
    }
    this.#running.clear();
  }

  #firstEntry(execution: Execution): Entry {
    return { state: this.#program(execution).block.startAt, input: JSON.parse(execution.input) };
  }

  #launch(execution: Execution, history: History, entry: Entry): void {
    const program = this.#program(execution);
    const scope = new Scope(this.#services.clock);
    this.#running.set(execution, { scope, stopTimer: this.#armTimeout(execution, program) });
    const run = {
      services: this.#services,
      history,
      executionArn: execution.arn,
      stateMachineArn: execution.machineArn,
      context: this.#context(execution),
    };
    const previousEventId = entry.resumed?.eventId ?? 0;
    const frame = new Frame(run, scope, { previousEventId, nested: false });
    runBlock(frame, program.block, entry)
      .then((output) => {
        const text = JSON.stringify(output) ?? 'null';
        this.#end(execution, { status: 'SUCCEEDED', type: 'ExecutionSucceeded', output: text });
      })
      .catch((error: unknown) => this.#fail(execution, error));
  }

  #armTimeout(execution: Execution, program: Program): Cancel {
    if (program.timeoutSeconds === undefined) return () => {};
    const startMs = execution.redriveMs ?? execution.startMs;
    const leftMs = startMs + program.timeoutSeconds * 1000 - this.#services.clock.nowMs();
    const failure = new StateFailure('States.Timeout');
    const expire = () => this.#end(execution, { status: 'TIMED_OUT', type: 'ExecutionTimedOut', failure });
    return this.#services.clock.after(Math.max(0, leftMs), expire);
  }

  #fail(execution: Execution, error: unknown): void {
    if (error instanceof Cancelled) return;
    if (execution.history?.closed)
      this.#report(`Step Functions: ${execution.arn} ended, but could not be kept: ${String(error)}`);
    this.#end(execution, { status: 'FAILED', type: 'ExecutionFailed', failure: this.#failureOf(execution, error) });
  }

  #failureOf(execution: Execution, error: unknown): StateFailure {
    if (error instanceof StateFailure) return error;
    if (error instanceof HistoryFull) return new StateFailure('States.Runtime', error.message);
    this.#report(
      `Step Functions: the execution ${execution.arn} failed: ${error instanceof Error ? error.stack : String(error)}`,
    );
    return new StateFailure('States.Runtime', 'This laptop AWS could not run the state; its output says why.');
  }

  #end(execution: Execution, { status, type, output, failure }: Ending): void {
    const { history } = execution;
    if (history === undefined || history.closed) return;
    const details: JsonObject = output === undefined ? { ...failure?.members() } : payloadMembers('output', output);
    const previousEventId = history.point?.eventId ?? history.events.length;
    const event: NewEvent = { type, details, previousEventId };
    const stopMs = this.#services.clock.nowMs();
    history.close(event, stopMs);
    const running = this.#running.get(execution);
    running?.stopTimer();
    this.#running.delete(execution);
    running?.scope.cancel();
    this.#close(execution, { status, stopMs, ...(output === undefined ? failure?.members() : { output }) });
  }

  #close(execution: Execution, closing: Closing): void {
    this.#store.closeExecution(execution, closing);
    const machine = this.#store.machines.get(execution.machineArn);
    if (machine?.deleting && !this.hasRunning(machine.arn)) this.#store.deleteMachine(machine.arn);
  }

  hasRunning(machineArn: string): boolean {
    for (const execution of this.#store.executions.values()) {
      if (execution.machineArn === machineArn && execution.closing === undefined) return true;
    }
    return false;
  }

  /** Read once for all executions of a revision. */
  #program(execution: Execution): Program {
    const known = this.#programs.get(execution.revisionId);
    if (known !== undefined) return known;
    const revision = this.#store.revisions.get(execution.revisionId);
    if (revision === undefined)
      throw new Error(`The journal has no definition ${execution.revisionId} for ${execution.arn}.`);
    const program = readDefinition(revision.definition);
    this.#programs.set(execution.revisionId, program);
    return program;
  }

  #context(execution: Execution): JsonObject {
    return {
      Execution: {
        Id: execution.arn,
        Input: JSON.parse(execution.input),
        Name: execution.name,
        RoleArn: this.#store.revisions.get(execution.revisionId)?.roleArn ?? '',
        StartTime: new Date(execution.startMs).toISOString(),
        RedriveCount: execution.redriveCount,
      },
      StateMachine: { Id: execution.machineArn, Name: machineName(execution.machineArn) },
    };
  }
}

/** `output`, or `error` and `cause`, of a closing event that was read back. */
function endingMembers(event: { readonly type: string; readonly [details: string]: unknown }): Partial<Closing> {
  const name = `${event.type.charAt(0).toLowerCase()}${event.type.slice(1)}EventDetails`;
  const { output, error, cause } = (event[name] ?? {}) as Partial<Closing>;
  return {
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
}
