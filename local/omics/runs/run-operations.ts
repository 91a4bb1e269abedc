/** The operations on runs and their tasks. */
import { AwsError } from '../../aws-error.ts';
import { notFound } from '../errors.ts';
import { runStatusEvent } from '../events/status-events.ts';
import { pageOf } from '../paging.ts';
import type { OmicsParts } from '../parts.ts';
import type { Call, Input, OperationHandlers } from '../protocol/answer.ts';
import type { StartRequest } from './duplicate-run.ts';
import { isTerminal, type Run, type RunStatus } from './run.ts';
import { runLookups } from './run-lookups.ts';
import { runListItem, runView } from './run-views.ts';
import { startRun } from './start-run.ts';
import { tasksOf } from './task-events.ts';

export function runOperations(parts: OmicsParts): OperationHandlers {
  return {
    StartRun: (input) => startRun(parts, input as unknown as StartRequest).view,
    GetRun: (input, call) => getRun(parts, input as { id: string; export?: string[] }, call),
    ListRuns: (input) => listRuns(parts, input),
    CancelRun: (input) => cancelRun(parts, findRun(parts, input as { id: string })),
    DeleteRun: (input) => deleteRun(parts, findRun(parts, input as { id: string })),
    ListRunTasks: (input) => listRunTasks(parts, input),
    GetRunTask: (input) => getRunTask(parts, input as { id: string; taskId: string }),
  };
}

function findRun(parts: OmicsParts, input: { readonly id: string }): Run {
  const run = parts.runs.byId(input.id);
  if (run === undefined) throw notFound('Run', input.id);
  return run;
}

function getRun(
  parts: OmicsParts,
  input: { readonly id: string; readonly export?: readonly string[] },
  call: Call,
): object {
  const run = findRun(parts, input);
  const definitionHost = input.export?.includes('DEFINITION') ? call.host : undefined;
  return runView(run, parts.arns, runLookups(parts, run, definitionHost));
}

function listRuns(parts: OmicsParts, input: Input): object {
  const { name, runGroupId, batchId, status, startingToken, maxResults } = input as {
    readonly name?: string;
    readonly runGroupId?: string;
    readonly batchId?: string;
    readonly status?: RunStatus;
    readonly startingToken?: string;
    readonly maxResults?: number;
  };
  const page = pageOf(
    { startingToken, maxResults, filters: ['runs', name, runGroupId, batchId, status] },
    (after) => parts.runs.list({ name, runGroupId, batchId, status }, parts.settings.listOrder, after),
    (run) => run.seq,
  );
  return { ...page, items: page.items.map((run) => runListItem(run, parts.arns)) };
}

/** @throws AwsError as the switch `wrongStateError` says when the run is at its end. */
export function cancelRun(parts: OmicsParts, run: Run): undefined {
  if (isTerminal(run.status)) throw wrongState(parts, `Run ${run.id} has status ${run.status} and cannot be cancelled`);
  parts.lifecycle.cancel(run);
}

/** @throws AwsError as the switch `wrongStateError` says when the run is not at its end. */
export function deleteRun(parts: OmicsParts, run: Run): undefined {
  const deletable = isTerminal(run.status) && (run.status !== 'FAILED' || parts.settings.deleteFailedRuns);
  if (!deletable) throw wrongState(parts, `Run ${run.id} has status ${run.status} and cannot be deleted`);
  parts.runs.remove(run);
  parts.runIds.free(run.id);
  parts.sender.send(runStatusEvent({ ...run, status: 'DELETED' }, parts.arns, parts.clock.nowMs()));
}

function wrongState(parts: OmicsParts, message: string): AwsError {
  const code = parts.settings.wrongStateError;
  return new AwsError(code, message, { statusCode: code === 'ConflictException' ? 409 : 400 });
}

function listRunTasks(parts: OmicsParts, input: Input): object {
  const { id, status, startingToken, maxResults } = input as {
    readonly id: string;
    readonly status?: string;
    readonly startingToken?: string;
    readonly maxResults?: number;
  };
  const run = findRun(parts, { id });
  const tasks = tasksOf(parts, run, parts.clock.nowMs()).map((task, index) => ({ task, index }));
  const page = pageOf(
    { startingToken, maxResults, filters: ['tasks', run.uuid, status] },
    (after = -1) =>
      tasks.filter(({ task, index }) => index > after && (status === undefined || task.status === status)),
    ({ index }) => index,
  );
  return { ...page, items: page.items.map(({ task }) => task) };
}

function getRunTask(parts: OmicsParts, input: { readonly id: string; readonly taskId: string }): object {
  const run = findRun(parts, input);
  const task = tasksOf(parts, run, parts.clock.nowMs()).find((each) => each.taskId === input.taskId);
  if (task === undefined) throw notFound('Task', input.taskId);
  const logStream = parts.arns.logStream(`run/${run.id}/task/${task.taskId}`);
  return task.startTime === undefined ? task : { ...task, logStream };
}
