import type { Member } from './gather.ts';
import { show } from './problems.ts';
import type { Route } from './route.ts';
import { readSheet, type Sheet, type SheetRow } from './sheet.ts';
import { sheetFiller } from './sheet-filler.ts';
import { DEFAULT_SHEET_FORMAT } from './sheet-format.ts';
import { type RowReader, rowReader } from './sheet-row-reader.ts';
import { RequestRefused, type StartRunRequest } from './start-run-request.ts';

/** What a sheet asks for. */
export interface SheetRuns {
  /** All rows of the sheet, good and bad, also those out of range. */
  readonly rows: number;
  readonly runs: readonly SheetRun[];
  /** Rows that start nothing, by line. */
  readonly refused: readonly RowProblem[];
  /** Rows that are the same as an earlier one: together they are one run. By line. */
  readonly duplicates: readonly RowProblem[];
}

/** One run: of a row, or of the rows of a group. */
export interface SheetRun {
  readonly lines: readonly number[];
  /** Canonical text of the cells, the same for any order of rows and columns. */
  readonly content: string;
  readonly request: StartRunRequest;
}

export interface RowProblem {
  readonly line: number;
  readonly reason: string;
  /** How many rows it is about: a group has several. */
  readonly rows: number;
}

/** Rows by their place among all rows, counted from 0. A group belongs where its first row is. */
export interface RowRange {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

const ALL: RowRange = { from: 0, to: Number.POSITIVE_INFINITY };

/**
 * The requests of a sheet's rows, or of those in `range`. The same object and route always give the same answer, so
 * that a sheet can be worked off in parts. Throws SheetRefused or RequestRefused when no row could start.
 */
export function sheetRuns(route: Route, member: Member, body: string, range: RowRange = ALL): SheetRuns {
  const { each } = route;
  if (each === undefined) throw new TypeError(`route ${route.name} reads no rows`);
  const format = route.sheet ?? DEFAULT_SHEET_FORMAT;
  const sheet = readSheet(body, member.drop.key, format);
  const reader = rowReader(route, format, sheet);
  const fill = sheetFiller(route, member);
  const sifted = sift(sheet, reader);
  const units = each.kind === 'row' ? sifted.good.map(unitOf) : groupsOf(sifted, each.column, reader);
  const within = ({ index }: { readonly index: number }) => index >= range.from && index < range.to;
  const refused: RowProblem[] = sifted.refused.filter(within).map(({ row, reason }) => problemOf(row.line, reason));
  const runs: SheetRun[] = [];
  for (const { lines, contents, rows, fault } of units.filter(within)) {
    const line = lines[0] ?? 0;
    try {
      if (fault !== undefined) throw new RequestRefused([fault]);
      const cells = rows.map(reader.rowOf);
      const request = each.kind === 'row' ? fill({ row: cells[0] ?? {} }) : fill({ rows: cells });
      const content = each.kind === 'row' ? (contents[0] ?? '') : `[${contents.toSorted().join(',')}]`;
      runs.push({ lines, content, request });
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      refused.push({ line, reason: error.problems.join('; '), rows: rows.length });
    }
  }
  const duplicates = sifted.duplicates.filter(within).map(({ row, reason }) => problemOf(row.line, reason));
  return { rows: sheet.rows.length, runs, refused: refused.sort((a, b) => a.line - b.line), duplicates };
}

interface GoodRow {
  readonly index: number;
  readonly row: SheetRow;
  readonly content: string;
}

interface BadRow {
  readonly index: number;
  readonly row: SheetRow;
  readonly reason: string;
}

interface Sifted {
  readonly good: readonly GoodRow[];
  readonly refused: readonly BadRow[];
  readonly duplicates: readonly BadRow[];
}

function sift(sheet: Sheet, reader: RowReader): Sifted {
  const [good, refused, duplicates] = [[] as GoodRow[], [] as BadRow[], [] as BadRow[]];
  const first = new Map<string, number>();
  for (const [index, row] of sheet.rows.entries()) {
    const reason = row.fault ?? reader.sayEmpty(row);
    if (reason !== undefined) {
      refused.push({ index, row, reason });
      continue;
    }
    const content = reader.contentOf(row);
    const before = first.get(content);
    if (before === undefined) {
      first.set(content, row.line);
      good.push({ index, row, content });
    } else {
      duplicates.push({ index, row, reason: `the same as line ${before}: together they are one run` });
    }
  }
  return { good, refused, duplicates };
}

/** What becomes one request. */
interface Unit {
  readonly index: number;
  readonly lines: readonly number[];
  readonly rows: readonly SheetRow[];
  readonly contents: readonly string[];
  readonly fault?: string;
}

function unitOf({ index, row, content }: GoodRow): Unit {
  return { index, lines: [row.line], rows: [row], contents: [content] };
}

/** A group with a row that cannot be used starts nothing: a run with one member less would look like the right one. */
function groupsOf({ good, refused }: Sifted, column: string, reader: RowReader): readonly Unit[] {
  const faults = new Map<string, number>();
  for (const { row } of refused) {
    const name = reader.cellOf(row, column);
    if (!faults.has(name)) faults.set(name, row.line);
  }
  const groups = new Map<string, GoodRow[]>();
  for (const entry of good) {
    const name = reader.cellOf(entry.row, column);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [entry]);
    else group.push(entry);
  }
  return [...groups].map(([name, members]) => {
    const bad = faults.get(name);
    const lines = members.map(({ row }) => row.line);
    return {
      index: members[0]?.index ?? 0,
      lines,
      rows: members.map(({ row }) => row),
      contents: members.map(({ content }) => content),
      ...(bad === undefined ? {} : { fault: sayIncomplete(name, lines, bad) }),
    };
  });
}

function sayIncomplete(name: string, lines: readonly number[], bad: number): string {
  const where = lines.length === 1 ? `line ${lines[0]}` : `lines ${listLines(lines)}`;
  return `the group ${show(name)} (${where}) is not complete: line ${bad} belongs to it and cannot be used`;
}

const LINES_SHOWN = 10;

function listLines(lines: readonly number[]): string {
  const more = lines.length - LINES_SHOWN;
  return more <= 0 ? lines.join(', ') : `${lines.slice(0, LINES_SHOWN).join(', ')} and ${more} more`;
}

function problemOf(line: number, reason: string): RowProblem {
  return { line, reason, rows: 1 };
}
