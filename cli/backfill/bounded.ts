/** Calls in bounded numbers: so many at a time, so many a second. */

/** Results in the order of the items. The first failure ends it, once what was under way has settled. */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next;
      next += 1;
      try {
        results[index] = await run(items[index] as Item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  return results;
}

export interface PacingClock {
  nowMs(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Waits until `count` more may go, at `perSecond` on average and never more than a second's worth at once. */
export function createPacer(perSecond: number, clock: PacingClock): (count: number) => Promise<void> {
  let freeAtMs = clock.nowMs();
  return async (count) => {
    const nowMs = clock.nowMs();
    const waitMs = Math.max(0, freeAtMs - nowMs);
    freeAtMs = Math.max(freeAtMs, nowMs) + (count * 1_000) / perSecond;
    if (waitMs > 0) await clock.sleep(waitMs);
  };
}
