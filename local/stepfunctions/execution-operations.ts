/** The API's operations on executions. */
import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { JsonObject, JsonOperations } from '../aws-json.ts';
import type { Clock } from '../ports.ts';
import type { Engine } from './engine.ts';
import { StateFailure } from './failures.ts';
import { MOST_PAYLOAD_BYTES } from './frame.ts';
import type { HistoryEvent } from './history.ts';
import type { Machines } from './machine-operations.ts';
import { checkExecutionArn, checkName, executionArn, machineName } from './names.ts';
import { type Execution, statusOf } from './records.ts';
import { oneOf, optionalText, page, requiredText } from './requests.ts';
import type { Store } from './store.ts';

const LONGEST_ERROR = 256;
export const LONGEST_CAUSE = 32_768;
const REDRIVABLE_MS = 14 * 24 * 60 * 60 * 1000;
const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'] as const;
const REDRIVES = ['REDRIVEN', 'NOT_REDRIVEN'] as const;
/** One place less than the history has: there must be room to go on. */
const MOST_EVENTS_TO_REDRIVE = 24_999;

export class Executions {
  readonly #store: Store;
  readonly #engine: Engine;
  readonly #machines: Machines;
  readonly #clock: Clock;

  constructor(parts: { store: Store; engine: Engine; machines: Machines; clock: Clock }) {
    this.#store = parts.store;
    this.#engine = parts.engine;
    this.#machines = parts.machines;
    this.#clock = parts.clock;
  }

  /**
   * Starts an execution. The same name and input as one that runs gives that one.
   * @throws AwsError `InvalidName`, `InvalidExecutionInput`, `ExecutionAlreadyExists`, `StateMachineDoesNotExist`, `StateMachineDeleting`
   */
  start(request: { stateMachineArn: string; name?: string | undefined; input: string }): Execution {
    const machine = this.#machines.findToStart(request.stateMachineArn);
    if (machine.deleting) throw new AwsError('StateMachineDeleting', `State Machine Deleting: '${machine.arn}'`);
    const name = request.name === undefined ? randomUUID() : checkName(request.name);
    checkInput(request.input);
    const arn = executionArn(machine.arn, name);
    const before = this.#store.executions.get(arn);
    if (before !== undefined) {
      if (before.closing === undefined && before.input === request.input) return before;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const { input } = request;
    const { revisionId } = machine;
    const execution = this.#store.addExecution({
      arn,
      name,
      machineArn: machine.arn,
      revisionId,
      input,
      startMs: this.#clock.nowMs(),
    });
    if (execution.history !== undefined) this.#engine.start(execution, execution.history);
    return execution;
  }

  operations(): JsonOperations {
    return {
      StartExecution: (request) => this.#start(request),
      DescribeExecution: (request) => this.#describe(request),
      ListExecutions: (request) => this.#list(request),
      GetExecutionHistory: (request) => this.#history(request),
      StopExecution: (request) => this.#stop(request),
      RedriveExecution: (request) => this.#redrive(request),
      DescribeStateMachineForExecution: (request) => this.#describeMachine(request),
    };
  }

  /** @throws AwsError `InvalidArn` or `ExecutionDoesNotExist` */
  #find(request: JsonObject): Execution {
    const arn = requiredText(request, 'executionArn');
    const execution = this.#store.executions.get(checkExecutionArn(arn));
    if (execution !== undefined) return execution;
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  #start(request: JsonObject): JsonObject {
    const stateMachineArn = requiredText(request, 'stateMachineArn');
    const name = optionalText(request, 'name', Number.MAX_SAFE_INTEGER);
    const input = optionalText(request, 'input', Number.MAX_SAFE_INTEGER) ?? '{}';
    const execution = this.start({ stateMachineArn, name, input });
    return { executionArn: execution.arn, startDate: execution.startMs / 1000 };
  }

  #describe(request: JsonObject): JsonObject {
    const execution = this.#find(request);
    const withData = oneOf(request, 'includedData', ['ALL_DATA', 'METADATA_ONLY']) !== 'METADATA_ONLY';
    const { output, error, cause } = execution.closing ?? {};
    const data = (name: string, text: string | undefined): JsonObject => {
      if (text === undefined) return {};
      return { ...(withData ? { [name]: text } : {}), [`${name}Details`]: { included: withData } };
    };
    return {
      ...summary(execution),
      ...data('input', execution.input),
      ...data('output', output),
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
      ...this.#redriveMembers(execution),
    };
  }

  #redriveMembers(execution: Execution): JsonObject {
    const reason = this.#whyNotRedrivable(execution);
    return reason === undefined
      ? { redriveStatus: 'REDRIVABLE' }
      : { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: reason };
  }

  #list(request: JsonObject): JsonObject {
    if (request.mapRunArn !== undefined)
      throw new AwsError('ValidationException', 'mapRunArn: there are no distributed Map runs here.');
    const machine = this.#machines.find(requiredText(request, 'stateMachineArn'));
    const status = oneOf(request, 'statusFilter', STATUSES);
    const redrive = oneOf(request, 'redriveFilter', REDRIVES);
    const wanted = (execution: Execution): boolean =>
      execution.machineArn === machine.arn &&
      (status === undefined || statusOf(execution) === status) &&
      (redrive === undefined || (redrive === 'REDRIVEN') === execution.redriveCount > 0);
    const items = [...this.#store.executions.values()].filter(wanted).reverse();
    const scope = `executions ${machine.arn} ${status ?? ''} ${redrive ?? ''}`;
    const listed = page(request, { scope, items, position: (execution) => execution.number });
    return { executions: listed.items.map(summary), ...listed.next };
  }

  #history(request: JsonObject): JsonObject {
    const execution = this.#find(request);
    const kept = this.#store.eventsOf(execution);
    if (kept === undefined) {
      const advice = 'its history is no longer in memory; with a data folder histories are kept';
      throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${execution.arn}': ${advice}`);
    }
    const reverse = request.reverseOrder === true;
    const items = reverse ? [...kept].reverse() : kept;
    const scope = `history ${execution.arn} ${reverse}`;
    const listed = page(request, { scope, items, position: (event) => event.id });
    const events = request.includeExecutionData === false ? listed.items.map(withoutData) : listed.items;
    return { events, ...listed.next };
  }

  #stop(request: JsonObject): JsonObject {
    const execution = this.#find(request);
    const error = optionalText(request, 'error', LONGEST_ERROR);
    const cause = optionalText(request, 'cause', LONGEST_CAUSE);
    this.#engine.stop(execution, new StateFailure(error, cause));
    const stopMs = execution.closing?.stopMs ?? this.#clock.nowMs();
    return { stopDate: stopMs / 1000 };
  }

  #redrive(request: JsonObject): JsonObject {
    const execution = this.#find(request);
    const reason = this.#whyNotRedrivable(execution);
    if (reason !== undefined)
      throw new AwsError('ExecutionNotRedrivable', `Execution is not redrivable: '${execution.arn}': ${reason}`);
    const redriveMs = this.#clock.nowMs();
    const history = this.#store.reopenExecution(execution, redriveMs);
    if (history === undefined)
      throw new AwsError('ExecutionNotRedrivable', `The history of '${execution.arn}' is no longer in memory.`);
    this.#engine.redrive(execution, history);
    return { redriveDate: redriveMs / 1000 };
  }

  #whyNotRedrivable(execution: Execution): string | undefined {
    const status = statusOf(execution);
    if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`;
    if (this.#clock.nowMs() - (execution.closing?.stopMs ?? 0) > REDRIVABLE_MS)
      return 'Execution has exceeded its redrivable period of 14 days';
    const count = this.#store.eventsOf(execution)?.length ?? 0;
    return count >= MOST_EVENTS_TO_REDRIVE ? 'Execution history event limit exceeded' : undefined;
  }

  #describeMachine(request: JsonObject): JsonObject {
    const execution = this.#find(request);
    const revision = this.#machines.revision(execution.revisionId);
    return {
      stateMachineArn: execution.machineArn,
      name: machineName(execution.machineArn),
      definition: revision.definition,
      roleArn: revision.roleArn,
      updateDate: revision.updatedMs / 1000,
      revisionId: revision.id,
    };
  }
}

function summary(execution: Execution): JsonObject {
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    name: execution.name,
    status: statusOf(execution),
    startDate: execution.startMs / 1000,
    ...(execution.closing === undefined ? {} : { stopDate: execution.closing.stopMs / 1000 }),
    redriveCount: execution.redriveCount,
    ...(execution.redriveMs === undefined ? {} : { redriveDate: execution.redriveMs / 1000 }),
  };
}

function checkInput(input: string): void {
  if (Buffer.byteLength(input) > MOST_PAYLOAD_BYTES) {
    throw new AwsError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: the input is larger than ${MOST_PAYLOAD_BYTES} bytes`,
    );
  }
  try {
    JSON.parse(input);
  } catch (error) {
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${String(error)}'`, {
      cause: error,
    });
  }
}

const DATA = new Set(['input', 'inputDetails', 'output', 'outputDetails', 'parameters']);

function withoutData(event: HistoryEvent): JsonObject {
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) =>
      typeof value === 'object' && value !== null
        ? [key, Object.fromEntries(Object.entries(value).filter(([member]) => !DATA.has(member)))]
        : [key, value],
    ),
  );
}
