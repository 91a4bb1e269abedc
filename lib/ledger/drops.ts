/** Drops in the ledger: every one that a route took, and why, if it was refused. */
import type { Item, Table } from './table.ts';

export type DropState =
  /** Its request is in the ledger. */
  | 'TAKEN'
  /** Waits for the rest of its set. */
  | 'GATHERING'
  /** Cannot start anything; `reason` says why. */
  | 'REJECTED'
  /** The object changed before it was read; the newer version has a drop of its own. */
  | 'SUPERSEDED';

export interface DropRecord {
  readonly dropId: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly versionId?: string;
  readonly sequencer?: string;
  /** When the object was written, ISO. */
  readonly time: string;
  /** When Rundrop first saw it, ISO. */
  readonly receivedAt: string;
  readonly route: string;
  readonly state: DropState;
  readonly reason?: string;
  /** The request that it became part of. */
  readonly identity?: string;
  /** The gather that it is a member of. */
  readonly gatherId?: string;
}

export interface Drops {
  read(dropId: string): Promise<DropRecord | undefined>;
  /** Writes the drop unless it is there already; returns what the ledger holds. */
  record(drop: DropRecord): Promise<DropRecord>;
  /** Moves a drop to another state; one that belongs to a request stays with it. */
  change(
    dropId: string,
    to: Pick<DropRecord, 'state'> & Partial<Pick<DropRecord, 'reason' | 'identity'>>,
  ): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<readonly DropRecord[]>;
}

export function createDrops(table: Table): Drops {
  const key = (dropId: string) => ({ pk: `DROP#${dropId}`, sk: 'DROP' });
  const read = async (dropId: string) => {
    const item = await table.get(key(dropId));
    return item === undefined ? undefined : recordOf(item);
  };
  return {
    read,
    async record(drop) {
      const item = { ...key(drop.dropId), ...drop, listed: 'DROPS', listedAt: `${drop.receivedAt}#${drop.dropId}` };
      if (await table.put(item, { expression: 'attribute_not_exists(pk)' })) return drop;
      return (await read(drop.dropId)) ?? drop;
    },
    async change(dropId, { state, reason, identity }) {
      const sets = ['#state = :state'];
      const removes: string[] = [];
      if (reason === undefined) removes.push('reason');
      else sets.push('reason = :reason');
      if (identity !== undefined) sets.push('#identity = :identity');
      await table.update(key(dropId), {
        UpdateExpression: `SET ${sets.join(', ')}${removes.length === 0 ? '' : ` REMOVE ${removes.join(', ')}`}`,
        expression: 'attribute_exists(pk) AND attribute_not_exists(#identity)',
        names: { '#state': 'state', '#identity': 'identity' },
        values: {
          ':state': state,
          ...(reason === undefined ? {} : { ':reason': reason }),
          ...(identity === undefined ? {} : { ':identity': identity }),
        },
      });
    },
    async list(limit) {
      return (await table.nominated('listed', 'DROPS', { limit, newestFirst: true })).map(recordOf);
    },
  };
}

function recordOf(item: Item): DropRecord {
  const { pk: _pk, sk: _sk, listed: _listed, listedAt: _at, ...record } = item;
  return record as unknown as DropRecord;
}
