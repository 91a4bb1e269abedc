/** `rundrop drops`, `waiting` and `runs`: what the ledger holds, as a table or as JSON. */
import type { DropRecord } from '../../lib/ledger/drops.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { RequestRecord } from '../../lib/runs/request-record.ts';
import { openLedger } from '../clients.ts';
import {
  DROP_COLUMNS,
  dropCells,
  dropRow,
  isOverdue,
  RUN_COLUMNS,
  runCells,
  runRow,
  shortId,
  WAITING_COLUMNS,
  type WaitingRow,
  waitingCells,
  waitingGatherRow,
  waitingRequestRow,
} from '../rows.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { type Column, formatTable } from '../text.ts';

export interface ListOptions {
  readonly json?: boolean;
  readonly limit: number;
}

export async function listDrops(target: Target, terminal: Terminal, options: ListOptions): Promise<number> {
  const ledger = await openLedger(target, terminal);
  const drops = await ledger.drops.list(options.limit);
  const requests = await requestsOf(ledger, drops);
  const rows = drops.map((drop) => dropRow(drop, requests.get(drop.identity ?? '')));
  const empty = 'No route has taken a drop yet.';
  return print(terminal, {
    rows,
    columns: DROP_COLUMNS,
    cells: dropCells,
    empty,
    limit: options.limit,
    json: options.json,
  });
}

/** A drop that was taken can still be refused by HealthOmics, or superseded: its request tells. */
async function requestsOf(ledger: Ledger, drops: readonly DropRecord[]): Promise<Map<string, RequestRecord>> {
  const identities = new Set(drops.flatMap(({ identity }) => identity ?? []));
  const records = await Promise.all([...identities].map((identity) => ledger.requests.read(identity)));
  return new Map(records.flatMap((record) => (record === undefined ? [] : [[record.identity, record]])));
}

export async function listRuns(target: Target, terminal: Terminal, options: ListOptions): Promise<number> {
  const ledger = await openLedger(target, terminal);
  const rows = (await ledger.requests.list(options.limit)).map(runRow);
  const nowMs = Date.now();
  const cells = (row: (typeof rows)[number]) => runCells(row, nowMs);
  return print(terminal, { rows, columns: RUN_COLUMNS, cells, empty: 'No run has been asked for yet.', ...options });
}

export async function listWaiting(target: Target, terminal: Terminal, options: ListOptions): Promise<number> {
  const ledger = await openLedger(target, terminal);
  const { rows, isCut } = await waitingRows(ledger, options.limit);
  const nowMs = Date.now();
  const cells = (row: WaitingRow) => waitingCells(row, nowMs);
  const status = print(terminal, { rows, columns: WAITING_COLUMNS, cells, empty: 'Nothing waits.', isCut, ...options });
  if (!options.json) for (const line of decisions(rows)) terminal.note(line);
  return status;
}

/** With which commands a person decides what is uncertain. */
function decisions(rows: readonly WaitingRow[]): string[] {
  return rows
    .filter(({ commands }) => commands !== undefined)
    .map(({ id, commands = [] }) => `${shortId(id)} needs a decision: ${commands.join(', or ')}`);
}

/** States in which a request waits for something other than its run. */
const WAITING_STATES = ['UNCERTAIN', 'CLAIMED', 'WAITING', 'RETRYING'] as const;

export interface WaitingRows {
  readonly rows: readonly WaitingRow[];
  /** More may wait than was looked at. */
  readonly isCut: boolean;
}

/** Requests that wait for admission or a person, runs that are overdue, and sets that are not complete; oldest first. */
export async function waitingRows(ledger: Pick<Ledger, 'requests' | 'gathers'>, limit: number): Promise<WaitingRows> {
  const requests: RequestRecord[] = [];
  let isCut = false;
  for (const state of WAITING_STATES) {
    const identities = await ledger.requests.open(state, limit);
    isCut ||= identities.length === limit;
    // The index only nominates: the record itself says whether it still waits.
    const records = await Promise.all(identities.map((identity) => ledger.requests.read(identity)));
    requests.push(...records.filter((record) => record?.state === state).filter((record) => record !== undefined));
  }
  requests.push(...(await overdueRequests(ledger, limit)));
  const gathers = await ledger.gathers.open('GATHERING', limit);
  const rows = [
    ...requests.map(waitingRequestRow),
    ...gathers.filter(({ missing }) => missing.length > 0).map(waitingGatherRow),
  ];
  rows.sort((a, b) => a.since.localeCompare(b.since));
  return { rows: rows.slice(0, limit), isCut: isCut || gathers.length === limit || rows.length > limit };
}

/** Runs that stay in a status for longer than they should: reconciliation has noted it. */
async function overdueRequests({ requests }: Pick<Ledger, 'requests'>, limit: number): Promise<RequestRecord[]> {
  const identities = await requests.open('STARTED', limit);
  const records = await Promise.all(identities.map((identity) => requests.read(identity)));
  return records.filter((record) => record !== undefined).filter(isOverdue);
}

interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  readonly cells: (row: Row) => string[];
  readonly empty: string;
  readonly limit: number;
  /** There may be more than these; without it, when there are as many as asked for. */
  readonly isCut?: boolean;
  readonly json?: boolean | undefined;
}

function print<Row>(terminal: Terminal, listing: Listing<Row>): number {
  const { rows, columns, cells, empty, limit, isCut = rows.length === limit, json } = listing;
  if (json) {
    terminal.out(JSON.stringify(rows, null, 2));
    return 0;
  }
  if (rows.length === 0) {
    terminal.note(empty);
    return 0;
  }
  for (const line of formatTable(columns, rows.map(cells), terminal.screen)) terminal.out(line);
  if (isCut) terminal.note(`Not more than ${limit} shown; there may be others: --limit N`);
  return 0;
}
