/**
 * Moves runs through their statuses, on the clock only:
 * PENDING → STARTING → RUNNING → STOPPING → COMPLETED | FAILED | CANCELLED.
 */
import type { Clock } from '../../ports.ts';
import type { DueQueue } from '../due-queue.ts';
import type { ResolvedSettings } from '../settings.ts';
import { isTerminal, type Run, type RunState } from './run.ts';
import type { RunAdmission } from './run-admission.ts';
import { planOf, type RunPlan } from './run-plan.ts';
import type { RunStore } from './run-store.ts';

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly settings: ResolvedSettings;
  readonly store: RunStore;
  readonly dues: DueQueue;
  readonly admission: RunAdmission;
  /** The longest that this run may be RUNNING, in emulated seconds. */
  readonly longestSeconds: (run: Run) => number;
  /** Told of each new status once it is on disk. */
  readonly onStatus: (run: Run, atMs: number) => void;
}

/** Limits may be raised from outside; while runs wait they are looked at this often. */
const LOOK_AGAIN_MS = 1000;

export class RunLifecycle {
  readonly #options: LifecycleOptions;
  #looksAgain = false;
  /** The plan that was last asked for: one step of a run asks several times. */
  #planned: { readonly seq: number; readonly plan: RunPlan } | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** A new run, just stored as PENDING. */
  begin(run: Run): void {
    this.#options.onStatus(run, run.statusMs);
    this.#schedule(run);
  }

  /** Picks up all unfinished runs after a restart. What came due meanwhile happens at once, in order. */
  resume(): void {
    for (const run of this.#options.store.unfinished()) {
      if (run.active) this.#options.admission.occupy(run);
      this.#schedule(run);
    }
  }

  /** Asks a run that is not at its end to stop; it gets there through STOPPING. */
  cancel(run: Run): void {
    const { clock } = this.#options;
    if (run.status !== 'STOPPING') {
      this.#move(run, { status: 'STOPPING', outcome: 'CANCELLED', ...leftRunning(run, clock.nowMs()) }, clock.nowMs());
      return;
    }
    if (run.outcome !== 'COMPLETED') return;
    const cancelled = this.#options.store.change(run, { outcome: 'CANCELLED' });
    if (hangs(run)) this.#end(cancelled, clock.nowMs() + this.#realMs(this.planOf(run).stoppingSeconds));
  }

  planOf(run: Run): RunPlan {
    if (this.#planned?.seq !== run.seq) {
      const { seed, durations } = this.#options.settings;
      this.#planned = { seq: run.seq, plan: planOf(run, seed, durations) };
    }
    return this.#planned.plan;
  }

  /** Real milliseconds that the run is RUNNING when nothing interferes. */
  plannedRunningMs(run: Run): number {
    return this.#realMs(this.planOf(run).runningSeconds);
  }

  #realMs(emulatedSeconds: number): number {
    return Math.round((emulatedSeconds * 1000) / this.#options.settings.speed);
  }

  #schedule(run: Run): void {
    const seconds = this.#secondsInStatus(run);
    if (seconds === undefined) return;
    this.#end(run, run.statusMs + this.#realMs(seconds));
  }

  /** Leaves the present status at `atMs`, unless something else ended it before. */
  #end(run: Run, atMs: number): void {
    const { seq, status, statusMs } = run;
    this.#options.dues.add(atMs, (dueMs) => {
      const current = this.#options.store.bySeq(seq);
      if (current?.status === status && current.statusMs === statusMs) this.#advance(current, dueMs);
    });
  }

  #advance(run: Run, atMs: number): void {
    switch (run.status) {
      case 'PENDING':
        this.#options.admission.offer(run);
        this.#admit(atMs);
        return;
      case 'STARTING':
        if (failsIn(run, 'STARTING')) this.#fail(run, run.fate.failureReason, atMs);
        else this.#move(run, { status: 'RUNNING', startMs: atMs }, atMs);
        return;
      case 'RUNNING':
        this.#endRunning(run, atMs);
        return;
      case 'STOPPING':
        this.#finish(run, atMs);
        return;
      case 'COMPLETED':
      case 'FAILED':
      case 'CANCELLED':
      case 'DELETED':
        return;
      default:
        run.status satisfies never;
    }
  }

  #endRunning(run: Run, atMs: number): void {
    const timedOut = hangs(run) || this.#options.longestSeconds(run) < this.planOf(run).runningSeconds;
    if (failsIn(run, 'RUNNING')) this.#fail(run, run.fate.failureReason, atMs);
    else if (timedOut) this.#fail(run, 'RUN_TIMED_OUT', atMs);
    else this.#move(run, { status: 'STOPPING', outcome: 'COMPLETED', stoppingMs: atMs }, atMs);
  }

  #fail(run: Run, failureReason: string, atMs: number): void {
    this.#move(run, { status: 'STOPPING', outcome: 'FAILED', failureReason, ...leftRunning(run, atMs) }, atMs);
  }

  #finish(run: Run, atMs: number): void {
    const fails = run.outcome === 'COMPLETED' && failsIn(run, 'STOPPING');
    const failure = fails ? { outcome: 'FAILED' as const, failureReason: run.fate.failureReason } : {};
    const outcome = failure.outcome ?? run.outcome ?? 'COMPLETED';
    const wasActive = run.active;
    this.#move(run, { status: outcome, stopMs: atMs, active: false, ...failure }, atMs);
    if (wasActive) this.#options.admission.release(run);
    // An entry of its own: the end is on disk, and is not repeated when the disk refuses what follows.
    this.#options.dues.add(atMs, (dueMs) => this.#admit(dueMs));
  }

  #admit(atMs: number): void {
    const { admission } = this.#options;
    for (let run = admission.next(); run !== undefined; run = admission.next()) {
      this.#move(run, { status: 'STARTING', active: true }, atMs);
      admission.occupy(run);
    }
    if (this.#looksAgain || !admission.anyWaiting) return;
    this.#looksAgain = true;
    this.#options.dues.add(this.#options.clock.nowMs() + LOOK_AGAIN_MS, (dueMs) => {
      this.#looksAgain = false;
      this.#admit(dueMs);
    });
  }

  #move(run: Run, change: Partial<RunState>, atMs: number): void {
    const moved = this.#options.store.change(run, { ...change, statusMs: atMs });
    this.#options.onStatus(moved, atMs);
    if (!isTerminal(moved.status)) this.#schedule(moved);
  }

  /** Emulated seconds until the present status ends; undefined when it does not end by itself. */
  #secondsInStatus(run: Run): number | undefined {
    const plan = this.planOf(run);
    const endless = hangs(run);
    switch (run.status) {
      case 'PENDING':
        return endless ? undefined : plan.pendingSeconds;
      case 'STARTING':
        return endless ? undefined : plan.startingSeconds;
      case 'RUNNING': {
        const needed = failsIn(run, 'RUNNING') ? plan.runningSeconds * plan.failsAt : plan.runningSeconds;
        return Math.min(endless ? Number.POSITIVE_INFINITY : needed, this.#options.longestSeconds(run));
      }
      case 'STOPPING':
        return endless && run.outcome === 'COMPLETED' ? undefined : plan.stoppingSeconds;
      default:
        return undefined;
    }
  }
}

function hangs(run: Run): boolean {
  return run.fate?.kind === 'HANG' && run.fate.at === run.status;
}

function failsIn<T extends 'STARTING' | 'RUNNING' | 'STOPPING'>(
  run: Run,
  status: T,
): run is Run & { readonly fate: { readonly kind: 'FAIL'; readonly at: T; readonly failureReason: string } } {
  return run.fate?.kind === 'FAIL' && run.fate.at === status;
}

function leftRunning(run: Run, atMs: number): Partial<RunState> {
  return run.status === 'RUNNING' ? { stoppingMs: atMs } : {};
}
