/** The simulated table answers as DynamoDB's emulator does, to every kind of write that the ledger makes. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentClient } from '../../lib/aws/ledger.ts';
import { createTable, type Table } from '../../lib/ledger/table.ts';
import { createDynamodb } from '../../local/dynamodb/dynamodb.ts';
import { LEDGER_TABLE } from '../support/real-ledger.ts';
import { type ServedService, serve, testSurroundings } from '../support/service-server.ts';
import { simulatedTable, TableStore } from './simulated-table.ts';

const at = (sk: string, more: object = {}) => ({ pk: 'A', sk, ...more });
const names = { '#a': 'a', '#count': 'count' };
const counting = { names: { '#count': 'count' }, values: { ':one': 1, ':most': 2 } };

/** One after the other, on one table. */
const steps: readonly (readonly [string, (table: Table) => Promise<unknown>])[] = [
  ['reads nothing', (table) => table.get(at('1'))],
  ['puts what is not there', (table) => table.put(at('1', { a: 1 }), { expression: 'attribute_not_exists(pk)' })],
  ['does not put it again', (table) => table.put(at('1', { a: 2 }), { expression: 'attribute_not_exists(pk)' })],
  ['puts under a value', (table) => table.put(at('1', { a: 2 }), { expression: 'a = :a', values: { ':a': 1 } })],
  ['not under another', (table) => table.put(at('1', { a: 3 }), { expression: 'a = :a', values: { ':a': 1 } })],
  ['puts a list', (table) => table.put(at('3', { things: [{ a: 1 }, { a: 2 }] }))],
  ...[1, 2].map(
    (value) =>
      [
        `puts where the second of it is ${value}`,
        (table: Table) =>
          table.put(at('3', { a: 1 }), {
            expression: 'things[1].#a = :a',
            names: { '#a': 'a' },
            values: { ':a': value },
          }),
      ] as const,
  ),
  [
    'puts under one of two conditions',
    (table) => table.put(at('2', { a: 1 }), { expression: 'attribute_not_exists(pk) OR a = :a', values: { ':a': 9 } }),
  ],
  [
    'updates what is there',
    (table) =>
      table.update(at('1'), {
        UpdateExpression: 'SET #a = :a, b = :b REMOVE c',
        expression: 'attribute_exists(pk) AND attribute_not_exists(b)',
        names: { '#a': names['#a'] },
        values: { ':a': { deep: 5 }, ':b': 'x' },
      }),
  ],
  [
    'compares what is nested',
    (table) =>
      table.update(at('1'), {
        UpdateExpression: 'REMOVE b',
        expression: 'a.deep = :deep',
        values: { ':deep': 5 },
      }),
  ],
  ['shows the whole item', (table) => table.get(at('1'))],
  ...[1, 2, 3].map(
    (time) =>
      [
        `counts to two, time ${time}`,
        (table: Table) =>
          table.update(at('3'), {
            UpdateExpression: 'ADD #count :one',
            expression: 'attribute_not_exists(#count) OR #count < :most',
            ...counting,
          }),
      ] as const,
  ),
  ['shows the partition in order', (table) => table.partition('A')],
  ['shows what begins so', (table) => table.partition('A', '2')],
  [
    'does not remove under another value',
    (table) => table.removeIf(at('2'), { expression: 'a = :a', values: { ':a': 9 } }),
  ],
  ['removes', (table) => table.removeIf(at('2'), { expression: 'a = :a', values: { ':a': 1 } })],
  ['removes what is gone', (table) => table.removeIf(at('2'), { expression: 'attribute_not_exists(pk)' })],
  ['lists by time', (table) => table.put(at('4', { listed: 'L', listedAt: '2', open: 'O', openSince: '1' }))],
  ['lists by time, too', (table) => table.put(at('5', { listed: 'L', listedAt: '1' }))],
  ['newest first', (table) => table.nominated('listed', 'L', { limit: 9, newestFirst: true })],
  ['no more than asked for', (table) => table.nominated('listed', 'L', { limit: 1 })],
  ['what is open', (table) => table.nominated('open', 'O', { limit: 9 })],
];

describe('the simulated table', () => {
  let served: ServedService;
  let real: Table;
  beforeAll(async () => {
    const dynamodb = createDynamodb(testSurroundings());
    await dynamodb.createTable(LEDGER_TABLE, { timeToLiveAttribute: 'expiresAt' });
    served = await serve(dynamodb);
    real = createTable(documentClient(new DynamoDBClient(served.client)), LEDGER_TABLE.TableName);
  });
  afterAll(() => served.stop());

  const clock = { nowMs: 0, lagMs: 0 };
  const store = new TableStore(
    () => clock.nowMs,
    () => clock.lagMs,
  );
  const simulated = simulatedTable(store, async (_, effect) => effect());

  it.each(steps)('%s as the real one does', async (_, step) => {
    expect(await step(simulated)).toEqual(await step(real));
  });

  it('shows in an index what was there a while ago', async () => {
    clock.lagMs = 5_000;
    await simulated.put(at('6', { listed: 'LATE', listedAt: '1' }));
    expect(await simulated.nominated('listed', 'LATE', { limit: 9 })).toEqual([]);
    clock.nowMs = 5_000;
    expect(await simulated.nominated('listed', 'LATE', { limit: 9 })).toHaveLength(1);
  });

  it('knows no other expression', async () => {
    const odd = { expression: 'contains(a, :a)', values: { ':a': 1 } };
    await expect(simulated.put(at('7'), odd)).rejects.toThrow('does not know the condition');
  });
});
