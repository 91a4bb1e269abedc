/** What is due when, behind a single timer: a binary heap ordered by time, then by arrival. */
import type { Cancel, Clock } from '../ports.ts';
import { BinaryHeap } from './binary-heap.ts';
import { JournalRefusedError } from './journal.ts';

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly action: Action;
}

type Action = (atMs: number) => void | Promise<void>;

/** How many due entries one turn of the event loop takes, so that requests are served in between. */
const MOST_PER_TURN = 500;
/** While the disk takes nothing the clock stands still, and this is how long until it is asked again. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export class DueQueue {
  readonly #clock: Clock;
  readonly #report: (line: string) => void;
  readonly #entries = new BinaryHeap<Entry>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order));
  #arrivals = 0;
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined;
  #closed = false;
  /** The first action whose lines the disk refused. */
  #refused: Entry | undefined;
  #notBeforeMs = 0;
  #waitMs = FIRST_WAIT_MS;

  constructor(clock: Clock, report: (line: string) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /**
   * Runs `action` at `atMs` or as soon after as possible, in order of `atMs`; it is told the `atMs` it was due.
   * There is no cancelling: an action looks for itself whether it still applies. One that the disk refuses is run again
   * until it is not, before all that is due later; so what it has done by then must not matter.
   */
  add(atMs: number, action: Action): void {
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
    const atMs = Math.max(next.atMs, this.#notBeforeMs);
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#timer?.cancel();
    const cancel = this.#clock.after(Math.max(0, atMs - this.#clock.nowMs()), () => this.#fire());
    this.#timer = { atMs, cancel };
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    for (let taken = 0; taken < MOST_PER_TURN; taken += 1) {
      const next = this.#entries.first;
      if (this.#closed || next === undefined || Math.max(next.atMs, this.#notBeforeMs) > nowMs) break;
      this.#entries.takeFirst();
      this.#run(next);
    }
    this.#arm();
  }

  #run(entry: Entry): void {
    try {
      const lasting = entry.action(entry.atMs);
      if (lasting === undefined) this.#done(entry);
      else
        lasting.then(
          () => this.#done(entry),
          (error: unknown) => this.#failed(entry, error),
        );
    } catch (error) {
      this.#failed(entry, error);
    }
  }

  #done(entry: Entry): void {
    if (entry !== this.#refused) return;
    this.#refused = undefined;
    this.#waitMs = FIRST_WAIT_MS;
    this.#report('HealthOmics: the disk takes what is written again; runs go on.');
  }

  /** Any other action that fails must not stop the clock for all others. */
  #failed(entry: Entry, error: unknown): void {
    if (error instanceof JournalRefusedError) this.#runAgain(entry, error);
    else
      this.#report(`HealthOmics: a step on the clock failed: ${error instanceof Error ? error.stack : String(error)}`);
  }

  #runAgain(entry: Entry, { message }: JournalRefusedError): void {
    if (this.#closed) return;
    if (this.#refused === undefined) {
      this.#refused = entry;
      this.#report(`HealthOmics: ${message}. Runs stand still until that is mended; it is tried again by itself.`);
    }
    this.#notBeforeMs = this.#clock.nowMs() + this.#waitMs;
    this.#waitMs = Math.min(2 * this.#waitMs, LONGEST_WAIT_MS);
    this.#entries.add(entry);
    this.#arm();
  }
}
