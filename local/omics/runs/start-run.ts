/** StartRun: checks what the model cannot express, finds room, and stores a PENDING run. */
import { fingerprint } from '../fingerprint.ts';
import type { OmicsParts } from '../parts.ts';
import { tokenOf } from '../request-memory.ts';
import { parameterProblem } from '../workflows/check-parameters.ts';
import type { WorkflowBody } from '../workflows/workflow.ts';
import { checkRequest } from './check-request.ts';
import { type StartRequest, withDuplicated } from './duplicate-run.ts';
import { makeRoom } from './retention.ts';
import type { Fate, KeptRequest, RetentionMode, Run, StorageType, Tags } from './run.ts';
import { runLookups } from './run-lookups.ts';
import { runOutputUri, startRunView } from './run-views.ts';

const DEFAULT_STATIC_GIB = 1200;

/** The workflow of a new run, and the version that it names. */
export interface ChosenWorkflow extends WorkflowBody {
  readonly id: string;
  readonly name?: string;
}

/** `batchId` is set for the runs of a batch. */
export function startRun(parts: OmicsParts, given: StartRequest, batchId?: string): StartedRun {
  const nowMs = parts.clock.nowMs();
  const token = tokenOf('StartRun', given.requestId);
  const print = fingerprint(given);
  const earlier = parts.memory.recall(token, print, nowMs);
  if (earlier !== undefined) {
    const [seq, id, uuid] = earlier.made;
    const known = parts.runs.bySeq(Number(seq));
    if (known !== undefined) return answerFor(parts, known);
    const sameAnswer = parts.settings.requestIdAfterDelete === 'SAME_ANSWER';
    if (sameAnswer)
      return { id: String(id), uuid: String(uuid), view: goneView(parts, given, String(id), String(uuid)) };
  }
  const request = withDuplicated(parts, given);
  const workflow = checkRequest(parts, request);
  makeRoom((request.retentionMode ?? 'RETAIN') as RetentionMode, {
    store: parts.runs,
    switches: parts.settings,
    storedRunLimit: () => parts.quota('L-C9679DBC'),
    evict: parts.evict,
  });
  const run = buildRun(parts, request, workflow, batchId);
  parts.runs.add(run, { token, fingerprint: print, atMs: nowMs, made: [run.seq, run.id, run.uuid] });
  parts.lifecycle.begin(run);
  return answerFor(parts, run);
}

export interface StartedRun {
  readonly id: string;
  readonly uuid: string;
  /** StartRunResponse. */
  readonly view: object;
}

function answerFor(parts: OmicsParts, run: Run): StartedRun {
  return { id: run.id, uuid: run.uuid, view: startRunView(run, parts.arns, runLookups(parts, run)) };
}

/** What a repeated request is answered when its run was deleted meanwhile. */
function goneView(parts: OmicsParts, given: StartRequest, id: string, uuid: string): object {
  return {
    arn: parts.arns.of('run', id),
    id,
    uuid,
    status: 'DELETED',
    tags: given.tags ?? {},
    runOutputUri: runOutputUri({ id }, given),
    networkingMode: given.networkingMode ?? 'RESTRICTED',
  };
}

function buildRun(
  parts: OmicsParts,
  request: StartRequest,
  workflow: ChosenWorkflow,
  batchId: string | undefined,
): Run {
  const nowMs = parts.clock.nowMs();
  const storageType = (request.storageType ?? workflow.storageType ?? parts.settings.defaultStorageType) as StorageType;
  const capacity = request.storageCapacity ?? workflow.storageCapacity ?? DEFAULT_STATIC_GIB;
  return {
    seq: parts.runs.nextSeq(),
    id: parts.runIds.take(),
    uuid: parts.newUuid(),
    createdMs: nowMs,
    status: 'PENDING',
    statusMs: nowMs,
    workflowId: workflow.id,
    workflowType: workflow.type,
    workflowUuid: workflow.uuid,
    storageType: workflow.type === 'READY2RUN' ? 'DYNAMIC' : storageType,
    retentionMode: (request.retentionMode ?? 'RETAIN') as RetentionMode,
    request: keptOf(request, parts),
    ...optional('parametersJson', JSON.stringify(request.parameters)),
    ...optional('name', request.name),
    ...optional('workflowName', workflow.name),
    ...optional('workflowVersionName', request.workflowVersionName),
    ...optional('runGroupId', request.runGroupId),
    ...optional('batchId', batchId),
    ...optional('priority', request.priority),
    ...optional('storageCapacity', storageType === 'STATIC' ? capacity : undefined),
    ...optional('tagsJson', tagsJson(request.tags)),
    ...optional('fate', fateOf(parts, request, workflow)),
  };
}

function fateOf(parts: OmicsParts, request: StartRequest, workflow: ChosenWorkflow): Fate | undefined {
  const { name, parameters, tags = {} } = request;
  if (
    parts.settings.parameterCheck === 'FAIL_RUN' &&
    parameterProblem(workflow.parameterTemplate, parameters) !== undefined
  ) {
    return { kind: 'FAIL', at: 'STARTING', failureReason: 'WORKFLOW_RUN_FAILED' };
  }
  return parts.failureRules.fateOf({ name, workflowId: workflow.id, tags, parameters });
}

export function tagsJson(tags: Tags | undefined): string | undefined {
  return tags === undefined || Object.keys(tags).length === 0 ? undefined : JSON.stringify(tags);
}

function keptOf(request: StartRequest, parts: OmicsParts): KeptRequest {
  const { roleArn, outputUri, runId, cacheId, logLevel, workflowOwnerId } = request;
  const { networkingMode, scratchStorageMode, configurationName, sessionPolicy, engineSettings, outputBucketOwnerId } =
    request;
  const cache = cacheId === undefined ? undefined : parts.runCaches.get(cacheId);
  return {
    roleArn,
    outputUri,
    ...optional('runId', runId),
    ...optional('cacheId', cacheId),
    ...optional('cacheBehavior', request.cacheBehavior ?? cache?.cacheBehavior),
    logLevel: logLevel ?? 'ALL',
    ...optional('workflowOwnerId', workflowOwnerId),
    ...optional('networkingMode', networkingMode),
    ...optional('scratchStorageMode', scratchStorageMode),
    ...optional('configurationName', configurationName),
    ...optional('sessionPolicy', sessionPolicy),
    ...optional('engineSettings', engineSettings),
    ...optional('outputBucketOwnerId', outputBucketOwnerId),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
