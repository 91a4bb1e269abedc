/**
 * How long what waits, is pending and is active will take, and which limit it waits for. Many possible courses of the
 * queue are played through, each with durations drawn from those of runs that ended; docs/quota.md explains the method.
 */
import { bySizeOf, type Draw, type Played, playThrough } from './queue-course.ts';
import { countOf, lineOf, type QueueLane, type QueueLimits } from './queue-picture.ts';
import type { EndedRun, RunDurations } from './run-durations.ts';

/** Seconds: one course in ten is shorter than `early`, half are shorter than `middle`, one in ten is longer than `late`. */
export interface TimeSpan {
  readonly early: number;
  readonly middle: number;
  readonly late: number;
}

/** `ACTIVE_RUNS DYNAMIC`, `START_RUN_RATE`, `RUN_GROUP 123 maxRuns`, `RUN_GROUP 123 maxCpus or maxGpus`. */
export interface Binding {
  readonly limit: string;
  /** Of all the time that runs spend waiting, in percent. */
  readonly percent: number;
}

/** How much is ahead, and how long it takes. */
export interface LineEstimate {
  readonly active: number;
  readonly pending: number;
  readonly waiting: number;
  readonly added: number;
  /** Until the last one that waits has started, and until all have ended. */
  readonly allStarted: TimeSpan;
  readonly allEnded: TimeSpan;
}

export interface QueueEstimate extends LineEstimate {
  /** By storage type and run group. */
  readonly lines: readonly (LineEstimate & { readonly storageType: string; readonly runGroupId?: string })[];
  /** What they wait for, the most first. Empty when nothing waits. */
  readonly binds: readonly Binding[];
  /** Limits of their run groups that could not be counted, because nobody knows a run's share of them beforehand. */
  readonly uncounted: readonly string[];
  /** Of so many runs that ended the durations were taken. */
  readonly fromRuns: number;
  /** Of the runs ahead, those of a workflow of which none ended yet: theirs are taken from all others'. */
  readonly withoutHistory: number;
}

const COURSES = 200;
/** Runs drawn in all courses together; a very long queue is played through less often. */
const MOST_DRAWS = 400_000;
const FEWEST_COURSES = 20;
/** With fewer ended runs than this the level itself is a guess. */
const FEW_RUNS = 5;
/** Of the logarithm of the durations' level, for one run that ended. */
const LEVEL_DEVIATION = 0.7;

/** `undefined` when no run has ended yet: then nobody knows how long one takes. Numbers from `random` are in [0, 1). */
export function estimateQueue(
  lanes: readonly QueueLane[],
  {
    limits,
    durations,
    random,
  }: { readonly limits: QueueLimits; readonly durations: RunDurations; readonly random: () => number },
): QueueEstimate | undefined {
  const known = knownDurations(durations);
  if (known.all.seconds.length === 0) return undefined;
  const runs = sumOf(lanes, countOf);
  const courses = Math.max(FEWEST_COURSES, Math.min(COURSES, Math.floor(MOST_DRAWS / Math.max(1, runs))));
  const plays: ReadonlyMap<string, Played>[] = [];
  const waits = new Map<string, number>();
  for (let course = 0; course < courses; course += 1)
    plays.push(playThrough(lanes, limits, { draw: drawer(known, random), waits }));
  const byLine = Map.groupBy(lanes, lineOf);
  const binds = bindingsOf(waits);
  return {
    ...lineEstimate(lanes, plays),
    lines: [...byLine].map(([line, same]) => ({
      storageType: same[0]?.storageType ?? '',
      ...(same[0]?.runGroupId === undefined ? {} : { runGroupId: same[0].runGroupId }),
      ...lineEstimate(same, plays, line),
    })),
    binds,
    uncounted: uncountedOf(lanes, limits, binds),
    fromRuns: known.all.seconds.length,
    withoutHistory: sumOf(lanes, (lane) => (known.byWorkflow.has(lane.workflowId ?? '') ? 0 : countOf(lane))),
  };
}

/** Of one line, or of all together. */
function lineEstimate(
  lanes: readonly QueueLane[],
  plays: readonly ReadonlyMap<string, Played>[],
  line?: string,
): LineEstimate {
  const latest = (play: ReadonlyMap<string, Played>, of: (played: Played) => number) =>
    Math.max(0, ...[...play].flatMap(([name, played]) => (line === undefined || name === line ? [of(played)] : [])));
  return {
    active: sumOf(lanes, ({ activeSeconds }) => activeSeconds.length),
    pending: sumOf(lanes, ({ pending }) => pending),
    waiting: sumOf(lanes, ({ waiting }) => waiting),
    added: sumOf(lanes, ({ added = 0 }) => added),
    allStarted: spanOf(plays.map((play) => latest(play, ({ startedSeconds }) => startedSeconds))),
    allEnded: spanOf(plays.map((play) => latest(play, ({ endedSeconds }) => endedSeconds))),
  };
}

function sumOf(lanes: readonly QueueLane[], of: (lane: QueueLane) => number): number {
  return lanes.reduce((whole, lane) => whole + of(lane), 0);
}

interface KnownWorkflow {
  /** Of each run that ended, from its start to its end. */
  readonly seconds: readonly number[];
  /** Before its start a run holds its place, too, while it is STARTING. */
  readonly startingSeconds: number;
}

interface KnownDurations {
  readonly byWorkflow: ReadonlyMap<string, KnownWorkflow>;
  readonly all: KnownWorkflow;
}

function knownDurations(durations: RunDurations): KnownDurations {
  const byWorkflow = new Map(Object.entries(durations).map(([id, runs]) => [id, knownWorkflow(runs)]));
  return { byWorkflow, all: knownWorkflow(Object.values(durations).flat()) };
}

/** HealthOmics does not say when a run left PENDING; what the quickest tenth needed from its creation to its start is its STARTING. */
function knownWorkflow(runs: readonly EndedRun[]): KnownWorkflow {
  const leads = runs.map(([, , lead]) => lead).sort((a, b) => a - b);
  return { seconds: runs.map(([, seconds]) => seconds), startingSeconds: leads[Math.floor(leads.length / 10)] ?? 0 };
}

/**
 * The durations that are known are themselves a sample: each course draws its own from them, with replacement, so that
 * few of them make a wide span.
 */
function drawer({ byWorkflow, all }: KnownDurations, random: () => number): Draw {
  const samples = new Map<string, KnownWorkflow>();
  const sampleOf = (workflowId: string): KnownWorkflow => {
    let sample = samples.get(workflowId);
    if (sample === undefined) {
      const { seconds, startingSeconds } = byWorkflow.get(workflowId) ?? all;
      const isFew = seconds.length < FEW_RUNS;
      const level = isFew ? Math.exp((LEVEL_DEVIATION / Math.sqrt(seconds.length)) * normal(random)) : 1;
      const drawn = seconds.map(() => (seconds[Math.floor(random() * seconds.length)] ?? 0) * level);
      sample = { seconds: drawn, startingSeconds };
      samples.set(workflowId, sample);
    }
    return sample;
  };
  return (workflowId = '', elapsed = 0) => {
    const { seconds, startingSeconds } = sampleOf(workflowId);
    if (elapsed === 0) return startingSeconds + (seconds[Math.floor(random() * seconds.length)] ?? 0);
    const longer = seconds.filter((each) => each > elapsed);
    // Longer than any that was seen: it may go on for as long again.
    if (longer.length === 0) return elapsed * random();
    return (longer[Math.floor(random() * longer.length)] ?? elapsed) - elapsed;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function spanOf(values: readonly number[]): TimeSpan {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { early: at(0.1), middle: at(0.5), late: at(0.9) };
}

/** A group that holds runs back by size already is counted, as one that goes on as it does now. */
function uncountedOf(lanes: readonly QueueLane[], { runGroups }: QueueLimits, binds: readonly Binding[]): string[] {
  const inUse = new Set(lanes.map(({ runGroupId }) => runGroupId));
  return runGroups.flatMap(({ runGroupId, maxCpus, maxGpus }) => {
    if (!inUse.has(runGroupId) || binds.some(({ limit }) => limit === bySizeOf(runGroupId))) return [];
    const names = [...(maxCpus === undefined ? [] : ['maxCpus']), ...(maxGpus === undefined ? [] : ['maxGpus'])];
    return names.map((name) => `RUN_GROUP ${runGroupId} ${name}`);
  });
}

function bindingsOf(waits: ReadonlyMap<string, number>): Binding[] {
  const whole = [...waits.values()].reduce((sum, seconds) => sum + seconds, 0);
  return [...waits]
    .map(([limit, seconds]) => ({ limit, percent: Math.round((100 * seconds) / whole) }))
    .filter(({ percent }) => percent > 0)
    .sort((a, b) => b.percent - a.percent);
}
