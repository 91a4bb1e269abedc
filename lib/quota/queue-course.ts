/** One course that the queue ahead may take: who waits starts as soon as every limit lets it, and holds its place until it ends. */
import { EndQueue } from './end-queue.ts';
import { countOf, lineOf, type QueueLane, type QueueLimits, type RunGroupLimits } from './queue-picture.ts';

/** Seconds of one run; of one that has run for `elapsed` seconds already, how many more. */
export type Draw = (workflowId: string | undefined, elapsed?: number) => number;

/** The limit of a group that is short of CPUs or GPUs: which of them, HealthOmics does not say. */
export function bySizeOf(runGroupId: string): string {
  return `RUN_GROUP ${runGroupId} maxCpus or maxGpus`;
}

interface PlayOptions {
  readonly draw: Draw;
  /** Gains the seconds that runs wait for each limit. */
  readonly waits: Map<string, number>;
}

/** Seconds until the last one that waits has started, and until all have ended. */
export interface Played {
  startedSeconds: number;
  endedSeconds: number;
}

/** Of each line, by `lineOf`. Lanes take turns. */
export function playThrough(
  lanes: readonly QueueLane[],
  limits: QueueLimits,
  { draw, waits }: PlayOptions,
): ReadonlyMap<string, Played> {
  const course = new Course(lanes, limits, draw);
  // Each turn starts a run or passes to the next event, of which every run has two at most.
  for (let turn = lanes.reduce((sum, lane) => sum + 3 * countOf(lane), 1); turn > 0; turn -= 1) {
    if (!course.startNext() && !course.passToNextEvent(waits)) break;
  }
  return course.played;
}

interface Waiting {
  readonly lane: QueueLane;
  /** PENDING, or started by then. */
  ready: number;
  /** Those that StartRun's rate lets through one after the other, from `nextSeconds` on. */
  toStart: number;
}

class Course {
  readonly played = new Map<string, Played>();
  #nowSeconds = 0;
  readonly #limits: QueueLimits;
  readonly #groups: ReadonlyMap<string, RunGroupLimits>;
  readonly #draw: Draw;
  readonly #waiting: Waiting[];
  readonly #ends = new EndQueue();
  readonly #active = new Map<string, number>();
  readonly #inGroup = new Map<string, number>();
  readonly #capOfGroup = new Map<string, { readonly cap: number; readonly limit: string }>();
  readonly #startEvery: number;
  #turn = 0;
  #startTurn = 0;
  #nextStartSeconds = 0;

  constructor(lanes: readonly QueueLane[], limits: QueueLimits, draw: Draw) {
    this.#limits = limits;
    this.#groups = new Map(limits.runGroups.map((group) => [group.runGroupId, group]));
    this.#draw = draw;
    for (const lane of lanes)
      for (const elapsed of lane.activeSeconds) this.#occupy(lane, draw(lane.workflowId, Math.max(0.001, elapsed)));
    for (const lane of lanes) if (lane.runGroupId !== undefined) this.#capGroup(lane.runGroupId, lanes);
    this.#startEvery = 1 / Math.max(0.001, limits.startRunsPerSecond);
    this.#waiting = lanes
      .map((lane) => ({ lane, ready: lane.pending, toStart: lane.waiting + (lane.added ?? 0) }))
      .filter(({ ready, toStart }) => ready + toStart > 0);
  }

  /**
   * A group that lets runs wait although neither its maxRuns nor the account is reached is short of CPUs or GPUs: how many
   * a run takes is not known, so it is taken to run as many at once as it does now.
   */
  #capGroup(runGroupId: string, lanes: readonly QueueLane[]): void {
    const { maxRuns = Number.POSITIVE_INFINITY, maxCpus, maxGpus } = this.#groups.get(runGroupId) ?? {};
    const active = this.#inGroup.get(runGroupId) ?? 0;
    const isHeldBack = lanes.some((lane) => lane.runGroupId === runGroupId && lane.pending > 0 && !this.#isFull(lane));
    const bySize = (maxCpus !== undefined || maxGpus !== undefined) && active > 0 && active < maxRuns && isHeldBack;
    this.#capOfGroup.set(
      runGroupId,
      bySize
        ? { cap: active, limit: bySizeOf(runGroupId) }
        : { cap: maxRuns, limit: `RUN_GROUP ${runGroupId} maxRuns` },
    );
  }

  #isFull({ storageType }: QueueLane): boolean {
    const { activeRunsDynamic, activeRunsStatic } = this.#limits;
    const limit = storageType === 'STATIC' ? activeRunsStatic : activeRunsDynamic;
    return (this.#active.get(poolOf(storageType)) ?? 0) >= Math.max(1, limit);
  }

  #whyNot({ lane, ready }: Waiting): string | undefined {
    if (ready === 0) return 'START_RUN_RATE';
    if (this.#isFull(lane)) return `ACTIVE_RUNS ${poolOf(lane.storageType)}`;
    if (lane.runGroupId === undefined) return undefined;
    const { cap, limit } = this.#capOfGroup.get(lane.runGroupId) ?? { cap: Number.POSITIVE_INFINITY, limit: '' };
    return (this.#inGroup.get(lane.runGroupId) ?? 0) >= Math.max(1, cap) ? limit : undefined;
  }

  #occupy(lane: QueueLane, seconds: number): void {
    const { maxDuration } = this.#groups.get(lane.runGroupId ?? '') ?? {};
    const held = maxDuration === undefined ? seconds : Math.min(seconds, 60 * maxDuration);
    this.#count(lane, 1);
    this.#ends.add({ atSeconds: this.#nowSeconds + held, lane });
  }

  #count(lane: QueueLane, by: number): void {
    const pool = poolOf(lane.storageType);
    this.#active.set(pool, (this.#active.get(pool) ?? 0) + by);
    if (lane.runGroupId !== undefined)
      this.#inGroup.set(lane.runGroupId, (this.#inGroup.get(lane.runGroupId) ?? 0) + by);
  }

  #playedOf(lane: QueueLane): Played {
    const line = lineOf(lane);
    const played = this.played.get(line) ?? { startedSeconds: 0, endedSeconds: 0 };
    this.played.set(line, played);
    return played;
  }

  /** Whether a run could be started now; lanes take turns. */
  startNext(): boolean {
    for (let tried = 0; tried < this.#waiting.length; tried += 1) {
      const index = (this.#turn + tried) % this.#waiting.length;
      const next = this.#waiting[index];
      if (next === undefined || next.ready + next.toStart === 0 || this.#whyNot(next) !== undefined) continue;
      next.ready -= 1;
      this.#turn = index + 1;
      this.#playedOf(next.lane).startedSeconds = this.#nowSeconds;
      this.#occupy(next.lane, this.#draw(next.lane.workflowId));
      return true;
    }
    return false;
  }

  /** Whether there was one: the next end of a run, or the next StartRun. */
  passToNextEvent(waits: Map<string, number>): boolean {
    const end = this.#ends.first;
    let toSeconds = end?.atSeconds ?? Number.POSITIVE_INFINITY;
    if (this.#waiting.some(({ toStart }) => toStart > 0)) toSeconds = Math.min(toSeconds, this.#nextStartSeconds);
    if (toSeconds === Number.POSITIVE_INFINITY) return false;
    const passed = Math.max(0, toSeconds - this.#nowSeconds);
    for (const waiting of this.#waiting) {
      const limit = waiting.ready + waiting.toStart === 0 ? undefined : this.#whyNot(waiting);
      if (limit !== undefined)
        waits.set(limit, (waits.get(limit) ?? 0) + passed * (waiting.ready === 0 ? waiting.toStart : waiting.ready));
    }
    this.#nowSeconds = Math.max(this.#nowSeconds, toSeconds);
    if (this.#nextStartSeconds <= this.#nowSeconds) this.#callStartRun();
    if (end !== undefined && end.atSeconds <= this.#nowSeconds) {
      this.#ends.takeFirst();
      this.#count(end.lane, -1);
      this.#playedOf(end.lane).endedSeconds = this.#nowSeconds;
    }
    return true;
  }

  /** The account has one StartRun rate: lanes take turns. */
  #callStartRun(): void {
    for (let tried = 0; tried < this.#waiting.length; tried += 1) {
      const index = (this.#startTurn + tried) % this.#waiting.length;
      const waiting = this.#waiting[index];
      if (waiting === undefined || waiting.toStart === 0) continue;
      waiting.toStart -= 1;
      waiting.ready += 1;
      this.#startTurn = index + 1;
      this.#nextStartSeconds = this.#nowSeconds + this.#startEvery;
      return;
    }
  }
}

function poolOf(storageType: string): 'DYNAMIC' | 'STATIC' {
  return storageType === 'STATIC' ? 'STATIC' : 'DYNAMIC';
}
