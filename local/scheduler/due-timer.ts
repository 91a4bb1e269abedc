/** One timer for the next due moment of all schedules. */
import type { Cancel, Clock } from '../ports.ts';
import { parseSchedule } from './schedule-expression.ts';
import type { KeptSchedule, ScheduleStore } from './schedule-store.ts';

/**
 * The first due moment of a schedule later than `afterMs`, within its StartDate and EndDate; undefined when none is left.
 * A rate without a StartDate is first due when it is created, as on AWS.
 */
function nextDueMs({ definition, createdMs }: KeptSchedule, afterMs: number): number | undefined {
  const times = parseSchedule(definition.ScheduleExpression, definition.ScheduleExpressionTimezone);
  if (times.kind === 'at') return times.next(afterMs, 0);
  const startMs = definition.StartDate === undefined ? createdMs : definition.StartDate * 1000;
  const fromMs = definition.StartDate === undefined ? afterMs : Math.max(afterMs, startMs - 1);
  const dueMs = times.next(fromMs, startMs);
  return dueMs !== undefined && definition.EndDate !== undefined && dueMs > definition.EndDate * 1000
    ? undefined
    : dueMs;
}

export class DueTimer {
  readonly #clock: Clock;
  readonly #store: ScheduleStore;
  readonly #onDue: (kept: KeptSchedule, dueMs: number) => void;
  /** Due moments by schedule; kept while the schedule stays the same object. */
  readonly #due = new Map<KeptSchedule, number | undefined>();
  #cancel: Cancel | undefined;
  #closed = false;

  constructor(clock: Clock, store: ScheduleStore, onDue: (kept: KeptSchedule, dueMs: number) => void) {
    this.#clock = clock;
    this.#store = store;
    this.#onDue = onDue;
  }

  /**
   * Looks again at all schedules and sets the timer. `fresh` has just been made or changed: a rate that begins now is due
   * now. All others count from now on, so that what was missed is not made up.
   */
  rearm(fresh?: KeptSchedule): void {
    if (this.#closed) return;
    const nowMs = this.#clock.nowMs();
    const enabled = this.#store.schedules().filter(({ definition }) => definition.State === 'ENABLED');
    const current = new Set(enabled);
    for (const kept of this.#due.keys()) if (!current.has(kept)) this.#due.delete(kept);
    for (const kept of enabled) {
      if (!this.#due.has(kept)) this.#due.set(kept, nextDueMs(kept, kept === fresh ? nowMs - 1 : nowMs));
    }
    this.#cancel?.();
    const moments = [...this.#due.values()].filter((dueMs) => dueMs !== undefined);
    this.#cancel =
      moments.length === 0 ? undefined : this.#clock.after(Math.min(...moments) - nowMs, () => this.#fire());
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #fire(): void {
    const nowMs = this.#clock.nowMs();
    const due = [...this.#due].filter(
      (entry): entry is [KeptSchedule, number] => entry[1] !== undefined && entry[1] <= nowMs,
    );
    for (const [kept, dueMs] of due) {
      this.#due.set(kept, nextDueMs(kept, nowMs));
      this.#onDue(kept, dueMs);
      if (this.#due.get(kept) === undefined && kept.definition.ActionAfterCompletion === 'DELETE')
        this.#store.remove(kept);
    }
    this.rearm();
  }
}
