/**
 * Dynalite writes an item's index entries one by one, and the item after them: a process that is killed in between
 * leaves an entry of an item that never was, or an item that its index has lost. On AWS an index catches up in the end.
 * So here an item and its entries are one batch of the database, which is there whole or not at all.
 */
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';

type Done = (error?: unknown) => void;
type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: JsonObject }
  | { readonly type: 'del'; readonly key: string };

interface ItemDb {
  put(key: string, value: JsonObject, done: Done): void;
  del(key: string, done: Done): void;
}

/** What of dynalite's store is needed here. */
export interface ItemStore {
  readonly db: { batch(writes: readonly Write[], done: Done): void };
  getItemDb(table: string): ItemDb;
}

interface IndexActions {
  readonly puts: readonly { readonly index: string; readonly key: string; readonly item: JsonObject }[];
  readonly deletes: readonly { readonly index: string; readonly key: string }[];
}

interface DynaliteDb {
  getIndexActions(indexes: unknown, before: unknown, after: unknown, table: JsonObject): IndexActions;
  updateIndexes(store: ItemStore, table: JsonObject, before: unknown, after: unknown, done: Done): void;
}

const INDEX_TYPES = ['Local', 'Global'] as const;
/** The index entries that belong to the write which dynalite makes next, in the same turn. */
const nextWrites = new WeakMap<ItemStore, readonly Write[]>();

/** From now on the store writes an item and its index entries at once. */
export function writeAtomically(store: ItemStore, require: NodeJS.Require): void {
  const dynalite = require('dynalite/db') as DynaliteDb;
  // Of the module, so for every store: whoever did not come through here would lose its index entries.
  dynalite.updateIndexes = (target, table, before, after, done) => {
    nextWrites.set(target, indexWrites(dynalite, table, before, after));
    done();
  };
  const itemDbOf = store.getItemDb.bind(store);
  const changed = new WeakSet<ItemDb>();
  store.getItemDb = (table) => {
    const itemDb = itemDbOf(table);
    if (!changed.has(itemDb)) Object.assign(itemDb, itemWrites(store, `item-${table}~`));
    changed.add(itemDb);
    return itemDb;
  };
}

function indexWrites(dynalite: DynaliteDb, table: JsonObject, before: unknown, after: unknown): Write[] {
  return INDEX_TYPES.flatMap((type) => {
    const { puts, deletes } = dynalite.getIndexActions(table[`${type}SecondaryIndexes`] ?? [], before, after, table);
    const prefix = (index: string) => `index-${type.toLowerCase()}~${String(table.TableName)}~${index}~`;
    return [
      ...deletes.map(({ index, key }): Write => ({ type: 'del', key: prefix(index) + key })),
      ...puts.map(({ index, key, item }): Write => ({ type: 'put', key: prefix(index) + key, value: item })),
    ];
  });
}

/** A write of the database failed, as on a full disk. The next ones are refused. */
export class TablesNotWrittenError extends Error {
  override readonly name = 'TablesNotWrittenError';

  constructor(options: { cause: unknown }) {
    const why = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super(
      `The tables could not be written (${why}). They take no more writes, so that what was acknowledged stays readable: make room, then end this laptop AWS and start it again.`,
      options,
    );
  }
}

/** The first failure of each store. */
const failures = new WeakMap<ItemStore, TablesNotWrittenError>();

/**
 * The database appends each write to its log. One that a full disk took in part hides, at the next start, all that was
 * appended after it; so nothing is.
 */
function writeBatch(store: ItemStore, writes: readonly Write[], done: Done): void {
  const failed = failures.get(store);
  if (failed !== undefined) {
    done(new AwsError('InternalServerError', failed.message, { statusCode: 500 }));
    return;
  }
  store.db.batch(writes, (error) => {
    const before = failures.get(store);
    // One that was under way when another failed may lie behind it in the log.
    if (error == null) return done(before);
    const failure = before ?? new TablesNotWrittenError({ cause: error });
    failures.set(store, failure);
    done(failure);
  });
}

function itemWrites(store: ItemStore, prefix: string): ItemDb {
  const write = (own: Write, done: Done) => {
    const others = nextWrites.get(store) ?? [];
    nextWrites.delete(store);
    writeBatch(store, [...others, own], done);
  };
  return {
    put: (key, value, done) => write({ type: 'put', key: prefix + key, value }, done),
    del: (key, done) => write({ type: 'del', key: prefix + key }, done),
  };
}
