/** Which waiting runs may start: the account's limits of active runs, the limits of run groups, and priority. */
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
  /** The run as it is now; undefined when it is gone. */
  readonly current: (seq: number) => Run | undefined;
}

interface Waiting {
  readonly seq: number;
  readonly priority: number;
}

/** Runs that share every limit wait in one lane, the next one last. */
interface Lane {
  readonly storageType: StorageType;
  readonly runGroupId: string | undefined;
  readonly waiting: Waiting[];
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

  /** Puts a PENDING run in line. */
  offer(run: Run): void {
    const key = `${run.storageType} ${run.runGroupId ?? ''}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { storageType: run.storageType, runGroupId: run.runGroupId, waiting: [] };
      this.#lanes.set(key, lane);
    }
    const entry: Waiting = { seq: run.seq, priority: run.priority ?? 0 };
    let low = 0;
    let high = lane.waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = lane.waiting[middle];
      if (other !== undefined && this.#goesBefore(entry, other)) low = middle + 1;
      else high = middle;
    }
    lane.waiting.splice(low, 0, entry);
  }

  /** Takes the next run that every limit lets through, and counts it as active. */
  takeNext(): Run | undefined {
    let best: { readonly lane: Lane; readonly entry: Waiting; readonly run: Run } | undefined;
    for (const [key, lane] of this.#lanes) {
      const entry = this.#head(lane);
      if (entry === undefined) {
        this.#lanes.delete(key);
        continue;
      }
      const run = this.#options.current(entry.seq);
      if (run === undefined || !this.#fits(run)) continue;
      if (best === undefined || this.#goesBefore(entry, best.entry)) best = { lane, entry, run };
    }
    best?.lane.waiting.pop();
    if (best !== undefined) this.occupy(best.run);
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
    for (let entry = lane.waiting.at(-1); entry !== undefined; entry = lane.waiting.at(-1)) {
      if (this.#options.current(entry.seq)?.status === 'PENDING') return entry;
      lane.waiting.pop();
    }
    return undefined;
  }

  #goesBefore(a: Waiting, b: Waiting): boolean {
    const byPriority = this.#options.priorityOrder === 'HIGH_FIRST' ? b.priority - a.priority : a.priority - b.priority;
    return byPriority < 0 || (byPriority === 0 && a.seq < b.seq);
  }

  #fits(run: Run): boolean {
    if (this.#active[run.storageType] >= this.#options.activeRunLimit(run.storageType)) return false;
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
