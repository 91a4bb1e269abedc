/** How long runs take, by workflow: the newest that ended. What the estimate of the queue ahead draws from. */

/** When a run ended (milliseconds since 1970), how many seconds before that it started, and how many before that it was created. */
export type EndedRun = readonly [endedMs: number, seconds: number, leadSeconds: number];

/** By workflow id, newest last. */
export type RunDurations = Readonly<Record<string, readonly EndedRun[]>>;

/** So many of a workflow are enough to know its spread. */
const MOST_OF_WORKFLOW = 30;
/** Those whose runs ended last; together some tens of kilobytes. */
const MOST_WORKFLOWS = 50;

export interface RunTimes {
  readonly workflowId: string | undefined;
  readonly createdMs: number;
  readonly startedMs: number | undefined;
  readonly stoppedMs: number | undefined;
}

/** Collects what a sweep sees. The same run seen twice counts once. */
export class DurationCollector {
  readonly #byWorkflow: Map<string, Map<string, EndedRun>>;
  #changed = false;

  constructor(before: RunDurations = {}) {
    this.#byWorkflow = new Map(
      Object.entries(before).map(([workflowId, runs]) => [
        workflowId,
        new Map(runs.map((run) => [run.join(' '), run])),
      ]),
    );
  }

  /** What has no start or no end is passed over. */
  add({ workflowId = '', createdMs, startedMs, stoppedMs }: RunTimes): void {
    if (startedMs === undefined || stoppedMs === undefined || stoppedMs < startedMs) return;
    const runs = this.#byWorkflow.get(workflowId) ?? new Map<string, EndedRun>();
    const lead = createdMs === 0 ? 0 : Math.max(0, startedMs - createdMs);
    const run: EndedRun = [stoppedMs, tenths(stoppedMs - startedMs), tenths(lead)];
    const name = run.join(' ');
    if (runs.has(name)) return;
    if (runs.size >= MOST_OF_WORKFLOW) {
      const oldest = oldestOf(runs);
      if (oldest === undefined || oldest[0] >= stoppedMs) return;
      runs.delete(oldest.join(' '));
    }
    runs.set(name, run);
    this.#byWorkflow.set(workflowId, runs);
    this.#changed = true;
  }

  get hasChanged(): boolean {
    return this.#changed;
  }

  durations(): RunDurations {
    const sorted = [...this.#byWorkflow].map(
      ([workflowId, runs]) => [workflowId, [...runs.values()].sort(([a], [b]) => a - b)] as const,
    );
    const newestFirst = sorted.sort(([, a], [, b]) => (b.at(-1)?.[0] ?? 0) - (a.at(-1)?.[0] ?? 0));
    return Object.fromEntries(newestFirst.slice(0, MOST_WORKFLOWS));
  }
}

function oldestOf(runs: ReadonlyMap<string, EndedRun>): EndedRun | undefined {
  let oldest: EndedRun | undefined;
  for (const run of runs.values()) if (oldest === undefined || run[0] < oldest[0]) oldest = run;
  return oldest;
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
