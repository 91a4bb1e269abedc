/** The sweeper's pictures of the account's stored runs, and what it noticed of runs of ours that are gone. */
import type { GoneHow } from '../quota/gone-runs.ts';
import type { QuotaSnapshot } from '../quota/quota-snapshot.ts';
import type { Table } from './table.ts';

/** A stored run of ours that HealthOmics does not have any more. The request's own record stays as it was. */
export interface GoneRun {
  readonly identity: string;
  readonly attempt: number;
  readonly runId: string;
  readonly uuid: string;
  /** ISO. */
  readonly noticedAt: string;
  /**
   * `retention`: removed by HealthOmics to make room. `deleted`: somebody deleted it. `pruned`: the sweeper did, by the
   * route file's `prune`. `unclear`: it could be either of the first two.
   */
  readonly how: GoneHow;
}

export interface Snapshots {
  write(snapshot: QuotaSnapshot): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<readonly QuotaSnapshot[]>;
  noteGone(run: GoneRun): Promise<void>;
  /** What was noticed of a request's runs, oldest attempt first. */
  goneOf(identity: string): Promise<readonly GoneRun[]>;
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
    async noteGone(run) {
      const key = { pk: `REQUEST#${run.identity}`, sk: `GONE#${String(run.attempt).padStart(4, '0')}` };
      // The first notice stays.
      await table.put({ ...key, ...run }, { expression: 'attribute_not_exists(pk)' });
    },
    async goneOf(identity) {
      const items = await table.partition(`REQUEST#${identity}`, 'GONE#');
      return items.map(({ pk: _pk, sk: _sk, ...run }) => run as unknown as GoneRun);
    },
  };
}
