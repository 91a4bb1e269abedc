import type { Clock } from '../../local/ports.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly action: () => void;
}

export interface ManualClock extends Clock {
  /** Moves time forward, firing each timer at its own moment, in order; work that a timer starts is let settle before the next. */
  advanceBy(durationMs: number): Promise<void>;
  /** How many timers are waiting. */
  readonly waiting: number;
}

/** How often the event loop turns after each timer, so that promise chains and loopback I/O that it began move on. */
const TURNS_AFTER_A_TIMER = 4;

/** Time that only moves when a test says so. */
export function createManualClock(startMs = Date.UTC(2026, 0, 5, 12, 0, 0)): ManualClock {
  let nowMs = startMs;
  let order = 0;
  const timers = new Set<Timer>();

  const nextDue = (untilMs: number): Timer | undefined =>
    [...timers]
      .filter((timer) => timer.dueMs <= untilMs)
      .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)
      .at(0);

  return {
    nowMs: () => nowMs,
    after(delayMs, action) {
      order += 1;
      const timer = { dueMs: nowMs + Math.max(0, delayMs), order, action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advanceBy(durationMs) {
      const endMs = nowMs + durationMs;
      await settle();
      for (let timer = nextDue(endMs); timer !== undefined; timer = nextDue(endMs)) {
        timers.delete(timer);
        nowMs = timer.dueMs;
        timer.action();
        await settle();
      }
      nowMs = endMs;
    },
    get waiting() {
      return timers.size;
    },
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS_AFTER_A_TIMER; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
