/** What is due when, behind a single timer: a binary heap ordered by time, then by arrival. */
import type { Cancel, Clock } from '../ports.ts';

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
  readonly #heap: Entry[] = [];
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
    this.#heap.push(entry);
    this.#siftUp(this.#heap.length - 1);
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#heap.length = 0;
  }

  #arm(): void {
    const next = this.#heap[0];
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
      const next = this.#heap[0];
      if (this.#closed || next === undefined || next.atMs > nowMs) break;
      this.#removeFirst();
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

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#siftDown(0);
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #siftDown(start: number): void {
    let index = start;
    for (;;) {
      let first = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#heap.length && this.#before(child, first)) first = child;
      }
      if (first === index) return;
      this.#swap(index, first);
      index = first;
    }
  }

  #before(a: number, b: number): boolean {
    const left = this.#heap[a];
    const right = this.#heap[b];
    if (left === undefined || right === undefined) return false;
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a];
    const right = this.#heap[b];
    if (left === undefined || right === undefined) return;
    this.#heap[a] = right;
    this.#heap[b] = left;
  }
}
