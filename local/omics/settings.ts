/** How the emulator behaves, every choice with its default. Documented for users in docs/healthomics-emulator.md. */
import type { FailureRule } from './runs/failure-rules.ts';

/** What AWS leaves undocumented, or documents in two ways: each one can be chosen. */
export interface OmicsSwitches {
  /** Real seconds that a requestId is remembered. */
  readonly requestIdMemorySeconds: number;
  /** What the same requestId with other parameters answers; SAME_ANSWER ignores the difference. */
  readonly requestIdReuse: 'ConflictException' | 'ValidationException' | 'SAME_ANSWER';
  /** What a remembered requestId answers when its run was deleted or removed meanwhile. */
  readonly requestIdAfterDelete: 'SAME_ANSWER' | 'NEW_RUN';
  /** Whether a new run takes the id of a deleted one as soon as there is one (else only by chance). */
  readonly reuseRunIds: boolean;
  /** Whether quotas bind; those of the rate of calls are a matter of `throttling`. */
  readonly enforceQuotas: boolean;
  /** Whether a new RETAIN run at the stored-run quota removes a REMOVE run, too. */
  readonly retainEvictsRemove: boolean;
  /** What the "oldest" REMOVE run is measured by. */
  readonly oldestBy: 'CREATION' | 'COMPLETION';
  /** Whether a run that is not yet at its end can be removed. */
  readonly evictActiveRuns: boolean;
  /** Whether a removal at the quota sends a Run Status Change event with status DELETED. */
  readonly eventOnEviction: boolean;
  /** Which end of `priority` goes first. */
  readonly priorityOrder: 'HIGH_FIRST' | 'LOW_FIRST';
  /** Storage type of a run for which neither the request nor its workflow names one. */
  readonly defaultStorageType: 'STATIC' | 'DYNAMIC';
  /** Missing or unknown parameters: refused by StartRun, or a run that fails with WORKFLOW_RUN_FAILED, or not looked at. */
  readonly parameterCheck: 'REFUSE' | 'FAIL_RUN' | 'IGNORE';
  /** Whether a duplicate made with `runId` takes over the retention mode. */
  readonly duplicateCopiesRetentionMode: boolean;
  /** Whether a duplicate made with `runId` takes over the tags. */
  readonly duplicateCopiesTags: boolean;
  /** What CancelRun answers for a run at its end, and DeleteRun for one that is not. */
  readonly wrongStateError: 'ConflictException' | 'ValidationException';
  /** Whether DeleteRun takes FAILED runs. */
  readonly deleteFailedRuns: boolean;
  /** Order of ListRuns. */
  readonly listOrder: 'NEWEST_FIRST' | 'OLDEST_FIRST';
}

export const DEFAULT_SWITCHES: OmicsSwitches = {
  requestIdMemorySeconds: 24 * 60 * 60,
  requestIdReuse: 'ConflictException',
  requestIdAfterDelete: 'SAME_ANSWER',
  reuseRunIds: true,
  enforceQuotas: true,
  retainEvictsRemove: false,
  oldestBy: 'CREATION',
  evictActiveRuns: false,
  eventOnEviction: false,
  priorityOrder: 'HIGH_FIRST',
  defaultStorageType: 'DYNAMIC',
  parameterCheck: 'REFUSE',
  duplicateCopiesRetentionMode: true,
  duplicateCopiesTags: true,
  wrongStateError: 'ConflictException',
  deleteFailedRuns: true,
  listOrder: 'NEWEST_FIRST',
};

const EITHER = ['true', 'false'] as const;

/** What each switch can be set to, as text; NUMBER is any of 0 or more. */
export const SWITCH_VALUES: Readonly<Record<keyof OmicsSwitches, readonly string[] | 'NUMBER'>> = {
  requestIdMemorySeconds: 'NUMBER',
  requestIdReuse: ['ConflictException', 'ValidationException', 'SAME_ANSWER'],
  requestIdAfterDelete: ['SAME_ANSWER', 'NEW_RUN'],
  reuseRunIds: EITHER,
  enforceQuotas: EITHER,
  retainEvictsRemove: EITHER,
  oldestBy: ['CREATION', 'COMPLETION'],
  evictActiveRuns: EITHER,
  eventOnEviction: EITHER,
  priorityOrder: ['HIGH_FIRST', 'LOW_FIRST'],
  defaultStorageType: ['STATIC', 'DYNAMIC'],
  parameterCheck: ['REFUSE', 'FAIL_RUN', 'IGNORE'],
  duplicateCopiesRetentionMode: EITHER,
  duplicateCopiesTags: EITHER,
  wrongStateError: ['ConflictException', 'ValidationException'],
  deleteFailedRuns: EITHER,
  listOrder: ['NEWEST_FIRST', 'OLDEST_FIRST'],
};

/** Emulated seconds that a run spends in a status; what is absent is seeded for each workflow and run. */
export interface FixedDurations {
  readonly PENDING?: number;
  readonly STARTING?: number;
  readonly RUNNING?: number;
  readonly STOPPING?: number;
}

/** Shares in [0, 1] of all events; seeded. */
export interface EventFaults {
  readonly lose?: number;
  readonly duplicate?: number;
  /** Sent after the event that follows it, or after a second when none does. */
  readonly reorder?: number;
  readonly delay?: number;
  /** Real milliseconds by which a delayed event is late; default 5,000. */
  readonly delayMs?: number;
}

/** Operations that fail for a share of their calls; seeded. */
export interface OperationFault {
  /** An operation's name, or `*`. */
  readonly operation: string;
  /** In [0, 1]. */
  readonly share: number;
  /**
   * THROTTLE 429, ACCESS_DENIED 403 and SERVER_ERROR 500 have no effect on the state; TIMEOUT_AFTER_SUCCESS answers 408 and
   * CUT_AFTER_SUCCESS closes the connection once the operation has taken effect.
   */
  readonly kind: 'THROTTLE' | 'ACCESS_DENIED' | 'SERVER_ERROR' | 'TIMEOUT_AFTER_SUCCESS' | 'CUT_AFTER_SUCCESS';
}

export interface OmicsSettings extends Partial<OmicsSwitches> {
  /** Emulated seconds that pass in one real second; default 1. Timestamps stay real, only durations shrink. */
  readonly speed?: number;
  /** Decides durations, tasks and every share of faults; default 1. */
  readonly seed?: number;
  readonly failures?: readonly FailureRule[];
  /** Token buckets for each operation, at the documented rates; default false. */
  readonly throttling?: boolean;
  readonly eventFaults?: EventFaults;
  readonly operationFaults?: readonly OperationFault[];
  readonly durations?: FixedDurations;
}

/** The settings with every default filled in. */
export interface ResolvedSettings extends OmicsSwitches {
  readonly speed: number;
  readonly seed: number;
  readonly failures: readonly FailureRule[];
  readonly throttling: boolean;
  readonly eventFaults: EventFaults;
  readonly operationFaults: readonly OperationFault[];
  readonly durations: FixedDurations;
}

/** @throws RangeError when `speed` is not above zero or a share is not in [0, 1]. */
export function resolveSettings(settings: OmicsSettings): ResolvedSettings {
  const resolved = {
    ...DEFAULT_SWITCHES,
    speed: 1,
    seed: 1,
    failures: [],
    throttling: false,
    eventFaults: {},
    operationFaults: [],
    durations: {},
    ...settings,
  };
  if (!(resolved.speed > 0)) throw new RangeError(`speed must be above 0, not ${resolved.speed}.`);
  const { lose = 0, duplicate = 0, reorder = 0, delay = 0 } = resolved.eventFaults;
  const shares = [lose, duplicate, reorder, delay, ...resolved.operationFaults.map((fault) => fault.share)];
  const wrong = shares.find((share) => !(share >= 0 && share <= 1));
  if (wrong !== undefined) throw new RangeError(`A share of faults must be in [0, 1], not ${wrong}.`);
  return resolved;
}
