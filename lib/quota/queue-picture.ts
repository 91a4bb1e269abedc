/** The queue as a sweep saw it: what is active, pending and waiting, and the limits that it waits for. */

/** As ListRunGroups says them; absent: no limit. */
export interface RunGroupLimits {
  readonly runGroupId: string;
  readonly maxRuns?: number;
  readonly maxCpus?: number;
  readonly maxGpus?: number;
  /** Minutes, after which HealthOmics fails a run. */
  readonly maxDuration?: number;
}

/** Runs of one workflow that share every limit. */
export interface QueueLane {
  readonly storageType: string;
  readonly runGroupId?: string;
  readonly workflowId?: string;
  /** Of each run that is STARTING, RUNNING or STOPPING, the seconds since its start; 0 while it has none. */
  readonly activeSeconds: readonly number[];
  /** PENDING in HealthOmics. */
  readonly pending: number;
  /** In Rundrop's line, not started yet. */
  readonly waiting: number;
  /** Of those that wait: so many ask for RETAIN, and get a place among the stored runs only where one is free. */
  readonly waitingRetain?: number;
  /** Would be started now. */
  readonly added?: number;
}

export interface QueueLimits {
  readonly activeRunsDynamic: number;
  readonly activeRunsStatic: number;
  readonly startRunsPerSecond: number;
  readonly runGroups: readonly RunGroupLimits[];
}

/** What a sweep saw of the queue. */
export interface QueuePicture {
  /** ISO. */
  readonly takenAt: string;
  readonly lanes: readonly QueueLane[];
  readonly limits: QueueLimits;
  /** ISO; absent when none is PENDING. */
  readonly oldestPendingAt?: string;
}

/** A lane that is being counted. */
export type OpenLane = { -readonly [Key in keyof QueueLane]: QueueLane[Key] } & { activeSeconds: number[] };

interface LaneKind {
  readonly storageType: string;
  readonly workflowId?: string | undefined;
  readonly runGroupId?: string | undefined;
}

/** The lane of that kind; there was none: an empty one, which is among them from now on. */
export function laneOf(lanes: Map<string, OpenLane>, { storageType, workflowId, runGroupId }: LaneKind): OpenLane {
  const name = `${storageType} ${runGroupId ?? ''} ${workflowId ?? ''}`;
  const lane = lanes.get(name) ?? {
    storageType,
    activeSeconds: [],
    pending: 0,
    waiting: 0,
    ...(workflowId === undefined ? {} : { workflowId }),
    ...(runGroupId === undefined ? {} : { runGroupId }),
  };
  lanes.set(name, lane);
  return lane;
}

/** Runs ahead in that lane. */
export function countOf({ activeSeconds, pending, waiting, added = 0 }: QueueLane): number {
  return activeSeconds.length + pending + waiting + added;
}

/** Lanes of one line share the account's limit and the run group's, whatever their workflow. */
export function lineOf({ storageType, runGroupId }: Pick<QueueLane, 'storageType' | 'runGroupId'>): string {
  return `${storageType} ${runGroupId ?? ''}`;
}

/** Places among the stored runs: free ones, and ended REMOVE runs that make some for another REMOVE run. */
export interface Room {
  readonly free: number;
  readonly removable: number;
}

/** The lanes without the requests that wait until runs are deleted, and how many those are. */
export function withRoom(
  lanes: readonly QueueLane[],
  { free, removable }: Room,
): { readonly lanes: readonly QueueLane[]; readonly blocked: number } {
  let left = Math.max(0, free);
  let blocked = 0;
  const after = lanes.map((lane) => {
    const retain = lane.waitingRetain ?? 0;
    const remove = lane.waiting - retain;
    const fit = Math.min(retain, left);
    left -= fit;
    // One place serves REMOVE runs in turn.
    const passing = left + removable > 0 || remove === 0 ? remove : 0;
    blocked += lane.waiting - fit - passing;
    return { ...lane, waiting: fit + passing };
  });
  return { lanes: after, blocked };
}
