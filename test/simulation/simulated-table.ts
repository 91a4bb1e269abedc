/** DynamoDB as the ledger uses it: conditional writes that are atomic, and two indexes that lag behind. */
import type { Condition, IndexName, Item, ItemKey, Table } from '../../lib/ledger/table.ts';
import { holds, updated } from './expressions.ts';

const SORT_KEYS = { open: 'openSince', line: 'lineOrder', listed: 'listedAt' } as const;

/** One state of an item, and when the indexes show it. */
interface Version {
  readonly visibleMs: number;
  readonly item: Item | undefined;
}

/** Called after every write, with what was there before. */
export type WriteObserver = (before: Item | undefined, after: Item | undefined) => void;

export class TableStore {
  readonly items = new Map<string, Item>();
  readonly #versions = new Map<string, Version[]>();
  readonly observers: WriteObserver[] = [];
  /** Conditional writes that met another writer, and items that an index showed as they are no more. */
  conflicts = 0;
  staleReads = 0;
  readonly #nowMs: () => number;
  readonly #lagMs: () => number;

  constructor(nowMs: () => number, lagMs: () => number) {
    this.#nowMs = nowMs;
    this.#lagMs = lagMs;
  }

  get({ pk, sk }: ItemKey): Item | undefined {
    return this.items.get(`${pk}|${sk}`);
  }

  write(key: ItemKey, item: Item | undefined): void {
    const id = `${key.pk}|${key.sk}`;
    const before = this.items.get(id);
    // What is not JSON does not reach the table, and nobody shares an object with it.
    const after = item === undefined ? undefined : (JSON.parse(JSON.stringify(item)) as Item);
    if (after === undefined) this.items.delete(id);
    else this.items.set(id, after);
    if (isIndexed(before) || isIndexed(after)) this.#remember(id, after);
    for (const observe of this.observers) observe(before, after);
  }

  /** Deletes what has expired, as DynamoDB does when it comes to it. */
  expire(key: ItemKey): void {
    const expiresAt = this.get(key)?.expiresAt;
    if (typeof expiresAt === 'number' && expiresAt * 1000 <= this.#nowMs()) this.write(key, undefined);
  }

  /** In the order of the sort key. */
  partition(pk: string, skPrefix: string): Item[] {
    const from = `${pk}|${skPrefix}`;
    const found: Item[] = [];
    for (const [id, item] of this.items) if (id.startsWith(from)) found.push(item);
    return found.sort((a, b) => compare(String(a.sk), String(b.sk)));
  }

  nominated(index: IndexName, hash: string): Item[] {
    const found: Item[] = [];
    for (const id of this.#versions.keys()) {
      const item = this.stale(id);
      if (item?.[index] !== hash) continue;
      if (item !== this.items.get(id)) this.staleReads += 1;
      found.push(item);
    }
    const sort = SORT_KEYS[index];
    return found.sort((a, b) => compare(String(a[sort]), String(b[sort])));
  }

  /** The item as the indexes show it now. */
  stale(id: string): Item | undefined {
    const versions = this.#versions.get(id);
    if (versions === undefined) return undefined;
    const nowMs = this.#nowMs();
    while (versions.length > 1 && (versions[1]?.visibleMs ?? 0) <= nowMs) versions.shift();
    const [first] = versions;
    return first !== undefined && first.visibleMs <= nowMs ? first.item : undefined;
  }

  /** Whether an item of that hash is, or is still shown, in the index. */
  hasOpen(isOpen: (hash: string, item: Item) => boolean): boolean {
    for (const [id, versions] of this.#versions) {
      const now = this.items.get(id);
      if (typeof now?.open === 'string' && isOpen(now.open, now)) return true;
      this.stale(id);
      if (versions.some(({ item }) => typeof item?.open === 'string' && isOpen(item.open, item))) return true;
    }
    return false;
  }

  /** An item's versions reach the indexes in their order. */
  #remember(id: string, item: Item | undefined): void {
    const versions = this.#versions.get(id) ?? [];
    const earliest = versions.at(-1)?.visibleMs ?? 0;
    versions.push({ visibleMs: Math.max(earliest, this.#nowMs() + this.#lagMs()), item });
    this.#versions.set(id, versions);
  }
}

function isIndexed(item: Item | undefined): boolean {
  return item?.open !== undefined || item?.listed !== undefined;
}

/** How a call gets to the service and back; what an invocation holds instead of a network. */
export type Caller = <T>(name: string, effect: () => T) => Promise<T>;

/** The ledger's table over a store, each call through `call`. */
export function simulatedTable(store: TableStore, call: Caller): Table {
  const isAllowed = (key: ItemKey, condition: Condition | undefined) => {
    if (condition === undefined || holds(condition.expression, store.get(key), condition)) return true;
    // Other conditions ask whether something was done already.
    if (condition.expression.includes('revision = ')) store.conflicts += 1;
    return false;
  };
  const shown = ({ pk, sk }: ItemKey) => `${pk} ${sk}`;
  let readsUnderWay = 0;
  return {
    async get(key) {
      // Reads of one moment travel together (lib/ledger/read-together.ts), which IAM sees as another action.
      const name = readsUnderWay === 0 ? 'table.get' : 'table.getTogether';
      readsUnderWay += 1;
      try {
        return await call(`${name} ${shown(key)}`, () => store.get(key));
      } finally {
        readsUnderWay -= 1;
      }
    },
    put: (item, condition) =>
      call(`table.put ${shown(item)}`, () => {
        if (!isAllowed(item, condition)) return false;
        store.write(item, item);
        return true;
      }),
    removeIf: (key, condition) =>
      call(`table.remove ${shown(key)}`, () => {
        if (!isAllowed(key, condition)) return false;
        if (store.get(key) !== undefined) store.write(key, undefined);
        return true;
      }),
    update: (key, { UpdateExpression = '', ...condition }) =>
      call(`table.update ${shown(key)}`, () => {
        if (!isAllowed(key, condition)) return false;
        store.write(key, updated(UpdateExpression, store.get(key) ?? { ...key }, condition));
        return true;
      }),
    partition: (pk, skPrefix = '') => call(`table.partition ${pk} ${skPrefix}`, () => store.partition(pk, skPrefix)),
    nominated: (index, hash, { limit, newestFirst, after }) =>
      call(`table.nominated ${index} ${hash}`, () => {
        const all = store.nominated(index, hash);
        const found = after === undefined ? all : all.filter((item) => String(item[SORT_KEYS[index]]) > after);
        return (newestFirst === true ? found.reverse() : found).slice(0, limit);
      }),
  };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
