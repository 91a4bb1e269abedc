/** What the sweeper keeps in the ledger: a lease, its state, the stored runs in chunks, and who holds them. */

import type { QueuePicture } from '../quota/queue-picture.ts';
import type { Holders } from '../quota/quota-snapshot.ts';
import type { RunDurations } from '../quota/run-durations.ts';
import type { SweepState } from '../quota/sweep-state.ts';
import type { Table } from './table.ts';

export interface Sweeps {
  /** Whether the lease is this holder's until `untilMs`: `false` while somebody else's has not run out. */
  acquireLease(holder: string, times: { readonly nowMs: number; readonly untilMs: number }): Promise<boolean>;
  releaseLease(holder: string): Promise<void>;
  /** A consistent read; `undefined` before the first sweep. */
  readState(): Promise<SweepState | undefined>;
  /** Raises the fence by one. `false`: another sweep raised it meanwhile. */
  raiseFence(from: SweepState | undefined, first: SweepState): Promise<boolean>;
  /** Writes unless a later sweep has raised the fence. */
  writeState(state: SweepState): Promise<boolean>;
  /** `undefined` when there is no such chunk (any more). */
  readChunk(key: string): Promise<string | undefined>;
  /** Kept for 60 days from `nowMs`: chunks that are in use are written anew before. */
  writeChunk(key: string, text: string, nowMs: number): Promise<void>;
  removeChunk(key: string): Promise<void>;
  writeHolders(holders: Holders): Promise<void>;
  readHolders(): Promise<Holders | undefined>;
  writeQueue(queue: QueuePicture): Promise<void>;
  readQueue(): Promise<QueuePicture | undefined>;
  writeDurations(durations: RunDurations): Promise<void>;
  /** Empty before the first sweep. */
  readDurations(): Promise<RunDurations>;
}

const LEASE = { pk: 'SWEEP', sk: 'LEASE' };
const STATE = { pk: 'SWEEP', sk: 'STATE' };
const HOLDERS = { pk: 'SWEEP', sk: 'HOLDERS' };
const QUEUE = { pk: 'SWEEP', sk: 'QUEUE' };
const DURATIONS = { pk: 'SWEEP', sk: 'DURATIONS' };
const CHUNK_LIFE_SECONDS = 60 * 24 * 3600;

export function createSweeps(table: Table): Sweeps {
  const chunk = (key: string) => ({ pk: `SWEEP#CHUNK#${key}`, sk: 'CHUNK' });
  return {
    acquireLease: (holder, { nowMs, untilMs }) =>
      table.put(
        { ...LEASE, holder, untilMs, expiresAt: Math.ceil(untilMs / 1000) },
        // Its own, should the answer to a first try of this write have been lost.
        {
          expression: 'attribute_not_exists(pk) OR untilMs <= :now OR holder = :holder',
          values: { ':now': nowMs, ':holder': holder },
        },
      ),
    async releaseLease(holder) {
      await table.removeIf(LEASE, { expression: 'holder = :holder', values: { ':holder': holder } });
    },
    async readState() {
      const item = await table.get(STATE);
      if (item === undefined) return undefined;
      const { pk: _pk, sk: _sk, ...state } = item;
      return state as unknown as SweepState;
    },
    raiseFence: (from, first) =>
      from === undefined
        ? table.put({ ...STATE, ...first, fence: first.fence + 1 }, { expression: 'attribute_not_exists(pk)' })
        : table.put(
            { ...STATE, ...from, fence: from.fence + 1 },
            { expression: 'fence = :fence', values: { ':fence': from.fence } },
          ),
    writeState: (state) =>
      table.put({ ...STATE, ...state }, { expression: 'fence = :fence', values: { ':fence': state.fence } }),
    async readChunk(key) {
      const item = await table.get(chunk(key));
      return typeof item?.text === 'string' ? item.text : undefined;
    },
    async writeChunk(key, text, nowMs) {
      await table.put({ ...chunk(key), text, expiresAt: Math.ceil(nowMs / 1000) + CHUNK_LIFE_SECONDS });
    },
    async removeChunk(key) {
      await table.removeIf(chunk(key), { expression: 'attribute_exists(pk)' });
    },
    async writeHolders(holders) {
      await table.put({ ...HOLDERS, ...holders });
    },
    async readHolders() {
      const item = await table.get(HOLDERS);
      if (item === undefined) return undefined;
      const { pk: _pk, sk: _sk, ...holders } = item;
      return holders as unknown as Holders;
    },
    async writeQueue(queue) {
      await table.put({ ...QUEUE, ...queue });
    },
    async readQueue() {
      const item = await table.get(QUEUE);
      if (item === undefined) return undefined;
      const { pk: _pk, sk: _sk, ...queue } = item;
      return queue as unknown as QueuePicture;
    },
    async writeDurations(durations) {
      await table.put({ ...DURATIONS, durations });
    },
    async readDurations() {
      return ((await table.get(DURATIONS))?.durations ?? {}) as RunDurations;
    },
  };
}
