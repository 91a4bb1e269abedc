/** What people did by hand, by time: also to what has no record of its own, such as messages of the dead-letter queues. */
import type { Act } from '../runs/request-record.ts';
import type { Table } from './table.ts';

export interface ListedAct extends Act {
  readonly id: string;
  /** Ids of what it was done to: requests, drops, messages. The first ones, of very many. */
  readonly to: readonly string[];
  readonly count: number;
}

export interface Acts {
  record(act: ListedAct): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<readonly ListedAct[]>;
}

export function createActs(table: Table): Acts {
  return {
    async record(act) {
      await table.put({ pk: `ACT#${act.id}`, sk: 'ACT', ...act, listed: 'ACTS', listedAt: `${act.at}#${act.id}` });
    },
    async list(limit) {
      const items = await table.nominated('listed', 'ACTS', { limit, newestFirst: true });
      return items.map(({ pk: _pk, sk: _sk, listed: _l, listedAt: _at, ...act }) => act as unknown as ListedAct);
    },
  };
}
