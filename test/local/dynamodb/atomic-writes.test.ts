import { createRequire } from 'node:module';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ItemStore, writeAtomically } from '../../../local/dynamodb/atomic-writes.ts';

const require = createRequire(import.meta.url);

interface Store extends ItemStore {
  readonly db: ItemStore['db'] & Record<'put' | 'del', (...parameters: unknown[]) => void> & { open(): Promise<void> };
}
type Action = (store: Store, input: object, done: (error: unknown, result: object) => void) => void;

const { create } = require('dynalite/db') as { create(options: object): Store };
const INSTANT = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };

let store: Store;
/** Writes of the database, each with the keys that it changes. */
let writes: string[][];

const run = (action: string, input: object) =>
  new Promise<object>((resolve, reject) => {
    const act = require(`dynalite/actions/${action}`) as Action;
    act(store, { TableName: 'ledger', ...input }, (error, result) => (error == null ? resolve(result) : reject(error)));
  });
const put = (pk: string, state: string) => run('putItem', { Item: { pk: { S: pk }, state: { S: state } } });
const byState = async (state: string) => {
  const conditions = { state: { ComparisonOperator: 'EQ', AttributeValueList: [{ S: state }] } };
  return (await run('query', { IndexName: 'by-state', KeyConditions: conditions })) as { Items: object[] };
};

beforeEach(async () => {
  store = create(INSTANT);
  await store.db.open();
  writeAtomically(store, require);
  await run('createTable', {
    AttributeDefinitions: ['pk', 'state'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-state',
        KeySchema: [{ AttributeName: 'state', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  });
  for (let status: unknown; status !== 'ACTIVE'; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const { Table } = (await run('describeTable', {})) as { Table: { TableStatus: string } };
    status = Table.TableStatus;
  }
  writes = [];
  const { batch, put: putOne, del } = store.db;
  store.db.batch = (changes, done) => {
    writes.push(changes.map(({ type, key }) => `${type} ${key.slice(0, key.indexOf('~'))}`));
    batch.call(store.db, changes, done);
  };
  store.db.put = (...parameters) => {
    writes.push([`put ${parameters[0]}`]);
    putOne.apply(store.db, parameters);
  };
  store.db.del = (...parameters) => {
    writes.push([`del ${parameters[0]}`]);
    del.apply(store.db, parameters);
  };
});

describe('an item and its index entries', () => {
  it('are one write when the item is put', async () => {
    await put('a', 'WAITING');
    expect(writes).toEqual([['put index-global', 'put item-ledger']]);
    expect((await byState('WAITING')).Items).toHaveLength(1);
  });

  it('are one write when the item moves in the index', async () => {
    await put('a', 'WAITING');
    await put('a', 'ENDED');
    expect(writes.slice(1)).toEqual([['del index-global', 'put index-global', 'put item-ledger']]);
    expect([(await byState('WAITING')).Items.length, (await byState('ENDED')).Items.length]).toEqual([0, 1]);
  });

  it('are one write when the item is deleted', async () => {
    await put('a', 'WAITING');
    await run('deleteItem', { Key: { pk: { S: 'a' } } });
    expect(writes.slice(1)).toEqual([['del index-global', 'del item-ledger']]);
    expect((await byState('WAITING')).Items).toEqual([]);
  });
});

it('nothing is written after a write that the disk refused, which would hide it at the next start', async () => {
  await put('a', 'WAITING');
  const { batch } = store.db;
  store.db.batch = (_changes, done) => done(new Error('No space left on device'));
  await expect(put('a', 'ENDED')).rejects.toThrow(/No space left on device.*make room.*start it again/);
  store.db.batch = batch;
  await expect(put('b', 'WAITING')).rejects.toMatchObject({ code: 'InternalServerError', statusCode: 500 });
  expect((await byState('WAITING')).Items).toHaveLength(1);
});

it('a write that was under way when another failed is not acknowledged', async () => {
  const { batch } = store.db;
  store.db.batch = (_changes, failed) => {
    store.db.batch = (changes, done) => {
      failed(new Error('No space left on device'));
      batch.call(store.db, changes, done);
    };
  };
  const answers = await Promise.allSettled([put('a', 'WAITING'), put('b', 'WAITING')]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
