/** Batches as the API answers them, with their counts. */
import type { OmicsParts } from '../parts.ts';
import type { Batch, BatchMember } from './batch.ts';
import { membersOf } from './batch-members.ts';

export function batchView(parts: OmicsParts, batch: Batch): object {
  return {
    ...batch,
    arn: parts.arns.of('runBatch', batch.id),
    submissionSummary: submissionSummary(parts, batch),
    runSummary: runSummary(parts, batch),
    creationTime: batch.createdMs,
    submittedTime: batch.submittedMs,
    processedTime: batch.processedMs,
    failedTime: batch.failedMs,
  };
}

export function batchListItem(batch: Batch): object {
  const { id, name, status, totalRuns } = batch;
  return { id, name, status, totalRuns, createdAt: batch.createdMs, workflowId: batch.defaultRunSetting.workflowId };
}

export function memberView(parts: OmicsParts, member: BatchMember): object {
  return {
    runSettingId: member.setting.runSettingId,
    runId: member.runId,
    runInternalUuid: member.runUuid,
    runArn: member.runId === undefined ? undefined : parts.arns.of('run', member.runId),
    submissionStatus: member.submissionStatus,
    submissionFailureReason: member.failureReason,
    submissionFailureMessage: member.failureMessage,
  };
}

export function submissionSummary(parts: OmicsParts, batch: Batch): Record<string, number> {
  const members = membersOf(parts, batch);
  const count = (fits: (member: BatchMember) => boolean) => members.filter(fits).length;
  const cancelled = (member: BatchMember) => member.submissionStatus === 'CANCEL_SUCCESS';
  return {
    successfulStartSubmissionCount: count((member) => member.started === 'SUCCESS'),
    failedStartSubmissionCount: count((member) => member.started === 'FAILED'),
    pendingStartSubmissionCount: count((member) => member.started === undefined && !cancelled(member)),
    successfulCancelSubmissionCount: count(cancelled),
    failedCancelSubmissionCount: count((member) => member.submissionStatus === 'CANCEL_FAILED'),
    successfulDeleteSubmissionCount: count((member) => member.submissionStatus === 'DELETE_SUCCESS'),
    failedDeleteSubmissionCount: count((member) => member.submissionStatus === 'DELETE_FAILED'),
  };
}

export function runSummary(parts: OmicsParts, batch: Batch): Record<string, number> {
  const counts = parts.runs.countByStatus(batch.id);
  const stored = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const started = membersOf(parts, batch).filter((member) => member.started === 'SUCCESS').length;
  return {
    pendingRunCount: counts.get('PENDING') ?? 0,
    startingRunCount: counts.get('STARTING') ?? 0,
    runningRunCount: counts.get('RUNNING') ?? 0,
    stoppingRunCount: counts.get('STOPPING') ?? 0,
    completedRunCount: counts.get('COMPLETED') ?? 0,
    deletedRunCount: Math.max(0, started - stored),
    failedRunCount: counts.get('FAILED') ?? 0,
    cancelledRunCount: counts.get('CANCELLED') ?? 0,
  };
}
