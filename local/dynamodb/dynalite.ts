/**
 * Dynalite without its HTTP server: the store, the validations and the actions are called directly, which spares a
 * second parse of each request and the server's habit of throwing when a client hangs up.
 */
import { createRequire } from 'node:module';
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import { type ItemStore, writeAtomically } from './atomic-writes.ts';

export interface Dynalite {
  /** Runs one operation that `DYNALITE_OPERATIONS` lists. @throws AwsError as DynamoDB answers it. */
  run(operation: string, input: JsonObject): Promise<JsonObject>;
  /** The table's description, or `undefined` when there is none. */
  table(name: string): Promise<JsonObject | undefined>;
  tableNames(): Promise<string[]>;
  replaceTable(name: string, description: JsonObject): Promise<void>;
  /** Waits for what is under way, then closes the database and releases the lock on its folder. */
  close(): Promise<void>;
}

/** What dynalite implements of DynamoDB. Its DescribeTimeToLive is left out: it always says DISABLED. */
export const DYNALITE_OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'ListTagsOfResource',
  'UpdateItem',
  'UpdateTable',
] as const;

/** The tables' folder cannot be opened; most often another process has it open. */
export class TableFolderError extends Error {
  override readonly name = 'TableFolderError';
  readonly folder: string;

  constructor(folder: string, options: { cause: unknown }) {
    super(
      `The DynamoDB tables in ${folder} cannot be opened. Is another laptop AWS running on this data folder?`,
      options,
    );
    this.folder = folder;
  }
}

type Callback<T> = (error: unknown, result?: T) => void;
type Action = (store: Store, input: JsonObject, callback: Callback<JsonObject>) => void;

interface Store extends ItemStore {
  readonly db: ItemStore['db'] & { open(): Promise<void> };
  readonly tableDb: {
    awsRegion: string;
    awsAccountId: string;
    put(key: string, value: JsonObject, callback: Callback<void>): void;
  };
  getTable(name: string, checkStatus: boolean, callback: Callback<JsonObject>): void;
  readonly lifecycleManager: { gracefulClose(): Promise<void> };
}

interface Validations {
  checkTypes(input: JsonObject, types: unknown): JsonObject;
  checkValidations(input: JsonObject, types: unknown, custom: unknown, store: Store): void;
}

interface Operation {
  readonly action: Action;
  readonly types: unknown;
  readonly custom: unknown;
}

/** @param options.folder where the tables are kept; without it they live in memory. @throws TableFolderError */
export async function openDynalite(options: {
  readonly folder: string | undefined;
  readonly region: string;
  readonly accountId: string;
}): Promise<Dynalite> {
  const require = createRequire(import.meta.url);
  const { create } = require('dynalite/db') as { create(options: object): Store };
  const store = create({ path: options.folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await store.db.open().catch((error: unknown) => {
    throw new TableFolderError(options.folder ?? 'memory', { cause: error });
  });
  writeAtomically(store, require);
  store.tableDb.awsRegion = options.region;
  store.tableDb.awsAccountId = options.accountId;
  const validations = require('dynalite/validations') as Validations;
  const operations = new Map(DYNALITE_OPERATIONS.map((name) => [name as string, loadOperation(require, name)]));
  const underWay = new Set<Promise<unknown>>();
  const run = (name: string, input: JsonObject) => {
    const operation = operations.get(name);
    if (operation === undefined) throw new AwsError('UnknownOperationException', `Dynalite has no operation ${name}.`);
    const result = runOperation({ operation, input, store, validations });
    underWay.add(result);
    const forget = () => underWay.delete(result);
    result.then(forget, forget);
    return result;
  };
  return {
    run,
    table: (name) => tableOf(store, name),
    async tableNames() {
      return ((await run('ListTables', {})).TableNames ?? []) as string[];
    },
    replaceTable: (name, description) =>
      new Promise((resolve, reject) => {
        store.tableDb.put(name, description, (error) => (error == null ? resolve() : reject(error)));
      }),
    async close() {
      await Promise.allSettled(underWay);
      await store.lifecycleManager.gracefulClose();
    },
  };
}

function loadOperation(require: NodeJS.Require, name: string): Operation {
  const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  const { types, custom } = require(`dynalite/validations/${file}`) as { types: unknown; custom?: unknown };
  return { action: require(`dynalite/actions/${file}`) as Action, types, custom };
}

async function runOperation(call: {
  readonly operation: Operation;
  readonly input: JsonObject;
  readonly store: Store;
  readonly validations: Validations;
}): Promise<JsonObject> {
  const { operation, store, validations } = call;
  try {
    const input = validations.checkTypes(call.input, operation.types);
    validations.checkValidations(input, operation.types, operation.custom, store);
    return await new Promise<JsonObject>((resolve, reject) => {
      operation.action(store, input, (error, result) => (error == null ? resolve(result ?? {}) : reject(error)));
    });
  } catch (error) {
    throw asAwsError(error);
  }
}

function tableOf(store: Store, name: string): Promise<JsonObject | undefined> {
  return new Promise((resolve, reject) => {
    store.getTable(name, false, (error, table) => {
      if (error == null) resolve(table);
      else if (isRefusal(error)) resolve(undefined);
      else reject(error);
    });
  });
}

interface Refusal {
  readonly statusCode: number;
  readonly body: Readonly<Record<string, unknown>>;
}

function isRefusal(error: unknown): error is Refusal {
  return typeof error === 'object' && error !== null && 'statusCode' in error && 'body' in error;
}

function asAwsError(error: unknown): unknown {
  if (!isRefusal(error)) return error;
  const { __type, message, Message, ...members } = error.body;
  const code = String(__type ?? 'InternalServerError');
  return new AwsError(code.slice(code.indexOf('#') + 1), String(message ?? Message ?? ''), {
    statusCode: error.statusCode,
    members,
    cause: error,
  });
}
