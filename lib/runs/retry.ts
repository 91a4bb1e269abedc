/** Whether a run that failed is worth another attempt, by HealthOmics' failureReason. */

export type RetryRule =
  /** The same request again. */
  | 'retry'
  /** Again with more room for the run's files. */
  | 'enlarge'
  /** It would fail again. */
  | 'give-up';

/**
 * Every documented failureReason. AWS documents which to retry and which to enlarge; that the others are permanent is
 * our reading of their descriptions.
 */
export const RETRY_RULES: Readonly<Record<string, RetryRule>> = {
  ALL_PROFILES_INSTANCE_RESERVATION_FAILED: 'retry',
  ASSUME_ROLE_FAILED: 'give-up',
  CANNOT_START_CONTAINER_ERROR: 'give-up',
  CANNOT_START_CONTAINER_SIZE_ERROR: 'give-up',
  ECR_PERMISSION_ERROR: 'give-up',
  EXPORT_FAILED: 'give-up',
  FILE_SYSTEM_OUT_OF_SPACE: 'enlarge',
  IMAGE_VERIFICATION_FAILURE: 'give-up',
  IMPORT_FAILED: 'give-up',
  INACTIVE_OMICS_STORAGE_RESOURCE: 'give-up',
  INPUT_URI_NOT_FOUND: 'give-up',
  INSTANCE_RESERVATION_FAILED: 'retry',
  INVALID_ECR_IMAGE_URI: 'give-up',
  INVALID_TASK_RESOURCE_VALUE: 'give-up',
  INVALID_URI_INPUT: 'give-up',
  MODIFIED_INPUT_RESOURCE: 'retry',
  OUT_OF_MEMORY_ERROR: 'give-up',
  RUN_TASK_FAILED: 'give-up',
  RUN_TIMED_OUT: 'give-up',
  SERVICE_ERROR: 'retry',
  TASK_TIMED_OUT: 'give-up',
  UNSUPPORTED_GPU_INSTANCE_TYPE: 'give-up',
  UNSUPPORTED_INPUT_SIZE: 'give-up',
  WORKFLOW_RUN_FAILED: 'give-up',
  WORKFLOW_VER_VALIDATION_FAILED: 'give-up',
};

/** What to change in the request of the next attempt, in StartRun's own members; `null` leaves a member out. */
export type RequestChanges = Readonly<Record<string, unknown>>;

export type RetryDecision = { readonly kind: 'give-up' } | { readonly kind: 'retry'; readonly changes: RequestChanges };

/** Decides after attempt number `attempt` (from 1) failed. A reason that is not in the table is given up. */
export function decideRetry(failed: {
  readonly failureReason: string | undefined;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly storageType: string | undefined;
}): RetryDecision {
  if (failed.attempt >= failed.maxAttempts) return { kind: 'give-up' };
  const rule = Object.hasOwn(RETRY_RULES, failed.failureReason ?? '')
    ? RETRY_RULES[failed.failureReason ?? '']
    : 'give-up';
  if (rule === 'retry') return { kind: 'retry', changes: {} };
  // DYNAMIC storage grows with the run: where it filled up, no setting of ours makes more room.
  if (rule === 'enlarge' && failed.storageType !== 'DYNAMIC') {
    return { kind: 'retry', changes: { storageType: 'DYNAMIC', storageCapacity: null } };
  }
  return { kind: 'give-up' };
}

const LONGEST_DELAY_SECONDS = 900;

/** Full jitter: uniform between 1 s and a bound that doubles with each attempt, at most 15 minutes. Whole seconds. */
export function retryDelaySeconds(attempt: number, baseSeconds: number, random: () => number): number {
  const boundSeconds = Math.min(LONGEST_DELAY_SECONDS, baseSeconds * 2 ** (attempt - 1));
  return Math.max(1, Math.ceil(random() * boundSeconds));
}
