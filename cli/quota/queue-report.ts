/** The queue ahead, as `rundrop quota` tells it: what is there now, and what it would be with more. Pure. */
import { estimateQueue, type QueueEstimate } from '../../lib/quota/queue-ahead.ts';
import {
  laneOf,
  type OpenLane,
  type QueueLane,
  type QueuePicture,
  type Room,
  withRoom,
} from '../../lib/quota/queue-picture.ts';
import type { RunDurations } from '../../lib/quota/run-durations.ts';

export interface QueueReport {
  /** ISO. */
  readonly takenAt: string;
  /** ISO; `null` when none is PENDING. */
  readonly oldestPendingAt: string | null;
  readonly active: number;
  readonly pending: number;
  readonly waiting: number;
  /** Of those that wait: until runs are deleted, because the stored-run quota has no place for them. Not in the estimate. */
  readonly blocked: number;
  /** `null`: no run has ended yet, so nobody knows how long one takes. */
  readonly estimate: QueueEstimate | null;
}

/** A request of the ledger, as far as the queue is concerned. */
export interface AskedRun {
  readonly workflowId?: string;
  readonly runGroupId?: string;
  readonly storageType: string;
  readonly retentionMode: string;
}

/** Repeats give the same estimate for the same picture. */
const SEED = 20_260_102;

export function queueReport(queue: QueuePicture, durations: RunDurations, room: Room): QueueReport {
  const { takenAt, oldestPendingAt, lanes } = queue;
  const startable = withRoom(lanes, room);
  const sum = (of: (lane: QueueLane) => number) => lanes.reduce((whole, lane) => whole + of(lane), 0);
  return {
    takenAt,
    oldestPendingAt: oldestPendingAt ?? null,
    active: sum(({ activeSeconds }) => activeSeconds.length),
    pending: sum(({ pending }) => pending),
    waiting: sum(({ waiting }) => waiting),
    blocked: startable.blocked,
    estimate: estimateOf(queue, startable.lanes, durations),
  };
}

/** With `count` more, of the kinds of those that were `asked` lately; without any, of DYNAMIC storage and no known workflow. */
export function queueWith(
  queue: QueuePicture,
  durations: RunDurations,
  { count, asked, room }: { readonly count: number; readonly asked: readonly AskedRun[]; readonly room: Room },
): QueueEstimate | null {
  return estimateOf(queue, [...withRoom(queue.lanes, room).lanes, ...addedLanes(count, asked)], durations);
}

function estimateOf(
  { limits }: QueuePicture,
  lanes: readonly QueueLane[],
  durations: RunDurations,
): QueueEstimate | null {
  return estimateQueue(lanes, { limits, durations, random: seeded() }) ?? null;
}

function addedLanes(count: number, asked: readonly AskedRun[]): QueueLane[] {
  const kinds = asked.length === 0 ? [{ storageType: 'DYNAMIC', retentionMode: 'RETAIN' }] : asked;
  const lanes = new Map<string, OpenLane>();
  for (let number = 0; number < count; number += 1) {
    const kind: AskedRun | undefined = kinds[Math.floor((number * kinds.length) / count)];
    if (kind === undefined) continue;
    const lane = laneOf(lanes, kind);
    lane.added = (lane.added ?? 0) + 1;
  }
  return [...lanes.values()];
}

/** mulberry32. */
function seeded(): () => number {
  let state = SEED;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
