/** What the sweeper keeps, for one process only: for a sweep without a deployed ledger. */
import type { Sweeps } from '../ledger/sweeps.ts';
import type { QueuePicture } from '../quota/queue-picture.ts';
import type { Holders } from '../quota/quota-snapshot.ts';
import type { RunDurations } from '../quota/run-durations.ts';
import type { SweepState } from '../quota/sweep-state.ts';

export interface MemorySweeps extends Sweeps {
  /** How many chunks are kept. */
  chunkCount(): number;
}

export function createMemorySweeps(): MemorySweeps {
  const chunks = new Map<string, string>();
  let lease: { readonly holder: string; readonly untilMs: number } | undefined;
  let state: SweepState | undefined;
  let holders: Holders | undefined;
  let queue: QueuePicture | undefined;
  let durations: RunDurations = {};
  return {
    chunkCount: () => chunks.size,
    async acquireLease(holder, { nowMs, untilMs }) {
      if (lease !== undefined && lease.untilMs > nowMs) return false;
      lease = { holder, untilMs };
      return true;
    },
    async releaseLease(holder) {
      if (lease?.holder === holder) lease = undefined;
    },
    readState: async () => state,
    async raiseFence(from, first) {
      if (from?.fence !== state?.fence) return false;
      const next = from ?? first;
      state = { ...next, fence: next.fence + 1 };
      return true;
    },
    async writeState(next) {
      if (state?.fence !== next.fence) return false;
      state = next;
      return true;
    },
    readChunk: async (key) => chunks.get(key),
    async writeChunk(key, text) {
      chunks.set(key, text);
    },
    async removeChunk(key) {
      chunks.delete(key);
    },
    async writeHolders(next) {
      holders = next;
    },
    readHolders: async () => holders,
    async writeQueue(next) {
      queue = next;
    },
    readQueue: async () => queue,
    async writeDurations(next) {
      durations = next;
    },
    readDurations: async () => durations,
  };
}
