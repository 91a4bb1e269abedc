/** The sweeper's pictures of the account's stored runs, newest first. */
import type { QuotaSnapshot } from '../quota/quota-snapshot.ts';
import type { Table } from './table.ts';

export interface Snapshots {
  write(snapshot: QuotaSnapshot): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<readonly QuotaSnapshot[]>;
  /** Retention modes that one GetRun each has taught; by run uuid or, from ListRuns, id and creation time. */
  knownMode(run: string): Promise<string | undefined>;
  rememberMode(run: string, retentionMode: string): Promise<void>;
}

export function createSnapshots(table: Table): Snapshots {
  return {
    async write(snapshot) {
      const key = { pk: 'SNAPSHOT', sk: snapshot.takenAt };
      await table.put({ ...key, ...snapshot, listed: 'SNAPSHOTS', listedAt: snapshot.takenAt });
    },
    async list(limit) {
      const items = await table.nominated('listed', 'SNAPSHOTS', { limit, newestFirst: true });
      return items.map(
        ({ pk: _pk, sk: _sk, listed: _l, listedAt: _at, ...snapshot }) => snapshot as unknown as QuotaSnapshot,
      );
    },
    async knownMode(run) {
      const item = await table.get({ pk: `MODE#${run}`, sk: 'MODE' });
      return item === undefined ? undefined : String(item.retentionMode);
    },
    async rememberMode(run, retentionMode) {
      await table.put({ pk: `MODE#${run}`, sk: 'MODE', retentionMode });
    },
  };
}
