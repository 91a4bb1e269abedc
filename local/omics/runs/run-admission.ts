/** Which waiting runs may start: the account's limits of active runs, the limits of run groups, and priority. */
import { BinaryHeap } from '../binary-heap.ts';
import type { Run, StorageType } from './run.ts';

export interface GroupLimits {
  readonly maxRuns?: number | undefined;
  readonly maxCpus?: number | undefined;
  readonly maxGpus?: number | undefined;
}

export interface Demand {
  readonly cpus: number;
  readonly gpus: number;
}

export interface AdmissionOptions {
  readonly priorityOrder: 'HIGH_FIRST' | 'LOW_FIRST';
  /** The live quota of concurrent active runs. */
  readonly activeRunLimit: (storageType: StorageType) => number;
  readonly groupLimits: (runGroupId: string) => GroupLimits;
  readonly demandOf: (run: Run) => Demand;
  /** False also for a run that is gone. */
  readonly isPending: (seq: number) => boolean;
  /** The run as it is now; undefined when it is gone. */
  readonly current: (seq: number) => Run | undefined;
}

interface Waiting {
  readonly seq: number;
  readonly priority: number;
}

/** Runs that share every limit wait in one lane. */
interface Lane {
  readonly storageType: StorageType;
  readonly runGroupId: string | undefined;
  readonly waiting: BinaryHeap<Waiting>;
}

interface Usage {
  runs: number;
  cpus: number;
  gpus: number;
}

export class RunAdmission {
  readonly #options: AdmissionOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #active: Record<StorageType, number> = { STATIC: 0, DYNAMIC: 0 };
  readonly #groups = new Map<string, Usage>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Whether any run waits. */
  get anyWaiting(): boolean {
    for (const lane of this.#lanes.values()) if (this.#head(lane) !== undefined) return true;
    return false;
  }

  /** Puts a PENDING run in line; once more changes nothing. */
  offer(run: Run): void {
    const key = `${run.storageType} ${run.runGroupId ?? ''}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      const { storageType, runGroupId } = run;
      lane = { storageType, runGroupId, waiting: new BinaryHeap((a, b) => this.#goesBefore(a, b)) };
      this.#lanes.set(key, lane);
    }
    lane.waiting.add({ seq: run.seq, priority: run.priority ?? 0 });
  }

  /** The next run that every limit lets through. It stays in line until it is PENDING no more. */
  next(): Run | undefined {
    let best: { readonly entry: Waiting; readonly run: Run } | undefined;
    for (const [key, lane] of this.#lanes) {
      if (this.#isFull(lane.storageType)) continue;
      const entry = this.#head(lane);
      if (entry === undefined) {
        this.#lanes.delete(key);
        continue;
      }
      const run = this.#options.current(entry.seq);
      if (run === undefined || !this.#fits(run)) continue;
      if (best === undefined || this.#goesBefore(entry, best.entry)) best = { entry, run };
    }
    return best?.run;
  }

  /** Counts a run as active. */
  occupy(run: Run): void {
    this.#count(run, 1);
  }

  /** A run that was active has reached its end. */
  release(run: Run): void {
    this.#count(run, -1);
  }

  /** The first in line that still waits; those cancelled meanwhile are dropped. */
  #head(lane: Lane): Waiting | undefined {
    for (let entry = lane.waiting.first; entry !== undefined; entry = lane.waiting.first) {
      if (this.#options.isPending(entry.seq)) return entry;
      lane.waiting.takeFirst();
    }
    return undefined;
  }

  #goesBefore(a: Waiting, b: Waiting): boolean {
    const byPriority = this.#options.priorityOrder === 'HIGH_FIRST' ? b.priority - a.priority : a.priority - b.priority;
    return byPriority < 0 || (byPriority === 0 && a.seq < b.seq);
  }

  #isFull(storageType: StorageType): boolean {
    return this.#active[storageType] >= this.#options.activeRunLimit(storageType);
  }

  #fits(run: Run): boolean {
    if (run.runGroupId === undefined) return true;
    const usage = this.#groups.get(run.runGroupId);
    // A run that needs more than its whole group may use still runs, alone.
    if (usage === undefined || usage.runs === 0) return true;
    const limits = this.#options.groupLimits(run.runGroupId);
    const demand = this.#options.demandOf(run);
    return (
      usage.runs < (limits.maxRuns ?? Number.POSITIVE_INFINITY) &&
      usage.cpus + demand.cpus <= (limits.maxCpus ?? Number.POSITIVE_INFINITY) &&
      usage.gpus + demand.gpus <= (limits.maxGpus ?? Number.POSITIVE_INFINITY)
    );
  }

  #count(run: Run, by: 1 | -1): void {
    this.#active[run.storageType] += by;
    if (run.runGroupId === undefined) return;
    const usage = this.#groups.get(run.runGroupId) ?? { runs: 0, cpus: 0, gpus: 0 };
    const demand = this.#options.demandOf(run);
    usage.runs += by;
    usage.cpus += by * demand.cpus;
    usage.gpus += by * demand.gpus;
    this.#groups.set(run.runGroupId, usage);
    if (usage.runs === 0) this.#groups.delete(run.runGroupId);
  }
}
