/** Every stored run that the sweeper deleted, or was about to: written before DeleteRun is called. Records never expire. */
import type { RunOwner } from '../quota/stored-run.ts';
import type { EvidenceMark } from '../runs/request-record.ts';
import type { Item, Table } from './table.ts';

/**
 * INTENDED: its evidence is kept and DeleteRun may have been called. DELETED: HealthOmics took the call, or does not
 * have the run any more. NOT_DELETED: it was left alone after all; `reason` says why.
 */
export type DeletionState = 'INTENDED' | 'DELETED' | 'NOT_DELETED';

export interface Deletion {
  readonly uuid: string;
  readonly runId: string;
  readonly state: DeletionState;
  /** Of the sweep that intends it: an earlier sweep may not settle what a later one took over. */
  readonly fence: number;
  /** ISO, all of them. */
  readonly intendedAt: string;
  readonly createdAt: string;
  readonly stoppedAt: string;
  readonly settledAt?: string;
  readonly status: string;
  readonly owner: RunOwner;
  /** Of our own runs: the request and its attempt. */
  readonly identity?: string;
  readonly attempt?: number;
  /** The run's full record. */
  readonly evidence: EvidenceMark;
  readonly reason?: string;
}

export type DeletionEnd = Pick<Deletion, 'settledAt' | 'reason'> & { readonly state: 'DELETED' | 'NOT_DELETED' };

export interface Deletions {
  /** Whether it is this sweep's now: `false` when it is deleted already, or a later sweep has it. */
  intend(deletion: Deletion): Promise<boolean>;
  /** Whether it was still this sweep's. */
  settle(deletion: Deletion, end: DeletionEnd): Promise<boolean>;
  /** What was intended and never settled, oldest first; read each again before acting. */
  unsettled(limit: number): Promise<readonly Deletion[]>;
  /** Newest first. */
  list(limit: number): Promise<readonly Deletion[]>;
}

const OPEN = 'DELETION';

export function createDeletions(table: Table): Deletions {
  const key = ({ uuid }: Pick<Deletion, 'uuid'>) => ({ pk: `DELETION#${uuid}`, sk: 'DELETION' });
  return {
    intend: (deletion) =>
      table.put(
        { ...listed(deletion), open: OPEN, openSince: deletion.intendedAt },
        {
          expression: 'attribute_not_exists(pk) OR #state <> :deleted AND fence < :fence',
          names: { '#state': 'state' },
          values: { ':deleted': 'DELETED', ':fence': deletion.fence },
        },
      ),
    settle: (deletion, end) =>
      table.put(listed({ ...deletion, ...end }), {
        expression: 'fence = :fence AND #state = :intended',
        names: { '#state': 'state' },
        values: { ':fence': deletion.fence, ':intended': 'INTENDED' },
      }),
    async unsettled(limit) {
      const deletions: Deletion[] = [];
      for (const item of await table.nominated('open', OPEN, { limit })) {
        const latest = await table.get(key({ uuid: String(item.uuid) }));
        if (latest?.state === 'INTENDED') deletions.push(deletionOf(latest));
      }
      return deletions;
    },
    async list(limit) {
      return (await table.nominated('listed', 'DELETIONS', { limit, newestFirst: true })).map(deletionOf);
    },
  };

  function listed(deletion: Deletion) {
    return { ...key(deletion), ...deletion, listed: 'DELETIONS', listedAt: `${deletion.intendedAt}#${deletion.uuid}` };
  }
}

function deletionOf(item: Item): Deletion {
  const { pk: _pk, sk: _sk, listed: _listed, listedAt: _at, open: _open, openSince: _since, ...deletion } = item;
  return deletion as unknown as Deletion;
}
