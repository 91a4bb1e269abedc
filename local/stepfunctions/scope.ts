import type { Cancel, Clock } from '../ports.ts';
import { Cancelled } from './failures.ts';

/** A tree of cancellations: an execution, and under it the branches of its Parallel and Map states. */
export class Scope {
  readonly #clock: Clock;
  readonly #actions = new Set<() => void>();
  readonly #leaveParent: Cancel | undefined;
  #cancelled = false;

  constructor(clock: Clock, parent?: Scope) {
    this.#clock = clock;
    this.#leaveParent = parent?.onCancel(() => this.cancel());
  }

  child(): Scope {
    return new Scope(this.#clock, this);
  }

  /** Calls `action` once when the scope is cancelled, at once if it is already. Returns the way to take that back. */
  onCancel(action: () => void): Cancel {
    if (this.#cancelled) {
      action();
      return () => {};
    }
    this.#actions.add(action);
    return () => this.#actions.delete(action);
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#leaveParent?.();
    const actions = [...this.#actions];
    this.#actions.clear();
    for (const action of actions) action();
  }

  /** Resolves after `delayMs`, however long that is. @throws Cancelled when the scope ends first. */
  pause(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#cancelled) {
        reject(new Cancelled('The execution was stopped.'));
        return;
      }
      const forget = this.onCancel(() => {
        stopTimer();
        reject(new Cancelled('The execution was stopped.'));
      });
      const stopTimer = this.#clock.after(Math.max(0, delayMs), () => {
        forget();
        resolve();
      });
    });
  }
}
