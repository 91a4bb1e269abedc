/** Numbers that only go up, to a bound: how many runs of a route started on a day. */
import type { Table } from './table.ts';

/** Long enough to look at yesterday's. */
const LIFE_SECONDS = 7 * 24 * 3600;

export interface Counters {
  /** Counts one more; `false`, and nothing counted, when there are `most` already. */
  countUp(name: string, most: number, nowMs: number): Promise<boolean>;
}

export function createCounters(table: Table): Counters {
  return {
    countUp(name, most, nowMs) {
      return table.update(
        { pk: `COUNTER#${name}`, sk: 'COUNTER' },
        {
          UpdateExpression: 'SET expiresAt = :expiresAt ADD #count :one',
          expression: 'attribute_not_exists(#count) OR #count < :most',
          names: { '#count': 'count' },
          values: { ':one': 1, ':most': most, ':expiresAt': Math.floor(nowMs / 1000) + LIFE_SECONDS },
        },
      );
    },
  };
}
