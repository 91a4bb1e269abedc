/** The ledger's one table: keys `pk` and `sk`, index `open` for unfinished work, `line` for what waits to start, `listed` for lists by time. */
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { readTogether } from './read-together.ts';

export type Item = Record<string, unknown>;
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export interface Condition {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface Table {
  /** A consistent read. */
  get(key: ItemKey): Promise<Item | undefined>;
  /** Whether the write took place: `false` when the condition did not hold. */
  put(item: Item & ItemKey, condition?: Condition): Promise<boolean>;
  /** Whether it is gone now: `false` when the condition did not hold. */
  removeIf(key: ItemKey, condition: Condition): Promise<boolean>;
  update(key: ItemKey, change: Pick<UpdateCommandInput, 'UpdateExpression'> & Condition): Promise<boolean>;
  /** A consistent query of one partition, whole. */
  partition(pk: string, skPrefix?: string): Promise<Item[]>;
  /** What an index nominates: it may be stale, so a consistent read decides. */
  nominated(index: IndexName, hash: string, options: NominatedOptions): Promise<Item[]>;
}

export type IndexName = keyof typeof INDEX_KEYS;

export interface NominatedOptions {
  readonly limit: number;
  readonly newestFirst?: boolean;
  /** Only what sorts behind this. */
  readonly after?: string;
}

/** Pages of at most 1 MB: more than any gather or list of ours needs. */
const MOST_PAGES = 1_000;
/** Without it a query reads, and is charged for, a megabyte where a few items are wanted. */
const MOST_ITEMS_A_PAGE = 1_000;
/** Each index is named for its hash key; this is what it sorts by. */
const INDEX_KEYS = { open: 'openSince', line: 'lineOrder', listed: 'listedAt' } as const;

export function createTable(documents: DynamoDBDocumentClient, tableName: string): Table {
  const query = async (input: Omit<QueryCommandInput, 'TableName'>, limit: number): Promise<Item[]> => {
    const items: Item[] = [];
    let from: QueryCommandInput['ExclusiveStartKey'];
    for (let page = 0; page < MOST_PAGES && items.length < limit; page += 1) {
      const pageInput = { TableName: tableName, ...input, ...(from === undefined ? {} : { ExclusiveStartKey: from }) };
      const answer = await documents.send(new QueryCommand(pageInput));
      items.push(...(answer.Items ?? []));
      from = answer.LastEvaluatedKey;
      if (from === undefined) break;
    }
    return items.slice(0, limit);
  };
  return {
    get: readTogether(documents, tableName),
    put: (item, condition) =>
      holds(documents.send(new PutCommand({ TableName: tableName, Item: item, ...conditionInput(condition) }))),
    removeIf: ({ pk, sk }, condition) =>
      holds(documents.send(new DeleteCommand({ TableName: tableName, Key: { pk, sk }, ...conditionInput(condition) }))),
    update: ({ pk, sk }, { UpdateExpression, ...condition }) =>
      holds(
        documents.send(
          new UpdateCommand({ TableName: tableName, Key: { pk, sk }, UpdateExpression, ...conditionInput(condition) }),
        ),
      ),
    partition: (pk, skPrefix) =>
      query(
        {
          ConsistentRead: true,
          KeyConditionExpression: skPrefix === undefined ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :sk)',
          ExpressionAttributeValues: skPrefix === undefined ? { ':pk': pk } : { ':pk': pk, ':sk': skPrefix },
        },
        Number.POSITIVE_INFINITY,
      ),
    nominated: (index, hash, { limit, newestFirst, after }) =>
      query(
        {
          IndexName: index,
          KeyConditionExpression: after === undefined ? '#hash = :hash' : '#hash = :hash AND #range > :after',
          ExpressionAttributeNames: { '#hash': index, ...(after === undefined ? {} : { '#range': INDEX_KEYS[index] }) },
          ExpressionAttributeValues: { ':hash': hash, ...(after === undefined ? {} : { ':after': after }) },
          ScanIndexForward: newestFirst !== true,
          Limit: Math.min(limit, MOST_ITEMS_A_PAGE),
        },
        limit,
      ),
  };
}

function conditionInput(condition: Condition | undefined) {
  if (condition === undefined) return {};
  return {
    ...(condition.expression === '' ? {} : { ConditionExpression: condition.expression }),
    ...(condition.names === undefined ? {} : { ExpressionAttributeNames: { ...condition.names } }),
    ...(condition.values === undefined ? {} : { ExpressionAttributeValues: { ...condition.values } }),
  };
}

async function holds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}
