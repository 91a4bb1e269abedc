/**
 * A dropped sheet whose rows start runs. Its rows are claimed in parts: a short sheet at once, a long one by a message
 * for each part, so that no invocation waits for thousands of rows, each part is tried again by itself, and what a part
 * did before a crash is found done by the next try. Nothing here depends on how often or in which order parts are taken.
 */

import type { DropRecord } from '../ledger/drops.ts';
import type { Drop } from '../routing/drop.ts';
import type { Route, RouteFile } from '../routing/route-file.ts';
import { policyOf } from '../routing/route-policy.ts';
import { DEFAULT_SHEET_FORMAT } from '../routing/sheet-format.ts';
import type { SheetPartOfDrop } from '../routing/sheet-message.ts';
import { type SheetRun, type SheetRuns, sheetRuns } from '../routing/sheet-runs.ts';
import { SheetRefused } from '../routing/sheet-text.ts';
import { RequestRefused } from '../routing/start-run-request.ts';
import { type RowOrigin, sha256, versionOf } from '../runs/identity.ts';
import { claimAndStart } from './claim-request.ts';
import type { SheetParts } from './ports.ts';
import { recordedDrop } from './recorded-drop.ts';
import { begun, PART_ROWS, partDone, settledAs } from './sheet-progress.ts';
import type { TakeDropPorts, Taken } from './take-drop.ts';

export interface TakeSheetPorts extends TakeDropPorts {
  readonly sheetParts: SheetParts;
  /** Of the clock: rows that are not begun by then are left to another invocation. */
  readonly deadlineMs: number;
}

const ROWS_AT_ONCE = 5;
/** Parts are sent for so many rows a second: far above any StartRun quota, and below StartExecution's. */
const ROWS_PER_SECOND = 100;
/** SQS delays no message for longer. */
const LONGEST_DELAY_SECONDS = 900;
const OUT_OF_TIME_DELAY_SECONDS = 10;
/** Of a group of very many rows, so that its request fits into one item of the ledger. */
const MOST_LINES = 1_000;
const LONGEST_REASON = 2_000;

/** Takes a sheet's drop, which is in the ledger: claims its rows if they are few, else sends for what is not done. */
export async function takeSheet(ports: TakeSheetPorts, dropId: string): Promise<Taken> {
  const drop = await ports.ledger.drops.read(dropId);
  if (drop === undefined) throw new Error(`The ledger has no drop ${dropId}.`);
  const settled = settledAs(drop);
  if (settled !== undefined) return settled;
  const first = await readRuns(ports, drop, 0);
  if (first.kind === 'settled') return first.taken;
  const { rows } = first.runs;
  const { sheet } = await ports.ledger.drops.changeSheet(dropId, (latest) => begun(latest, rows));
  if (sheet === undefined || sheet.parts === 1) return claimPart(ports, first, { dropId, part: 0 });
  const parts = Array.from({ length: sheet.parts }, (_, part) => part).filter((part) => !sheet.done.includes(part));
  await ports.sheetParts.send(parts.map((part, place) => ({ dropId, part, afterSeconds: delayOf(place) })));
  ports.log.info('sheet divided', { dropId, rows: sheet.rows, parts: parts.length });
  return 'reading';
}

/** Claims one part of a sheet. A part that is done, or of a sheet that is settled, changes nothing. */
export async function takeSheetPart(ports: TakeSheetPorts, { dropId, part }: SheetPartOfDrop): Promise<Taken> {
  const drop = await ports.ledger.drops.read(dropId);
  if (drop?.sheet === undefined) {
    ports.log.warn('part of an unknown sheet ignored', { dropId, part });
    return 'unmatched';
  }
  const settled = settledAs(drop);
  if (settled !== undefined || drop.sheet.done.includes(part)) return settled ?? 'known';
  if (isLate(ports)) return sendAgain(ports, { dropId, part });
  const found = await readRuns(ports, drop, part);
  return found.kind === 'settled' ? found.taken : claimPart(ports, found, { dropId, part });
}

interface Readable {
  readonly kind: 'readable';
  readonly file: RouteFile;
  readonly route: Route;
  readonly drop: Drop;
  readonly runs: SheetRuns;
}

/** The requests of one part. A sheet that cannot be read on is settled, with the reason. */
async function readRuns(
  ports: TakeSheetPorts,
  record: DropRecord,
  part: number,
): Promise<Readable | { readonly kind: 'settled'; readonly taken: Taken }> {
  const settle = async (state: 'REJECTED' | 'SUPERSEDED', reason: string) => {
    await settleSheet(ports, record.dropId, { state, reason: reason.slice(0, LONGEST_REASON) });
    return { kind: 'settled', taken: state === 'REJECTED' ? 'rejected' : 'superseded' } as const;
  };
  const file = await ports.routes.read();
  const route = file.routes.find(({ name, each }) => name === record.route && each !== undefined);
  if (route === undefined) return settle('REJECTED', `No route ${record.route} reads sheets any more. ${AGAIN}`);
  const drop = recordedDrop(record);
  const { maxSizeBytes } = route.sheet ?? DEFAULT_SHEET_FORMAT;
  const body = drop.sizeBytes > maxSizeBytes ? 'too-large' : await ports.objects.read(drop, maxSizeBytes);
  if (body === undefined) return settle('SUPERSEDED', OVERWRITTEN);
  if (body === 'too-large') {
    return settle(
      'REJECTED',
      `The sheet has ${drop.sizeBytes} bytes; its route takes ${maxSizeBytes} (sheet.maxSize).`,
    );
  }
  try {
    const range = { from: part * PART_ROWS, to: (part + 1) * PART_ROWS };
    const runs = sheetRuns(route, { drop, wildcards: route.pattern.match(drop.key) ?? {} }, body, range);
    const known = record.sheet?.rows ?? runs.rows;
    if (runs.rows === known) return { kind: 'readable', file, route, drop, runs };
    return settle(
      'REJECTED',
      `The route file changed how the sheet is read, from ${known} rows to ${runs.rows}. ${AGAIN}`,
    );
  } catch (error) {
    if (error instanceof SheetRefused) return settle('REJECTED', error.message);
    if (error instanceof RequestRefused) return settle('REJECTED', `No row can start: ${error.message}`);
    throw error;
  }
}

const AGAIN = 'Drop the sheet again: what has started is not started again.';
const OVERWRITTEN =
  'The sheet was overwritten or deleted before all of its rows were claimed; a newer one is a drop of its own.';

type Came = 'started' | 'known' | 'late';

async function claimPart(ports: TakeSheetPorts, found: Readable, place: SheetPartOfDrop): Promise<Taken> {
  const came = await inParallel(found.runs.runs, (run) => claimRun(ports, found, { dropId: place.dropId, run }));
  if (came.includes('late')) return sendAgain(ports, place);
  const started = came.filter((one) => one === 'started').length;
  const after = await ports.ledger.drops.changeSheet(place.dropId, (latest) =>
    partDone(latest, place.part, { runs: found.runs, started, known: came.length - started }),
  );
  ports.log.info('part of a sheet claimed', { ...place, started, known: came.length - started });
  return settledAs(after) === 'rejected' ? 'rejected' : 'started';
}

/** Who claimed the row first is told by the claim itself, so that a repeat counts as the first try did. */
async function claimRun(
  ports: TakeSheetPorts,
  { file, route, drop }: Readable,
  { dropId, run }: { readonly dropId: string; readonly run: SheetRun },
): Promise<Came> {
  if (isLate(ports)) return 'late';
  const record = await claimAndStart(ports, {
    origin: rowOrigin(route, drop, run),
    route: route.name,
    routesHash: file.hash,
    request: run.request,
    members: [],
    sheet: { dropId, lines: run.lines.slice(0, MOST_LINES) },
    ...policyOf(route),
  });
  return record.sheet?.dropId === dropId ? 'started' : 'known';
}

export function rowOrigin(route: Route, drop: Drop, { content }: Pick<SheetRun, 'content'>): RowOrigin {
  return {
    kind: 'row',
    route: route.name,
    bucket: drop.bucket,
    key: drop.key,
    content: sha256(content),
    ...(route.identity === 'version' ? { version: versionOf(drop) } : {}),
  };
}

/** Some at a time. When one fails the others that are under way are waited for, and then the first failure is thrown. */
async function inParallel(runs: readonly SheetRun[], claim: (run: SheetRun) => Promise<Came>): Promise<Came[]> {
  const came: Came[] = [];
  for (let from = 0; from < runs.length; from += ROWS_AT_ONCE) {
    const results = await Promise.allSettled(runs.slice(from, from + ROWS_AT_ONCE).map(claim));
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
      came.push(result.value);
    }
  }
  return came;
}

function isLate({ clock, deadlineMs }: TakeSheetPorts): boolean {
  return clock.nowMs() >= deadlineMs;
}

/** As a message of its own, so that running out of time does not count as a failed receive. */
async function sendAgain(ports: TakeSheetPorts, place: SheetPartOfDrop): Promise<Taken> {
  await ports.sheetParts.send([{ ...place, afterSeconds: OUT_OF_TIME_DELAY_SECONDS }]);
  ports.log.info('part of a sheet put off: out of time', { ...place });
  return 'reading';
}

function delayOf(place: number): number {
  return Math.min(LONGEST_DELAY_SECONDS, Math.floor((place * PART_ROWS) / ROWS_PER_SECOND));
}

async function settleSheet(
  ports: TakeSheetPorts,
  dropId: string,
  to: { readonly state: 'REJECTED' | 'SUPERSEDED'; readonly reason: string },
): Promise<void> {
  const drop = await ports.ledger.drops.read(dropId);
  if (drop?.sheet === undefined) await ports.ledger.drops.change(dropId, { ...to, reasonCode: 'SHEET_REFUSED' });
  else {
    await ports.ledger.drops.changeSheet(dropId, ({ state, sheet }) =>
      sheet === undefined || state !== 'READING' ? undefined : { ...to, sheet },
    );
  }
  ports.log.warn('sheet settled before all of its rows were claimed', { dropId, state: to.state });
}
