/** What is due when, behind a single timer: a binary heap ordered by time, then by arrival. */
import type { Cancel, Clock } from '../ports.ts';
import { BinaryHeap } from './binary-heap.ts';

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly action: (atMs: number) => void;
}

/** How many due entries one turn of the event loop takes, so that requests are served in between. */
const MOST_PER_TURN = 500;

export class DueQueue {
  readonly #clock: Clock;
  readonly #report: (line: string) => void;
  readonly #entries = new BinaryHeap<Entry>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order));
  #arrivals = 0;
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined;
  #closed = false;

  constructor(clock: Clock, report: (line: string) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /**
   * Runs `action` at `atMs` or as soon after as possible, in order of `atMs`; it is told the `atMs` it was due.
   * There is no cancelling: an action looks for itself whether it still applies.
   */
  add(atMs: number, action: (atMs: number) => void): void {
    const entry: Entry = { atMs, order: this.#arrivals, action };
    this.#arrivals += 1;
    this.#entries.add(entry);
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#entries.clear();
  }

  #arm(): void {
    const next = this.#entries.first;
    if (next === undefined || this.#closed) return;
    if (this.#timer !== undefined && this.#timer.atMs <= next.atMs) return;
    this.#timer?.cancel();
    const cancel = this.#clock.after(Math.max(0, next.atMs - this.#clock.nowMs()), () => this.#fire());
    this.#timer = { atMs: next.atMs, cancel };
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    for (let taken = 0; taken < MOST_PER_TURN; taken += 1) {
      const next = this.#entries.first;
      if (this.#closed || next === undefined || next.atMs > nowMs) break;
      this.#entries.takeFirst();
      this.#run(next);
    }
    this.#arm();
  }

  /** One action that fails must not stop the clock for all others. */
  #run(entry: Entry): void {
    try {
      entry.action(entry.atMs);
    } catch (error) {
      this.#report(`HealthOmics: a step on the clock failed: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
}
