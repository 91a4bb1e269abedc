import { join } from 'node:path';
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import { forgetfulJournal, openKeyedJournal } from '../keyed-journal.ts';
import type { Cancel, Surroundings } from '../ports.ts';
import type { Dynalite } from './dynalite.ts';

const REAP_EVERY_MS = 60_000;
const SCAN_PAGE_ITEMS = 500;
const SCAN_PAGES = 20;
/** DynamoDB leaves items alone that expired more than five years ago: such a number is most likely no time at all. */
const OLDEST_EXPIRY_SECONDS = 5 * 365 * 86_400;

/** Which attribute of which table holds an expiry time, and the deletion of items that are past theirs. */
export interface TimeToLive {
  describe(tableName: string): JsonObject;
  /** @throws AwsError ValidationException when that is the state already, as DynamoDB answers. */
  update(tableName: string, specification: unknown): JsonObject;
  /** The table is gone. */
  forget(tableName: string): void;
  close(): Promise<void>;
}

export function createTimeToLive(surroundings: Surroundings, open: () => Promise<Dynalite>): TimeToLive {
  const folder = surroundings.dataDir;
  const journal = folder === undefined ? forgetfulJournal : openKeyedJournal(join(folder, 'time-to-live.jsonl'));
  const attributes = new Map(
    [...journal.loaded].flatMap(([table, name]) => (typeof name === 'string' ? [[table, name]] : [])),
  );
  const reaper = startReaper({ surroundings, open, attributes });
  return {
    describe: (tableName) => describe(attributes.get(tableName)),
    update(tableName, specification) {
      const wanted = parseSpecification(specification);
      const current = attributes.get(tableName);
      if (wanted.enabled === (current !== undefined)) {
        throw new AwsError('ValidationException', `TimeToLive is already ${wanted.enabled ? 'enabled' : 'disabled'}`);
      }
      if (wanted.enabled) {
        journal.put(tableName, wanted.attributeName);
        attributes.set(tableName, wanted.attributeName);
      } else {
        journal.remove(tableName);
        attributes.delete(tableName);
      }
      return { TimeToLiveSpecification: { Enabled: wanted.enabled, AttributeName: wanted.attributeName } };
    },
    forget(tableName) {
      if (attributes.delete(tableName)) journal.remove(tableName);
    },
    async close() {
      await reaper.stop();
      journal.close();
    },
  };
}

function describe(attributeName: string | undefined): JsonObject {
  const description =
    attributeName === undefined
      ? { TimeToLiveStatus: 'DISABLED' }
      : { TimeToLiveStatus: 'ENABLED', AttributeName: attributeName };
  return { TimeToLiveDescription: description };
}

function parseSpecification(value: unknown): { enabled: boolean; attributeName: string } {
  const { Enabled: enabled, AttributeName: attributeName } = (value ?? {}) as Record<string, unknown>;
  if (typeof enabled !== 'boolean' || typeof attributeName !== 'string' || !/^.{1,255}$/s.test(attributeName)) {
    throw new AwsError('ValidationException', 'TimeToLiveSpecification needs Enabled and an AttributeName.');
  }
  return { enabled, attributeName };
}

interface Reaping {
  readonly surroundings: Surroundings;
  readonly open: () => Promise<Dynalite>;
  readonly attributes: ReadonlyMap<string, string>;
}

function startReaper(reaping: Reaping): { stop(): Promise<void> } {
  const { clock, report } = reaping.surroundings;
  let stopped = false;
  let running = Promise.resolve();
  let cancel: Cancel = () => {};
  const arm = () => {
    cancel = clock.after(REAP_EVERY_MS, () => {
      running = reap(reaping, () => stopped)
        .catch((error: unknown) => report(`DynamoDB: expired items could not be deleted: ${String(error)}`))
        .then(() => (stopped ? undefined : arm()));
    });
  };
  arm();
  return {
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}

async function reap(reaping: Reaping, stopped: () => boolean): Promise<void> {
  if (reaping.attributes.size === 0) return;
  const dynalite = await reaping.open();
  for (const [tableName, attributeName] of [...reaping.attributes]) {
    const table = await dynalite.table(tableName);
    if (stopped() || table === undefined) continue;
    await reapTable({ dynalite, table, tableName, attributeName, nowMs: reaping.surroundings.clock.nowMs(), stopped });
  }
}

async function reapTable(target: {
  readonly dynalite: Dynalite;
  readonly table: JsonObject;
  readonly tableName: string;
  readonly attributeName: string;
  readonly nowMs: number;
  readonly stopped: () => boolean;
}): Promise<void> {
  const { dynalite, tableName } = target;
  const nowSeconds = Math.floor(target.nowMs / 1000);
  const names = { '#expiry': target.attributeName };
  const now = { ':now': { N: String(nowSeconds) } };
  const values = { ...now, ':oldest': { N: String(nowSeconds - OLDEST_EXPIRY_SECONDS) } };
  const keyNames = (target.table.KeySchema as { AttributeName: string }[]).map((key) => key.AttributeName);
  let start: unknown;
  for (let page = 0; page < SCAN_PAGES && !target.stopped(); page++) {
    const found = await dynalite.run('Scan', {
      TableName: tableName,
      FilterExpression: '#expiry < :now AND #expiry > :oldest',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      Limit: SCAN_PAGE_ITEMS,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    for (const item of found.Items as JsonObject[]) {
      await dynalite
        .run('DeleteItem', {
          TableName: tableName,
          Key: Object.fromEntries(keyNames.map((name) => [name, item[name]])),
          // The item may have been given more time since it was read.
          ConditionExpression: '#expiry < :now',
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: now,
        })
        .catch(ignoreFailedCondition);
    }
    start = found.LastEvaluatedKey;
    if (start === undefined) return;
  }
}

function ignoreFailedCondition(error: unknown): void {
  if (!(error instanceof AwsError && error.code === 'ConditionalCheckFailedException')) throw error;
}
