/** The EventBridge events of HealthOmics, in AWS's documented shape. */
import type { BusEvent } from '../../ports.ts';
import type { Arns } from '../arns.ts';
import type { Run } from '../runs/run.ts';
import type { TaskView } from '../runs/run-tasks.ts';
import { runOutputUri, statusMessageOf } from '../runs/run-views.ts';

const OMICS_VERSION = '1.0.0';
const SOURCE = 'aws.omics';

export function runStatusEvent(run: Run, arns: Arns, atMs: number): BusEvent {
  const arn = arns.of('run', run.id);
  const { request } = run;
  const failed = run.status === 'FAILED';
  const detail = {
    omicsVersion: OMICS_VERSION,
    arn,
    uuid: run.uuid,
    runId: run.id,
    runName: run.name,
    status: run.status,
    runOutputUri: runOutputUri(run, request),
    workflowId: run.workflowId,
    workflowName: run.workflowName,
    workflowUuid: run.workflowUuid,
    workflowVersionName: run.workflowVersionName,
    batchId: run.batchId,
    runCache: request.cacheId === undefined ? undefined : arns.of('runCache', request.cacheId),
    runCacheBehavior: request.cacheBehavior,
    failureReason: failed ? run.failureReason : undefined,
    statusMessage: failed ? statusMessageOf(run) : undefined,
  };
  return { source: SOURCE, detailType: 'Run Status Change', detail: given(detail), resources: [arn], timeMs: atMs };
}

export function taskStatusEvent(run: Run, task: TaskView, arns: Arns, atMs: number): BusEvent {
  const arn = arns.of('task', task.taskId);
  const detail = {
    omicsVersion: OMICS_VERSION,
    arn,
    uuid: task.uuid,
    taskId: task.taskId,
    taskName: task.name,
    status: task.status,
    runArn: arns.of('run', run.id),
    runId: run.id,
    runUuid: run.uuid,
    failureReason: task.failureReason,
    statusMessage: task.statusMessage,
  };
  return { source: SOURCE, detailType: 'Task Status Change', detail: given(detail), resources: [arn], timeMs: atMs };
}

export interface BatchEventSubject {
  readonly id: string;
  readonly uuid: string;
  readonly name?: string | undefined;
  readonly status: string;
  readonly workflowId: string;
  /** Numbers become strings, as AWS sends them. */
  readonly counts: Readonly<Record<string, number>>;
  readonly failureReason?: string | undefined;
}

export function batchStatusEvent(batch: BatchEventSubject, arns: Arns, atMs: number): BusEvent {
  const arn = arns.of('runBatch', batch.id);
  const detail = {
    omicsVersion: OMICS_VERSION,
    arn,
    uuid: batch.uuid,
    batchId: batch.id,
    batchName: batch.name,
    status: batch.status,
    workflowId: batch.workflowId,
    ...Object.fromEntries(Object.entries(batch.counts).map(([name, count]) => [name, String(count)])),
    failureReason: batch.failureReason,
  };
  return {
    source: SOURCE,
    detailType: 'RunBatch Status Change',
    detail: given(detail),
    resources: [arn],
    timeMs: atMs,
  };
}

function given(detail: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== undefined));
}
