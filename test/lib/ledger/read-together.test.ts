import { type BatchGetCommand, type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Read, readTogether } from '../../../lib/ledger/read-together.ts';

const keyOf = (number: number) => ({ pk: `P#${number}`, sk: 'S' });
const itemOf = (number: number) => ({ ...keyOf(number), number });

/** A table of the items 0, 2, 4, …; `leftOut` says how many keys of a batch it leaves undone. */
let calls: { readonly kind: 'one' | 'many'; readonly keys: readonly { pk: string }[]; readonly consistent: unknown }[];
let leftOut: number;
let ill: boolean;
let read: Read;

const stored = ({ pk }: { pk: string }) => {
  const number = Number(pk.slice(2));
  return number % 2 === 0 ? [itemOf(number)] : [];
};

async function send(command: unknown): Promise<object> {
  if (command instanceof GetCommand) {
    const { Key, ConsistentRead } = command.input;
    calls.push({ kind: 'one', keys: [Key as { pk: string }], consistent: ConsistentRead });
    return { Item: stored(Key as { pk: string })[0] };
  }
  const { ledger } = (command as BatchGetCommand).input.RequestItems ?? {};
  const keys = (ledger?.Keys ?? []) as { pk: string }[];
  calls.push({ kind: 'many', keys, consistent: ledger?.ConsistentRead });
  if (ill) throw new Error('the service is ill');
  const done = keys.slice(leftOut);
  const undone = keys.slice(0, leftOut);
  // In an order of its own.
  return {
    Responses: { ledger: done.flatMap(stored).reverse() },
    ...(undone.length === 0 ? {} : { UnprocessedKeys: { ledger: { Keys: undone } } }),
  };
}

beforeEach(() => {
  calls = [];
  leftOut = 0;
  ill = false;
  read = readTogether({ send } as unknown as DynamoDBDocumentClient, 'ledger');
});

describe('reads of the same moment', () => {
  it('are one call, and each gets its own answer', async () => {
    const items = await Promise.all([0, 1, 2, 3, 4].map((number) => read(keyOf(number))));
    expect(items).toEqual([itemOf(0), undefined, itemOf(2), undefined, itemOf(4)]);
    expect(calls.map(({ kind, consistent }) => ({ kind, consistent }))).toEqual([{ kind: 'many', consistent: true }]);
  });

  it('name a key once, however many ask for it', async () => {
    const items = await Promise.all([0, 2, 0, 2].map((number) => read(keyOf(number))));
    expect(items).toEqual([itemOf(0), itemOf(2), itemOf(0), itemOf(2)]);
    expect(calls.map(({ keys }) => keys)).toEqual([[keyOf(0), keyOf(2)]]);
  });

  it('are divided where BatchGetItem has its limit', async () => {
    const items = await Promise.all(Array.from({ length: 201 }, (_, number) => read(keyOf(number))));
    expect(items.filter((item) => item !== undefined)).toHaveLength(101);
    expect(calls.map(({ kind, keys }) => [kind, keys.length])).toEqual([
      ['many', 100],
      ['many', 100],
      ['one', 1],
    ]);
  });

  it('are read one by one where DynamoDB left them undone', async () => {
    leftOut = 2;
    const items = await Promise.all([0, 2, 4].map((number) => read(keyOf(number))));
    expect(items).toEqual([itemOf(0), itemOf(2), itemOf(4)]);
    expect(calls.map(({ kind, consistent }) => [kind, consistent])).toEqual([
      ['many', true],
      ['one', true],
      ['one', true],
    ]);
  });

  it('all fail with their call, and the next are another one', async () => {
    ill = true;
    const failed = await Promise.allSettled([0, 2].map((number) => read(keyOf(number))));
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    ill = false;
    expect(await Promise.all([0, 2].map((number) => read(keyOf(number))))).toEqual([itemOf(0), itemOf(2)]);
  });
});

it('reads a lone key with GetItem', async () => {
  expect(await read(keyOf(6))).toEqual(itemOf(6));
  expect(await read(keyOf(7))).toBeUndefined();
  expect(calls.map(({ kind, consistent }) => [kind, consistent])).toEqual([
    ['one', true],
    ['one', true],
  ]);
});
