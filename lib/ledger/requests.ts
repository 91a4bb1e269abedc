/** Requests in the ledger: claimed once, then moved from state to state by conditional writes. */
import type { LineEntry } from '../runs/line-entry.ts';
import { currentAttempt, openWork, type RequestRecord } from '../runs/request-record.ts';
import { lineItem, readLine, withoutLine } from './line.ts';
import type { Item, Table } from './table.ts';

/** Writers of one request that meet: each reads again and decides anew. More than these in a row is a fault. */
const MOST_CONFLICTS = 20;

/** A request could not be written because others kept writing it. Retriable. */
export class LedgerConflictError extends Error {
  override readonly name = 'LedgerConflictError';
  readonly identity: string;
  constructor(identity: string) {
    super(
      `Request ${identity} was being written by others ${MOST_CONFLICTS} times in a row; it is unchanged. Try again.`,
    );
    this.identity = identity;
  }
}

export interface Requests {
  /** Writes the record unless its identity is taken; returns what the ledger holds, and whether this call wrote it. */
  claim(record: RequestRecord): Promise<{ readonly record: RequestRecord; readonly created: boolean }>;
  /** A consistent read. */
  read(identity: string): Promise<RequestRecord | undefined>;
  /**
   * Applies a pure step to the latest record and writes it if it changed anything. Returns the record after the step.
   * Who has read or written the record just now passes it as `known`, which spares a read as long as nobody wrote since:
   * the write is conditional on its revision, and a step that would change nothing is decided anew on a fresh read.
   * @throws LedgerConflictError when others kept writing; RequestMissingError when there is no such request.
   */
  change(
    identity: string,
    step: (record: RequestRecord) => RequestRecord,
    known?: RequestRecord,
  ): Promise<RequestRecord>;
  /** Which attempt a run belongs to; by uuid, because HealthOmics reuses ids. */
  findByUuid(uuid: string): Promise<{ readonly identity: string; readonly attempt: number } | undefined>;
  /** Every run of ours that had this id, with its uuid. */
  findByRunId(
    runId: string,
  ): Promise<readonly { readonly identity: string; readonly attempt: number; readonly uuid: string }[]>;
  findByRequestId(requestId: string): Promise<string | undefined>;
  /** What the index of unfinished work nominates, oldest first; read each again before acting. */
  open(state: string, limit: number): Promise<readonly string[]>;
  /**
   * What the index nominates of the requests that wait to start: of each priority and route those that wait longest, at
   * least `each` where there are as many. No burst of one route hides another.
   */
  line(each: number): Promise<readonly LineEntry[]>;
  /** Newest first. */
  list(limit: number): Promise<readonly RequestRecord[]>;
}

/** The ledger has no such request. */
export class RequestMissingError extends Error {
  override readonly name = 'RequestMissingError';
  readonly identity: string;
  constructor(identity: string) {
    super(`The ledger has no request ${identity}.`);
    this.identity = identity;
  }
}

/** Owners of runs that are remembered: each run comes up a handful of times, mostly within its own hours. */
const MOST_OWNERS = 1_000;

export function createRequests(table: Table): Requests {
  // A uuid is never given twice, and an attempt keeps its run: what was found once stays true.
  const owners = new Map<string, { readonly identity: string; readonly attempt: number }>();
  const key = (identity: string) => ({ pk: `REQUEST#${identity}`, sk: 'REQUEST' });
  const read = async (identity: string) => {
    const item = await table.get(key(identity));
    return item === undefined ? undefined : recordOf(item);
  };
  return {
    read,
    async claim(record) {
      // Pointers first: a pointer to nothing is harmless, a request that nothing points to would not be found.
      await putPointers(table, record);
      const created = await table.put(itemOf(record), { expression: 'attribute_not_exists(pk)' });
      if (created) return { record, created };
      const existing = await read(record.identity);
      if (existing === undefined) throw new RequestMissingError(record.identity);
      return { record: existing, created };
    },
    async change(identity, step, known) {
      for (let conflict = 0; conflict < MOST_CONFLICTS; conflict += 1) {
        const isKnown = conflict === 0 && known !== undefined;
        const before = isKnown ? known : await read(identity);
        if (before === undefined) throw new RequestMissingError(identity);
        const stepped = step(before);
        if (stepped === before) {
          if (isKnown) continue;
          return before;
        }
        const after = { ...stepped, revision: before.revision + 1 };
        await putPointers(table, after, before);
        const condition = { expression: 'revision = :revision', values: { ':revision': before.revision } };
        if (await table.put(itemOf(after), condition)) return after;
      }
      throw new LedgerConflictError(identity);
    },
    async findByUuid(uuid) {
      const known = owners.get(uuid);
      if (known !== undefined) return known;
      const item = await table.get({ pk: `UUID#${uuid}`, sk: 'RUN' });
      if (item === undefined) return undefined;
      const owner = { identity: String(item.identity), attempt: Number(item.attempt) };
      owners.set(uuid, owner);
      for (const oldest of owners.keys()) {
        if (owners.size <= MOST_OWNERS) break;
        owners.delete(oldest);
      }
      return owner;
    },
    async findByRunId(runId) {
      const items = await table.partition(`RUN#${runId}`);
      return items.map((item) => ({
        identity: String(item.identity),
        attempt: Number(item.attempt),
        uuid: String(item.sk),
      }));
    },
    async findByRequestId(requestId) {
      const item = await table.get({ pk: `REQUESTID#${requestId}`, sk: 'REQUEST' });
      return item === undefined ? undefined : String(item.identity);
    },
    async open(state, limit) {
      const items = await table.nominated('open', state, { limit });
      return items.map((item) => String(item.identity));
    },
    line: (each) => readLine(table, each),
    async list(limit) {
      return (await table.nominated('listed', 'REQUESTS', { limit, newestFirst: true })).map(recordOf);
    },
  };

  function itemOf(record: RequestRecord): Item & { pk: string; sk: string } {
    const open = openWork(record);
    return {
      ...key(record.identity),
      ...record,
      listed: 'REQUESTS',
      listedAt: `${record.createdAt}#${record.identity}`,
      ...(open === undefined ? {} : { open, openSince: record.since }),
      ...lineItem(record),
    };
  }
}

function recordOf(item: Item): RequestRecord {
  const { pk: _pk, sk: _sk, listed: _listed, listedAt: _at, open: _open, openSince: _since, ...rest } = item;
  const record: unknown = withoutLine(rest);
  return record as RequestRecord;
}

/** Those that `before` had not yet. */
async function putPointers(table: Table, record: RequestRecord, before?: RequestRecord): Promise<void> {
  const known = new Set(before === undefined ? [] : pointersOf(before).map(({ pk }) => pk));
  const missing = pointersOf(record).filter(({ pk }) => !known.has(pk));
  await Promise.all(missing.map((pointer) => table.put(pointer)));
}

/** Small items by which a request is found from what HealthOmics calls its run. */
function pointersOf(record: RequestRecord): { pk: string; sk: string; identity: string; attempt: number }[] {
  const { attempt, requestId, runId, uuid } = currentAttempt(record);
  const to = { identity: record.identity, attempt };
  const pointers = [{ pk: `REQUESTID#${requestId}`, sk: 'REQUEST', ...to }];
  if (uuid !== undefined) pointers.push({ pk: `UUID#${uuid}`, sk: 'RUN', ...to });
  if (runId !== undefined && uuid !== undefined) pointers.push({ pk: `RUN#${runId}`, sk: uuid, ...to });
  return pointers;
}
