/** When the next StartRun may go out: at the account's rate, few at a time, and more slowly after each that was throttled. */
import type { Clock } from './ports.ts';

/** On the way at once. So many meet a full quota at most before the first answer says so. */
const MOST_CALLS = 4;
const FIRST_BACKOFF_MS = 500;
/** Well below the time of an invocation, so that each can wait for at least one call's place. */
const LONGEST_PAUSE_MS = 10_000;

export interface StartPaceOptions {
  readonly callsPerSecond: number;
  readonly deadlineMs: number;
  /** Where an invocation before this one ended: the end of its last call's own time. */
  readonly takenMs?: number;
}

export class StartPace {
  readonly #clock: Clock;
  readonly #pauseMs: number;
  readonly #deadlineMs: number;
  readonly #calls = new Set<Promise<unknown>>();
  #nextMs: number;
  /** The end of the own time of this invocation's last call. */
  #takenMs: number;
  #most = MOST_CALLS;

  constructor(clock: Clock, { callsPerSecond, deadlineMs, takenMs = 0 }: StartPaceOptions) {
    this.#clock = clock;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 1000 / Math.max(0.01, callsPerSecond));
    this.#deadlineMs = deadlineMs;
    const nowMs = clock.nowMs();
    // A call's time is never longer than a pause, whatever another machine's clock said.
    this.#nextMs = Math.max(nowMs, Math.min(takenMs, nowMs + this.#pauseMs));
    this.#takenMs = nowMs;
  }

  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** Waits for one call's place; `false` when time is up before. One waits at a time. */
  async place(): Promise<boolean> {
    while (this.#calls.size >= this.#most) await Promise.race(this.#calls);
    // A call that is throttled meanwhile puts the place off.
    for (let due = this.#nextMs; due > this.#clock.nowMs(); due = this.#nextMs) {
      if (due >= this.#deadlineMs) return false;
      await this.#clock.sleep(due - this.#clock.nowMs());
    }
    if (this.#clock.nowMs() >= this.#deadlineMs) return false;
    this.#nextMs = this.#clock.nowMs() + this.#pauseMs;
    this.#takenMs = this.#nextMs;
    return true;
  }

  /** The call that took the place. */
  watch(call: Promise<unknown>): void {
    const landed: Promise<unknown> = call.catch(() => undefined).finally(() => this.#calls.delete(landed));
    this.#calls.add(landed);
  }

  /** So many calls in a row were throttled: the next ones go one by one, and later. */
  slowDown(throttledInRow: number): void {
    this.#most = 1;
    this.#nextMs = Math.max(this.#nextMs, this.#clock.nowMs() + FIRST_BACKOFF_MS * 2 ** throttledInRow);
  }

  goOn(): void {
    this.#most = MOST_CALLS;
  }

  /** The end of the last call's own time, when that is still to come: the next invocation has to know it to keep the pace. */
  get takenMs(): number | undefined {
    return this.#takenMs > this.#clock.nowMs() ? this.#takenMs : undefined;
  }

  /** Lets that time pass here, where nobody can be told of it. */
  async rest(): Promise<void> {
    await this.#clock.sleep(Math.max(0, Math.min(this.#takenMs, this.#deadlineMs) - this.#clock.nowMs()));
  }
}
