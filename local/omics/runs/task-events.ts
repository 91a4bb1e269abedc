/** Task Status Change events, sent when the tasks of a run get there. */
import { taskStatusEvent } from '../events/status-events.ts';
import type { OmicsParts } from '../parts.ts';
import type { Run } from './run.ts';
import { type TaskMoment, type TaskView, taskEntering, taskMoments, tasksAt } from './run-tasks.ts';

type TaskParts = Pick<OmicsParts, 'clock' | 'dues' | 'sender' | 'arns' | 'runs' | 'lifecycle'>;

/** The tasks of a run as they are at `nowMs`. */
export function tasksOf(parts: Pick<OmicsParts, 'lifecycle'>, run: Run, nowMs: number): TaskView[] {
  return tasksAt(run, parts.lifecycle.planOf(run), parts.lifecycle.plannedRunningMs(run), nowMs);
}

/** Some two kilobytes each; beyond that they are worked out anew when they are needed. */
const MOST_REMEMBERED = 1_000;

export class TaskEvents {
  readonly #parts: TaskParts;
  /** For each RUNNING run, by sequence number, how many of its tasks' moments were announced. */
  readonly #announced = new Map<number, number>();
  /** The moments of the runs that are RUNNING, as long as there are not too many. */
  readonly #moments = new Map<number, TaskMoment[]>();

  constructor(parts: TaskParts) {
    this.#parts = parts;
  }

  /** A run has just begun RUNNING. */
  begin(run: Run): void {
    this.#announced.set(run.seq, 0);
    this.#awaitNext(run);
  }

  /** A run has just left RUNNING: what its tasks reached by then, and those that were cut short. */
  end(run: Run): void {
    const { stoppingMs } = run;
    if (stoppingMs === undefined || !this.#announced.has(run.seq)) return;
    this.#announceUntil(run, stoppingMs);
    this.#forget(run.seq);
    for (const task of tasksOf(this.#parts, run, stoppingMs)) {
      const cutShort = task.status === 'FAILED' || task.status === 'CANCELLED';
      if (cutShort && task.stopTime === stoppingMs) this.#send(run, task, stoppingMs);
    }
  }

  /** After a restart: only what is still to come, as the rest was sent before. */
  resume(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const run of this.#parts.runs.list({ status: 'RUNNING' }, 'OLDEST_FIRST')) {
      this.#announced.set(run.seq, this.#momentsOf(run).filter(({ atMs }) => atMs <= nowMs).length);
      this.#awaitNext(run);
    }
  }

  /** One entry in the queue for each run, however many tasks it has. */
  #awaitNext(run: Run): void {
    const next = this.#momentsOf(run)[this.#announced.get(run.seq) ?? 0];
    if (next === undefined) return;
    const { seq } = run;
    this.#parts.dues.add(next.atMs, (atMs) => {
      if (!this.#announced.has(seq)) return;
      const current = this.#parts.runs.bySeq(seq);
      if (current === undefined) {
        this.#forget(seq);
        return;
      }
      this.#announceUntil(current, atMs);
      this.#awaitNext(current);
    });
  }

  #announceUntil(run: Run, untilMs: number): void {
    const { lifecycle } = this.#parts;
    const moments = this.#momentsOf(run);
    let announced = this.#announced.get(run.seq) ?? 0;
    for (; announced < moments.length; announced += 1) {
      const moment = moments[announced];
      if (moment === undefined || moment.atMs > untilMs) break;
      const task = taskEntering(run, lifecycle.planOf(run), lifecycle.plannedRunningMs(run), moment);
      if (task !== undefined) this.#send(run, task, moment.atMs);
    }
    this.#announced.set(run.seq, announced);
  }

  #momentsOf(run: Run): TaskMoment[] {
    const known = this.#moments.get(run.seq);
    if (known !== undefined) return known;
    const { lifecycle } = this.#parts;
    const moments = taskMoments(lifecycle.planOf(run), run.startMs ?? 0, lifecycle.plannedRunningMs(run));
    if (this.#moments.size < MOST_REMEMBERED) this.#moments.set(run.seq, moments);
    return moments;
  }

  #forget(seq: number): void {
    this.#announced.delete(seq);
    this.#moments.delete(seq);
  }

  #send(run: Run, task: TaskView, atMs: number): void {
    this.#parts.sender.send(taskStatusEvent(run, task, this.#parts.arns, atMs));
  }
}
