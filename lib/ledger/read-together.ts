/** Consistent reads by key, each for whoever asks; those that are asked for at the same moment travel together. */
import { BatchGetCommand, type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Item, ItemKey } from './table.ts';

export type Read = (key: ItemKey) => Promise<Item | undefined>;

/** BatchGetItem takes no more. */
const MOST_KEYS = 100;

interface Asked {
  readonly key: ItemKey;
  readonly answer: PromiseWithResolvers<Item | undefined>;
}

/**
 * Ten messages of a batch begin with a read each: one BatchGetItem costs DynamoDB as much as ten GetItems, and the
 * function a tenth of the calls. A read that is alone is a GetItem.
 */
export function readTogether(documents: DynamoDBDocumentClient, tableName: string): Read {
  let asked = new Map<string, Asked>();
  const send = async () => {
    const all = [...asked.values()];
    asked = new Map();
    for (let from = 0; from < all.length; from += MOST_KEYS) void readBatch(all.slice(from, from + MOST_KEYS));
  };
  const readBatch = async (batch: readonly Asked[]) => {
    try {
      const [only] = batch;
      const left = batch.length === 1 && only !== undefined ? [only] : await answerTogether(batch);
      await Promise.all(left.map(async ({ key, answer }) => answer.resolve(await readOne(key))));
    } catch (error) {
      for (const { answer } of batch) answer.reject(error);
    }
  };
  const readOne = async (Key: ItemKey) =>
    (await documents.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item;
  /** Returns those that DynamoDB left out, because it was busy or the answer would have been too long. */
  const answerTogether = async (batch: readonly Asked[]): Promise<readonly Asked[]> => {
    const Keys = batch.map(({ key }) => key);
    const { Responses, UnprocessedKeys } = await documents.send(
      new BatchGetCommand({ RequestItems: { [tableName]: { Keys, ConsistentRead: true } } }),
    );
    const found = new Map((Responses?.[tableName] ?? []).map((item) => [idOf(item as unknown as ItemKey), item]));
    const leftOut = new Set((UnprocessedKeys?.[tableName]?.Keys ?? []).map((key) => idOf(key as unknown as ItemKey)));
    const isAnswered = ({ key }: Asked) => !leftOut.has(idOf(key));
    for (const { key, answer } of batch.filter(isAnswered)) answer.resolve(found.get(idOf(key)));
    return batch.filter((one) => !isAnswered(one));
  };
  return (key) => {
    const known = asked.get(idOf(key));
    if (known !== undefined) return known.answer.promise;
    if (asked.size === 0) setImmediate(send);
    const answer = Promise.withResolvers<Item | undefined>();
    asked.set(idOf(key), { key: { pk: key.pk, sk: key.sk }, answer });
    return answer.promise;
  };
}

/** Neither part of a key has a line break. */
function idOf({ pk, sk }: ItemKey): string {
  return `${pk}\n${sk}`;
}
