import type { Clock } from './ports.ts';

/** setTimeout fires at once above this many milliseconds (24.8 days), so longer waits are cut into hops. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, action) {
    const endMs = Date.now() + delayMs;
    let timer: NodeJS.Timeout;
    const hop = () => {
      const leftMs = endMs - Date.now();
      if (leftMs <= 0) action();
      else arm(leftMs);
    };
    const arm = (leftMs: number) => {
      timer = setTimeout(hop, Math.min(leftMs, LONGEST_TIMER_MS));
      timer.unref();
    };
    arm(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
