/** StartRun with `runId`: the request of the run to copy, overlaid with what the new request says. */
import { invalid, notFound } from '../errors.ts';
import type { OmicsParts } from '../parts.ts';
import { parametersOf, type Run, type Tags, tagsOf } from './run.ts';

/** The members of StartRun after validation against the model. */
export interface StartRequest {
  readonly requestId: string;
  readonly roleArn: string;
  readonly outputUri: string;
  readonly workflowId?: string | undefined;
  readonly workflowType?: string | undefined;
  readonly runId?: string | undefined;
  readonly name?: string | undefined;
  readonly cacheId?: string | undefined;
  readonly cacheBehavior?: string | undefined;
  readonly runGroupId?: string | undefined;
  readonly priority?: number | undefined;
  readonly parameters?: unknown;
  readonly storageCapacity?: number | undefined;
  readonly logLevel?: string | undefined;
  readonly tags?: Tags | undefined;
  readonly retentionMode?: string | undefined;
  readonly storageType?: string | undefined;
  readonly workflowOwnerId?: string | undefined;
  readonly workflowVersionName?: string | undefined;
  readonly networkingMode?: string | undefined;
  readonly scratchStorageMode?: string | undefined;
  readonly configurationName?: string | undefined;
  readonly sessionPolicy?: string | undefined;
  readonly engineSettings?: unknown;
  readonly outputBucketOwnerId?: string | undefined;
}

export function withDuplicated(parts: OmicsParts, request: StartRequest): StartRequest {
  if (request.runId === undefined) return request;
  const original = parts.runs.byId(request.runId);
  if (original === undefined) throw notFound('Run', request.runId);
  if (request.workflowId !== undefined && request.workflowId !== original.workflowId) {
    throw invalid(`workflowId ${request.workflowId} is not the workflow of the run ${request.runId} to duplicate`);
  }
  return { ...copiedFrom(original, parts), ...request };
}

function copiedFrom(run: Run, parts: OmicsParts): Partial<StartRequest> {
  const { runId: _, ...kept } = run.request;
  const { duplicateCopiesRetentionMode, duplicateCopiesTags } = parts.settings;
  return {
    ...kept,
    parameters: parametersOf(run),
    name: run.name,
    workflowId: run.workflowId,
    workflowType: run.workflowType,
    workflowVersionName: run.workflowVersionName,
    runGroupId: run.runGroupId,
    priority: run.priority,
    storageCapacity: run.storageCapacity,
    // READY2RUN runs choose no storage, so a copy must not either.
    storageType: run.workflowType === 'READY2RUN' ? undefined : run.storageType,
    retentionMode: duplicateCopiesRetentionMode ? run.retentionMode : undefined,
    tags: duplicateCopiesTags ? tagsOf(run) : undefined,
  };
}
