/** The index `line`: what waits to start, sorted by falling priority, then route, then age. */
import { type LineEntry, lineEntryOf } from '../runs/line-entry.ts';
import type { RequestRecord } from '../runs/request-record.ts';
import type { Item, Table } from './table.ts';

const HASH = 'WAITING';
const HIGHEST_PRIORITY = 999_999_999;
/** More pairs of priority and route than any route file makes. */
const MOST_GROUPS = 5_000;

/** What puts a request's item into the index; nothing while it does not wait. */
export function lineItem(record: RequestRecord): Item {
  if (record.state !== 'WAITING') return {};
  const { priority, route, since, retentionMode } = lineEntryOf(record);
  const falling = HIGHEST_PRIORITY - Math.min(HIGHEST_PRIORITY, Math.max(0, Math.trunc(priority)));
  return {
    line: HASH,
    lineOrder: `${String(falling).padStart(9, '0')}#${route}#${since}`,
    lineMode: retentionMode,
  };
}

export function withoutLine({ line: _line, lineOrder: _order, lineMode: _mode, ...rest }: Item): Item {
  return rest;
}

/** Of each priority and route those that wait longest, at least `each` where there are as many: a query may go on behind a route. */
export async function readLine(table: Table, each: number): Promise<readonly LineEntry[]> {
  const entries: LineEntry[] = [];
  let after: string | undefined;
  for (let group = 0; group < MOST_GROUPS; group += 1) {
    const options = after === undefined ? { limit: each } : { limit: each, after };
    const items = await table.nominated('line', HASH, options);
    entries.push(...items.map(entryOf));
    const last = items.at(-1);
    if (last === undefined || items.length < each) break;
    after = behindRoute(String(last.lineOrder));
  }
  return entries;
}

/** `~` sorts behind everything that a time is written with. */
function behindRoute(lineOrder: string): string {
  return `${lineOrder.slice(0, lineOrder.lastIndexOf('#'))}#~`;
}

function entryOf({ pk, lineOrder, lineMode, reason, onQuota }: Item): LineEntry {
  const [falling = '0', route = '', since = ''] = String(lineOrder).split('#');
  return {
    identity: String(pk).replace(/^REQUEST#/, ''),
    route,
    priority: HIGHEST_PRIORITY - Number(falling),
    since,
    retentionMode: lineMode === 'REMOVE' ? 'REMOVE' : 'RETAIN',
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(onQuota === 'reject' ? { onQuota } : {}),
  };
}
