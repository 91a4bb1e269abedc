/** What a person does to a drop that came to nothing. */
import type { Act } from '../runs/request-record.ts';
import type { Table } from './table.ts';

export interface DropActs {
  /**
   * Lets the next delivery of a drop that came to nothing decide anew: a sheet is read again, row by row. `false` when
   * it has moved on meanwhile, or is not there.
   */
  reopen(
    drop: {
      readonly dropId: string;
      readonly state: string;
      readonly sheet?: unknown;
      readonly acts?: readonly Act[];
      readonly reopened?: number;
    },
    act: Act,
  ): Promise<boolean>;
  /** A drop that was reopened is taken, maybe by another route than before. */
  retake(
    dropId: string,
    to: { readonly state: 'TAKEN' | 'GATHERING' | 'READING'; readonly route: string; readonly at: string },
  ): Promise<void>;
  /** Lets a sheet's rows be claimed for another while: should some stay unclaimed, that is news. `false` as above. */
  readOn(drop: { readonly dropId: string; readonly acts?: readonly Act[] }, act: Act): Promise<boolean>;
  /** Keeps what a person did, and changes nothing else. */
  note(drop: { readonly dropId: string; readonly acts?: readonly Act[] }, act: Act): Promise<void>;
}

/** So many are kept, the newest. */
const MOST_ACTS = 100;

export function createDropActs(table: Table): DropActs {
  const key = (dropId: string) => ({ pk: `DROP#${dropId}`, sk: 'DROP' });
  return {
    reopen({ dropId, state, sheet, acts = [], reopened = 0 }, act) {
      // Rows that were claimed are known by what they say, so that reading them again asks for nothing twice.
      const isSheet = sheet !== undefined;
      const open = isSheet ? ', #open = :to, openSince = :at' : '';
      // Should it be rejected again, that is news.
      const told = 'reason, reasonCode, announcedAt, notifiedAt';
      return table.update(key(dropId), {
        UpdateExpression: `SET #state = :to, acts = :acts, reopened = :times${open} REMOVE ${told}, ${isSheet ? 'sheet, stuckAnnouncedAt, stuckSince' : '#open, openSince'}`,
        expression: 'attribute_exists(pk) AND attribute_not_exists(#identity) AND #state = :from',
        names: { '#state': 'state', '#identity': 'identity', '#open': 'open' },
        values: {
          ':to': isSheet ? 'READING' : 'REPLAYED',
          ':from': state,
          ':times': reopened + 1,
          ':acts': [...acts, act].slice(-MOST_ACTS),
          ...(isSheet ? { ':at': act.at } : {}),
        },
      });
    },
    async retake(dropId, { state, route, at }) {
      const isSheet = state === 'READING';
      await table.update(key(dropId), {
        UpdateExpression: `SET #state = :to, #route = :route${isSheet ? ', #open = :to, openSince = :at' : ''}`,
        expression: '#state = :replayed',
        names: { '#state': 'state', '#route': 'route', ...(isSheet ? { '#open': 'open' } : {}) },
        values: { ':to': state, ':route': route, ':replayed': 'REPLAYED', ...(isSheet ? { ':at': at } : {}) },
      });
    },
    readOn({ dropId, acts = [] }, act) {
      return table.update(key(dropId), {
        UpdateExpression: 'SET acts = :acts, #open = :reading, openSince = :at REMOVE stuckAnnouncedAt, stuckSince',
        expression: '#state = :reading',
        names: { '#state': 'state', '#open': 'open' },
        values: { ':acts': [...acts, act].slice(-MOST_ACTS), ':reading': 'READING', ':at': act.at },
      });
    },
    async note({ dropId, acts = [] }, act) {
      await table.update(key(dropId), {
        UpdateExpression: 'SET acts = :acts',
        expression: 'attribute_exists(pk)',
        values: { ':acts': [...acts, act].slice(-MOST_ACTS) },
      });
    },
  };
}
