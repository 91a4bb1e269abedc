/** The operations on batches. */

import { present } from '../create-once.ts';
import { conflict, invalid, notFound } from '../errors.ts';
import { fingerprint } from '../fingerprint.ts';
import { freeId } from '../ids.ts';
import { pageOf } from '../paging.ts';
import type { OmicsParts } from '../parts.ts';
import type { Input, OperationHandlers } from '../protocol/answer.ts';
import { tokenOf } from '../request-memory.ts';
import { checkCommon } from '../runs/check-request.ts';
import type { Tags } from '../runs/run.ts';
import { checkTags } from '../tags.ts';
import type { Batch, BatchStatus, DefaultRunSetting, InlineSetting } from './batch.ts';
import type { BatchLifecycle } from './batch-lifecycle.ts';
import { addMembers, membersOf, removeMembers } from './batch-members.ts';
import { checkSettings } from './batch-settings.ts';
import { batchListItem, batchView, memberView } from './batch-views.ts';

interface StartBatchInput {
  readonly requestId: string;
  readonly batchName?: string;
  readonly tags?: Tags;
  readonly defaultRunSetting: DefaultRunSetting;
  readonly batchRunSettings: { readonly inlineSettings?: readonly InlineSetting[]; readonly s3UriSettings?: string };
}

const CANCELLABLE: readonly BatchStatus[] = ['PENDING', 'SUBMITTING', 'INPROGRESS'];
const RUNS_DELETABLE: readonly BatchStatus[] = ['PROCESSED', 'CANCELLED', 'RUNS_DELETE_FAILED'];
const DELETABLE: readonly BatchStatus[] = ['PROCESSED', 'CANCELLED', 'FAILED', 'RUNS_DELETED', 'RUNS_DELETE_FAILED'];

export function batchOperations(parts: OmicsParts, lifecycle: BatchLifecycle): OperationHandlers {
  const findIn = (input: Input, statuses: readonly BatchStatus[], verb: string): Batch => {
    const batch = findBatch(parts, input);
    if (statuses.includes(batch.status)) return batch;
    throw conflict(`Batch ${batch.id} has status ${batch.status} and cannot be ${verb}`);
  };
  return {
    StartRunBatch: async (input) => {
      const { id, uuid, status, tags } = await startBatch(parts, lifecycle, input as unknown as StartBatchInput);
      return { id, uuid, status, tags, arn: parts.arns.of('runBatch', id) };
    },
    GetBatch: (input) => batchView(parts, findBatch(parts, input)),
    ListBatch: (input) => listBatches(parts, input),
    ListRunsInBatch: (input) => listRunsInBatch(parts, input),
    CancelRunBatch: (input) => {
      lifecycle.cancel(findIn(input, CANCELLABLE, 'cancelled'));
      return {};
    },
    DeleteRunBatch: (input) => {
      lifecycle.deleteRuns(findIn(input, RUNS_DELETABLE, 'cleared of its runs'));
      return {};
    },
    DeleteBatch: (input) => {
      const batch = findIn(input, DELETABLE, 'deleted');
      removeMembers(parts, batch);
      parts.batches.remove(batch.key);
      return undefined;
    },
  };
}

function findBatch(parts: OmicsParts, input: Input): Batch {
  const batch = parts.batches.get(String(input.batchId));
  if (batch === undefined) throw notFound('Batch', String(input.batchId));
  return batch;
}

async function startBatch(parts: OmicsParts, lifecycle: BatchLifecycle, input: StartBatchInput): Promise<Batch> {
  const token = tokenOf('StartRunBatch', input.requestId);
  const print = fingerprint(input);
  const recalled = () => {
    const earlier = parts.memory.recall(token, print, parts.clock.nowMs());
    return earlier === undefined ? undefined : parts.batches.get(String(earlier.made[0]));
  };
  const known = recalled();
  if (known !== undefined) return known;
  checkDefaults(parts, input);
  const { inlineSettings, s3UriSettings } = input.batchRunSettings;
  const s3Fingerprint = s3UriSettings === undefined ? undefined : await fingerprintOf(parts, s3UriSettings);
  // The same request may have come in once more while the file was read.
  const meanwhile = recalled();
  if (meanwhile !== undefined) return meanwhile;
  const id = freeId(parts.random, (taken) => parts.batches.has(taken));
  const nowMs = parts.clock.nowMs();
  addMembers(parts, id, inlineSettings ?? []);
  const batch = parts.batches.put({
    ...{
      seq: parts.batches.nextSeq(),
      key: id,
      id,
      uuid: parts.newUuid(),
      status: 'PENDING',
      statusMs: nowMs,
      createdMs: nowMs,
    },
    tags: input.tags ?? {},
    totalRuns: inlineSettings?.length ?? 0,
    defaultRunSetting: input.defaultRunSetting,
    ...present({ name: input.batchName, s3Uri: s3UriSettings, s3Fingerprint }),
  });
  parts.memory.remember({ token, fingerprint: print, atMs: nowMs, made: [id] });
  lifecycle.begin(batch);
  return batch;
}

function checkDefaults(parts: OmicsParts, input: StartBatchInput): void {
  const { defaultRunSetting, batchRunSettings } = input;
  if (defaultRunSetting.workflowType === 'READY2RUN')
    throw invalid('Batches are not supported for READY2RUN workflows');
  checkTags(input.tags ?? {});
  const tags = defaultRunSetting.runTags ?? {};
  checkCommon(parts, { ...defaultRunSetting, tags, requestId: input.requestId });
  if (batchRunSettings.inlineSettings !== undefined) checkSettings(batchRunSettings.inlineSettings, defaultRunSetting);
}

async function fingerprintOf(parts: OmicsParts, s3Uri: string): Promise<string> {
  if (!s3Uri.startsWith('s3://')) throw invalid('s3UriSettings is not an S3 URI');
  const content = await parts.readObject(s3Uri);
  if (content === undefined) throw invalid(`The file ${s3Uri} of s3UriSettings does not exist or cannot be read`);
  return fingerprint(content);
}

function listBatches(parts: OmicsParts, input: Input): object {
  const { name, status, runGroupId, startingToken } = input as Readonly<Partial<Record<string, string>>>;
  const page = pageOf(
    { startingToken, maxResults: input.maxItems as number | undefined, filters: ['batches', name, status, runGroupId] },
    (after) =>
      parts.batches
        .list(after)
        .filter(
          (batch) =>
            (name === undefined || batch.name === name) &&
            (status === undefined || batch.status === status) &&
            (runGroupId === undefined || batch.defaultRunSetting.runGroupId === runGroupId),
        ),
    (batch) => batch.seq,
  );
  return { ...page, items: page.items.map(batchListItem) };
}

function listRunsInBatch(parts: OmicsParts, input: Input): object {
  const batch = findBatch(parts, input);
  const { submissionStatus, runSettingId, runId, startingToken } = input as Readonly<Partial<Record<string, string>>>;
  const page = pageOf(
    {
      startingToken,
      maxResults: input.maxItems as number | undefined,
      filters: ['runsInBatch', batch.uuid, submissionStatus, runSettingId, runId],
    },
    (after = 0) =>
      membersOf(parts, batch).filter(
        (member) =>
          member.seq > after &&
          (submissionStatus === undefined || member.submissionStatus === submissionStatus) &&
          (runSettingId === undefined || member.setting.runSettingId === runSettingId) &&
          (runId === undefined || member.runId === runId),
      ),
    (member) => member.seq,
  );
  return { runs: page.items.map((member) => memberView(parts, member)), nextToken: page.nextToken };
}
