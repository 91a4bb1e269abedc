/** DynamoDB: dynalite, with the time-to-live API and the table states that it lacks. */
import { join } from 'node:path';
import { AwsError } from '../aws-error.ts';
import { answerAwsJson, type JsonObject, type JsonOperations } from '../aws-json.ts';
import type { LocalService, Surroundings } from '../ports.ts';
import { DYNALITE_OPERATIONS, type Dynalite, openDynalite } from './dynalite.ts';
import { createTimeToLive, type TimeToLive } from './time-to-live.ts';

export interface Dynamodb extends LocalService {
  /** CreateTable's input. A table that exists already is left as it is. @throws AwsError as CreateTable answers. */
  createTable(
    input: Readonly<Record<string, unknown>>,
    options?: { readonly timeToLiveAttribute?: string },
  ): Promise<void>;
}

const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/** Tables are opened at the first need, in memory unless the surroundings have a data folder. */
export function createDynamodb(surroundings: Surroundings): Dynamodb {
  let opened: Promise<Dynalite> | undefined;
  let closing: Promise<void> | undefined;
  const open = () => {
    if (closing !== undefined)
      throw new AwsError('ServiceUnavailable', 'DynamoDB on this laptop AWS is closing.', { statusCode: 503 });
    opened ??= openTables(surroundings).catch((error: unknown) => {
      // The next request tries again: the process that held the folder may have ended.
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const timeToLive = createTimeToLive(surroundings, open);
  const operations = operationsOn(open, timeToLive);
  return {
    signingNames: ['dynamodb'],
    handle: (request, response) =>
      answerAwsJson(request, response, {
        serviceName: 'DynamoDB',
        version: '1.0',
        operations,
        bodyLimitBytes: BODY_LIMIT_BYTES,
        report: surroundings.report,
      }),
    async createTable(input, options = {}) {
      const dynalite = await open();
      const name = String(input.TableName);
      if ((await dynalite.table(name)) === undefined) await changeTable(dynalite, 'CreateTable', { ...input });
      const attributeName = options.timeToLiveAttribute;
      const { TimeToLiveDescription: current } = timeToLive.describe(name);
      if (attributeName !== undefined && (current as JsonObject).TimeToLiveStatus === 'DISABLED') {
        timeToLive.update(name, { Enabled: true, AttributeName: attributeName });
      }
    },
    close() {
      closing ??= (async () => {
        await timeToLive.close();
        const dynalite = await opened?.catch(() => undefined);
        await dynalite?.close();
      })();
      return closing;
    },
  };
}

async function openTables(surroundings: Surroundings): Promise<Dynalite> {
  const folder = surroundings.dataDir === undefined ? undefined : join(surroundings.dataDir, 'tables');
  const dynalite = await openDynalite({ folder, region: surroundings.region, accountId: surroundings.accountId });
  for (const name of await dynalite.tableNames()) await settleTable(dynalite, name);
  return dynalite;
}

/** A process that was killed in the middle of a table's change left it half done. */
async function settleTable(dynalite: Dynalite, name: string): Promise<void> {
  const table = await dynalite.table(name);
  if (table === undefined || table.TableStatus === 'ACTIVE') return;
  if (table.TableStatus === 'DELETING') {
    await changeTable(dynalite, 'DeleteTable', { TableName: name });
    return;
  }
  const indexes = table.GlobalSecondaryIndexes;
  const active = Array.isArray(indexes)
    ? { GlobalSecondaryIndexes: indexes.map((index: JsonObject) => ({ ...index, IndexStatus: 'ACTIVE' })) }
    : {};
  await dynalite.replaceTable(name, { ...table, ...active, TableStatus: 'ACTIVE' });
}

function operationsOn(open: () => Promise<Dynalite>, timeToLive: TimeToLive): JsonOperations {
  const plain = DYNALITE_OPERATIONS.map(
    (name) => [name, async (input: JsonObject) => (await open()).run(name, input)] as const,
  );
  const conditional = CONDITIONAL_OPERATIONS.map(
    (name) => [name, async (input: JsonObject) => runConditional(await open(), name, input)] as const,
  );
  const tableChange = (name: string) => async (input: JsonObject) => changeTable(await open(), name, input);
  return {
    ...Object.fromEntries([...plain, ...conditional]),
    CreateTable: tableChange('CreateTable'),
    UpdateTable: tableChange('UpdateTable'),
    async DeleteTable(input) {
      const result = await changeTable(await open(), 'DeleteTable', input);
      timeToLive.forget(String(input.TableName));
      return result;
    },
    async UpdateTimeToLive(input) {
      return timeToLive.update(await existingTable(await open(), input), input.TimeToLiveSpecification);
    },
    async DescribeTimeToLive(input) {
      return timeToLive.describe(await existingTable(await open(), input));
    },
  };
}

const CONDITIONAL_OPERATIONS = ['PutItem', 'UpdateItem', 'DeleteItem'] as const;

/**
 * Adds the item to a failed condition when `ReturnValuesOnConditionCheckFailure` asks for it, which dynalite ignores.
 * The item is read just after the check, so it may be newer than what the condition saw.
 */
async function runConditional(dynalite: Dynalite, name: string, input: JsonObject): Promise<JsonObject> {
  const { ReturnValuesOnConditionCheckFailure: wanted, ...rest } = input;
  try {
    return await dynalite.run(name, rest);
  } catch (error) {
    const failed = error instanceof AwsError && error.code === 'ConditionalCheckFailedException';
    if (!failed || wanted !== 'ALL_OLD') throw error;
    const { Item: item } = await dynalite.run('GetItem', {
      TableName: input.TableName,
      Key: input.Key ?? (await keyOf(dynalite, input)),
      ConsistentRead: true,
    });
    throw new AwsError(error.code, error.message, { members: item === undefined ? {} : { Item: item }, cause: error });
  }
}

async function keyOf(dynalite: Dynalite, input: JsonObject): Promise<JsonObject> {
  const table = await dynalite.table(String(input.TableName));
  const item = input.Item as JsonObject;
  const names = ((table?.KeySchema ?? []) as { AttributeName: string }[]).map((key) => key.AttributeName);
  return Object.fromEntries(names.map((name) => [name, item[name]]));
}

async function existingTable(dynalite: Dynalite, input: JsonObject): Promise<string> {
  const name = input.TableName;
  if (typeof name === 'string' && (await dynalite.table(name)) !== undefined) return name;
  throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${String(name)} not found`);
}

const SETTLE_TRIES = 500;

/** Changes a table and waits until the change is done, so that what was acknowledged is also there after a kill. */
async function changeTable(dynalite: Dynalite, operation: string, input: JsonObject): Promise<JsonObject> {
  const name = String(input.TableName);
  const result = await dynalite.run(operation, input);
  for (let tries = 0; tries < SETTLE_TRIES; tries++) {
    const table = await dynalite.table(name);
    if (operation === 'DeleteTable' ? table === undefined : table?.TableStatus === 'ACTIVE') return result;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`${operation} of table ${name} did not settle.`);
}
