/** How a request ended, in words that name nothing: no key, no sample, no parameter, nobody's message (invariant 9). */
import { currentAttempt, type RequestRecord } from './request-record.ts';

/** What stands in `reasonCode` of a request that was never started, when it is no error of HealthOmics. */
export const WOULD_FAIL = 'WOULD_FAIL';
export const INPUT_DELETED = 'INPUT_DELETED';
export const INPUT_OVERWRITTEN = 'INPUT_OVERWRITTEN';

/**
 * Every documented failureReason.
 * https://docs.aws.amazon.com/omics/latest/dev/monitoring-runs.html
 */
const FAILURE_WORDS: Readonly<Record<string, string>> = {
  ALL_PROFILES_INSTANCE_RESERVATION_FAILED: 'no instance of any allowed type was to be had',
  ASSUME_ROLE_FAILED: 'HealthOmics could not assume the service role',
  CANNOT_START_CONTAINER_ERROR: 'a container could not be started',
  CANNOT_START_CONTAINER_SIZE_ERROR: 'a container image is too large',
  ECR_PERMISSION_ERROR: 'HealthOmics may not read a container image',
  EXPORT_FAILED: 'the outputs could not be written',
  FILE_SYSTEM_OUT_OF_SPACE: "the run's file system was full",
  IMAGE_VERIFICATION_FAILURE: 'a container image is not what it should be',
  IMPORT_FAILED: 'an input could not be read',
  INACTIVE_OMICS_STORAGE_RESOURCE: 'a read set or reference is not active',
  INPUT_URI_NOT_FOUND: 'an input is not where its URI says',
  INSTANCE_RESERVATION_FAILED: 'no instance was to be had',
  INVALID_ECR_IMAGE_URI: 'the URI of a container image is not valid',
  INVALID_TASK_RESOURCE_VALUE: 'a task asks for resources that there are not',
  INVALID_URI_INPUT: 'an input is no valid URI',
  MODIFIED_INPUT_RESOURCE: 'an input changed while the run used it',
  OUT_OF_MEMORY_ERROR: 'a task ran out of memory',
  RUN_TASK_FAILED: 'a task failed',
  RUN_TIMED_OUT: 'the run took longer than it may',
  SERVICE_ERROR: 'HealthOmics itself had a fault',
  TASK_TIMED_OUT: 'a task took longer than it may',
  UNSUPPORTED_GPU_INSTANCE_TYPE: 'a task asks for a GPU that there is not',
  UNSUPPORTED_INPUT_SIZE: 'an input is larger than it may be',
  WORKFLOW_RUN_FAILED: 'the workflow engine gave up',
  WORKFLOW_VER_VALIDATION_FAILED: 'the workflow is not valid',
};

export function outcomeWords(record: RequestRecord): string {
  const { failureReason, uuid } = currentAttempt(record);
  switch (record.outcome) {
    case undefined:
      return 'The request has not ended.';
    case 'COMPLETED':
      return 'The run completed.';
    case 'CANCELLED':
      return uuid === undefined ? 'It was cancelled by hand before it started.' : 'The run was cancelled.';
    case 'REMOVED':
      return uuid === undefined
        ? 'It was given up by hand: whether it ever ran is not known.'
        : 'The run is gone from HealthOmics, and its end was not seen.';
    case 'FAILED':
      return `The run failed: ${failureWords(failureReason)}.`;
    case 'REFUSED':
      return refusalWords(record.reasonCode);
    case 'SUPERSEDED':
      return supersededWords(record.reasonCode);
    default:
      return record.outcome satisfies never;
  }
}

/** `SERVICE_ERROR, HealthOmics itself had a fault` */
export function failureWords(failureReason: string | undefined): string {
  if (failureReason === undefined) return 'HealthOmics gave no reason';
  // A reason that is not in the table is shown if it is a code: anything else could say anything.
  if (!/^[A-Z][A-Z_]{1,60}$/.test(failureReason)) return 'HealthOmics gave a reason that this version does not know';
  const words = Object.hasOwn(FAILURE_WORDS, failureReason) ? FAILURE_WORDS[failureReason] : undefined;
  return words === undefined ? failureReason : `${failureReason}, ${words}`;
}

function refusalWords(code: string | undefined): string {
  if (code === WOULD_FAIL) return 'It was not started, because a check found that the run would fail.';
  return code === undefined ? 'It was not started.' : `It was not started: HealthOmics refused StartRun with ${code}.`;
}

function supersededWords(code: string | undefined): string {
  if (code === INPUT_DELETED) return 'It was not started, because an input object was deleted before.';
  if (code === INPUT_OVERWRITTEN) {
    return 'It was not started, because an input object was overwritten before; the newer one is a drop of its own.';
  }
  return 'It was not started, because an input object changed before.';
}
