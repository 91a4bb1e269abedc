/** Whether a run that failed is worth another attempt, by HealthOmics' failureReason. */

export const RETRY_CHOICES = ['retry', 'enlarge', 'give-up'] as const;

/** `retry`: the same request again. `enlarge`: again with more room for the run's files. `give-up`: it would fail again. */
export type RetryRule = (typeof RETRY_CHOICES)[number];

/** The only reason that more room helps against. */
export const OUT_OF_SPACE = 'FILE_SYSTEM_OUT_OF_SPACE';
/** An object that the run was reading became another one. */
export const INPUT_MODIFIED = 'MODIFIED_INPUT_RESOURCE';

/** What a route says otherwise than the table. */
export interface RetryOverrides {
  readonly on?: Readonly<Record<string, RetryRule>>;
  /** STATIC storage grows up to so many GiB; without it, what ran out of space gets DYNAMIC storage. */
  readonly storageUpTo?: number;
}

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

export interface FailedAttempt {
  readonly failureReason: string | undefined;
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** As it was asked for, or as HealthOmics says. */
  readonly storageType: string | undefined;
  /** GiB that were asked for; the API's own default when they were not. */
  readonly storageCapacity?: number | undefined;
  readonly overrides?: RetryOverrides | undefined;
}

/** Decides after an attempt failed. A reason that is neither in the table nor in the route's own is given up. */
export function decideRetry(failed: FailedAttempt): RetryDecision {
  if (failed.attempt >= failed.maxAttempts) return { kind: 'give-up' };
  const rule = ruleOf(failed.failureReason ?? '', failed.overrides);
  if (rule === 'retry') return { kind: 'retry', changes: {} };
  return rule === 'enlarge' ? enlarged(failed) : { kind: 'give-up' };
}

function ruleOf(failureReason: string, overrides: RetryOverrides | undefined): RetryRule | undefined {
  const own = overrides?.on ?? {};
  if (Object.hasOwn(own, failureReason)) return own[failureReason];
  return Object.hasOwn(RETRY_RULES, failureReason) ? RETRY_RULES[failureReason] : undefined;
}

function enlarged({ storageType, storageCapacity, overrides }: FailedAttempt): RetryDecision {
  // DYNAMIC storage grows with the run: where it filled up, no setting of ours makes more room.
  if (storageType === 'DYNAMIC') return { kind: 'give-up' };
  const upTo = overrides?.storageUpTo;
  if (upTo === undefined) return { kind: 'retry', changes: { storageType: 'DYNAMIC', storageCapacity: null } };
  const next = nextStaticSize(storageCapacity ?? SMALLEST_STATIC_GIB);
  return next > upTo
    ? { kind: 'give-up' }
    : { kind: 'retry', changes: { storageType: 'STATIC', storageCapacity: next } };
}

/** What HealthOmics gives a STATIC run that asks for nothing, and the least that it gives. */
export const SMALLEST_STATIC_GIB = 1_200;
const STATIC_STEP_GIB = 2_400;

/** The next larger size that HealthOmics has: 1,200 GiB, and then multiples of 2,400, to which it rounds what is asked for. */
export function nextStaticSize(capacityGib: number): number {
  const steps = capacityGib <= SMALLEST_STATIC_GIB ? 0 : Math.ceil(capacityGib / STATIC_STEP_GIB);
  return (steps + 1) * STATIC_STEP_GIB;
}

const LONGEST_DELAY_SECONDS = 900;

/** Full jitter: uniform between 1 s and a bound that doubles with each attempt, at most 15 minutes. Whole seconds. */
export function retryDelaySeconds(attempt: number, baseSeconds: number, random: () => number): number {
  const boundSeconds = Math.min(LONGEST_DELAY_SECONDS, baseSeconds * 2 ** (attempt - 1));
  return Math.max(1, Math.ceil(random() * boundSeconds));
}
