/** Runs as the API answers them. */
import type { Arns } from '../arns.ts';
import { resourceDigestsOf } from './resource-digests.ts';
import { type KeptRequest, parametersOf, type Run, type Tags, tagsOf } from './run.ts';

const DEFAULT_NEXTFLOW_VERSION = '24.10.8';

/** What GetRun says of a run's workflow and configuration, looked up when asked. */
export interface RunLookups {
  readonly workflow?: {
    readonly engine?: string | undefined;
    readonly digest?: string | undefined;
    readonly accelerators?: string | undefined;
    readonly definition?: string | undefined;
  };
  readonly configuration?: {
    readonly name: string;
    readonly arn: string;
    readonly uuid: string;
    readonly vpcConfig?: unknown;
  };
  readonly startedBy: string;
}

/** Where the run writes: below its outputUri, in a folder named by its id. */
export function runOutputUri(run: Pick<Run, 'id'>, request: Pick<KeptRequest, 'outputUri'>): string {
  return `${request.outputUri.replace(/\/+$/, '')}/${run.id}`;
}

export function statusMessageOf(run: Run): string | undefined {
  return run.failureReason === undefined ? undefined : `Run failed. Reason: ${run.failureReason}`;
}

export function startRunView(run: Run, arns: Arns, lookups: RunLookups): object {
  const { request } = run;
  return {
    arn: arns.of('run', run.id),
    id: run.id,
    uuid: run.uuid,
    status: run.status,
    tags: tagsOf(run),
    runOutputUri: runOutputUri(run, request),
    configuration: lookups.configuration,
    networkingMode: request.networkingMode ?? 'RESTRICTED',
  };
}

export function runListItem(run: Run, arns: Arns): object {
  return {
    arn: arns.of('run', run.id),
    id: run.id,
    status: run.status,
    workflowId: run.workflowId,
    batchId: run.batchId,
    name: run.name,
    priority: run.priority,
    storageCapacity: run.storageCapacity,
    creationTime: run.createdMs,
    startTime: run.startMs,
    stopTime: run.stopMs,
    storageType: run.storageType,
    workflowVersionName: run.workflowVersionName,
    workflowName: run.workflowName,
  };
}

export function runView(run: Run, arns: Arns, lookups: RunLookups): object {
  const { request } = run;
  const parameters = parametersOf(run);
  const tags: Tags = tagsOf(run);
  const failed = run.status === 'FAILED';
  return {
    ...runListItem(run, arns),
    ...request,
    parameters,
    uuid: run.uuid,
    workflowType: run.workflowType,
    workflowUuid: run.workflowUuid,
    runGroupId: run.runGroupId,
    retentionMode: run.retentionMode,
    runOutputUri: runOutputUri(run, request),
    tags,
    engineVersion: engineVersionOf(request, lookups),
    digest: lookups.workflow?.digest,
    accelerators: lookups.workflow?.accelerators,
    definition: lookups.workflow?.definition,
    resourceDigests: run.startMs === undefined ? undefined : resourceDigestsOf(parameters),
    startedBy: lookups.startedBy,
    failureReason: failed ? run.failureReason : undefined,
    statusMessage: failed ? statusMessageOf(run) : undefined,
    logLocation: run.startMs === undefined ? undefined : logLocation(run, arns),
    networkingMode: request.networkingMode ?? 'RESTRICTED',
    configuration: lookups.configuration,
    vpcConfig: lookups.configuration?.vpcConfig,
  };
}

function logLocation(run: Run, arns: Arns): object {
  return {
    engineLogStream: arns.logStream(`run/${run.id}/engine`),
    runLogStream: arns.logStream(`run/${run.id}`),
  };
}

function engineVersionOf(request: KeptRequest, lookups: RunLookups): string | undefined {
  if (lookups.workflow?.engine !== 'NEXTFLOW') return undefined;
  const settings = request.engineSettings;
  const asked =
    typeof settings === 'object' && settings !== null && 'engineVersion' in settings
      ? settings.engineVersion
      : undefined;
  return typeof asked === 'string' ? asked : DEFAULT_NEXTFLOW_VERSION;
}
