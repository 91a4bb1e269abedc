import type { FauxqsQueue } from '../fauxqs-app.ts';
import type { Clock } from '../ports.ts';

/**
 * Waits until the queue may have a message to give: one was sent, a group was unlocked, a visibility timeout or a delay
 * ran out, or `waitMs` passed, or the signal was aborted. Fauxqs's own wait looks at the queue 50 times a second.
 */
export function waitForMessages(
  queue: FauxqsQueue,
  options: { readonly waitMs: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, signal } = options;
  return new Promise((resolve) => {
    const waiter = { resolve: done, timer: undefined };
    const cancel = clock.after(Math.max(0, Math.min(options.waitMs, untilNextDueMs(queue))), done);
    queue.pollWaiters.push(waiter);
    signal.addEventListener('abort', done, { once: true });
    function done() {
      cancel();
      signal.removeEventListener('abort', done);
      queue.pollWaiters = queue.pollWaiters.filter((other) => other !== waiter);
      resolve();
    }
  });
}

/** Milliseconds until a message in flight or delayed is next due. Fauxqs keeps those times by the machine's clock. */
function untilNextDueMs(queue: FauxqsQueue): number {
  let dueMs = Number.POSITIVE_INFINITY;
  for (const { visibilityDeadline } of queue.inflightMessages.values()) dueMs = Math.min(dueMs, visibilityDeadline);
  for (const delayed of [queue.delayedMessages, ...queue.fifoDelayed.values()]) {
    for (const { delayUntil } of delayed) dueMs = Math.min(dueMs, delayUntil ?? dueMs);
  }
  return dueMs - Date.now();
}
