import { show } from './problems.ts';
import type { SheetDelimiter, SheetFormat } from './sheet-format.ts';
import { type BrokenLine, type RawRecord, readRecords } from './sheet-records.ts';
import { dataPart, firstLineOf, refuse, SheetRefused, sheetText } from './sheet-text.ts';

/** A sheet as read: nothing is known yet of what a route does with it. */
export interface Sheet {
  readonly columns: readonly string[];
  /** Where the columns are named. */
  readonly headerLine: number;
  /** In the sheet's order. */
  readonly rows: readonly SheetRow[];
}

export interface SheetRow {
  /** From 1, as an editor counts. */
  readonly line: number;
  /** Without white space around them; as many as there are columns unless there is a `fault`. */
  readonly cells: readonly string[];
  /** Why the row cannot be used. */
  readonly fault?: string;
}

const MOST_COLUMNS = 1_000;
const LONGEST_COLUMN_NAME = 256;
/** Beyond what separates cells in files that are in use. */
const FOUND_DELIMITERS: readonly SheetDelimiter[] = [',', '\t', ';'];

/**
 * Reads a CSV, a TSV or an Illumina sample sheet (v1 or v2), each with a line of column names. `body` is what decoding
 * as UTF-8 made of the object. Throws SheetRefused when the sheet as a whole is unusable; a row that is unusable says
 * so itself.
 */
export function readSheet(body: string, key: string, format: SheetFormat): Sheet {
  const text = sheetText(body);
  const part = dataPart(text, format.section);
  const delimiter = format.delimiter ?? delimiterOf(part.text, key);
  const mostRecords = 2 * format.maxRows + 10;
  const { records, broken } = readRecords(part, { delimiter, mostRecords });
  const at = records.findIndex(({ cells }) => !isBlank(cells));
  const header = records[at];
  const [firstBroken] = broken;
  if (firstBroken !== undefined && (header === undefined || firstBroken.line < header.line)) {
    throw refuse(firstBroken.line, firstBroken.reason);
  }
  if (header === undefined) throw new SheetRefused('The sheet is empty: it needs a line that names its columns.');
  const columns = columnsOf(header);
  const found = { records: records.slice(at + 1), broken };
  const rows = rowsOf(found, { width: columns.length, mayBeOdd: holdsControl(text) });
  if (records.length >= mostRecords || rows.length > format.maxRows) {
    throw new SheetRefused(
      `The sheet has more than ${format.maxRows} rows: split it, or raise sheet.maxRows of its route.`,
    );
  }
  if (rows.length === 0) throw refuse(header.line, 'no rows follow the names of the columns');
  return { columns, headerLine: header.line, rows };
}

/** A key's ending decides for tabs; otherwise what separates the column names most often. */
function delimiterOf(text: string, key: string): SheetDelimiter {
  if (/\.(?:tsv|tab)$/i.test(key)) return '\t';
  const outside = firstLineOf(text).replaceAll(/"[^"]*"/g, '');
  const counts = FOUND_DELIMITERS.map((delimiter) => outside.split(delimiter).length);
  return FOUND_DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

function columnsOf({ line, cells }: RawRecord): readonly string[] {
  const names = cells.map((cell) => cell.trim());
  // Spreadsheets fill every line up to the longest one.
  while (names.at(-1) === '') names.pop();
  if (names.length > MOST_COLUMNS) throw refuse(line, `more than ${MOST_COLUMNS} columns`);
  const first = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (name === '') throw refuse(line, `column ${index + 1} has no name`);
    if (name.length > LONGEST_COLUMN_NAME) {
      throw refuse(line, `the name of column ${index + 1} has more than ${LONGEST_COLUMN_NAME} characters`);
    }
    const before = first.get(name);
    if (before !== undefined) {
      throw refuse(line, `columns ${before + 1} and ${index + 1} have the same name, ${show(name)}`);
    }
    first.set(name, index);
  }
  return names;
}

interface Expected {
  readonly width: number;
  /** Whether some cell holds a control character: seldom, so it is looked for once in the whole text. */
  readonly mayBeOdd: boolean;
}

function rowsOf(
  { records, broken }: { readonly records: readonly RawRecord[]; readonly broken: readonly BrokenLine[] },
  expected: Expected,
): readonly SheetRow[] {
  const rows: SheetRow[] = [];
  for (const record of records) if (!isBlank(record.cells)) rows.push(rowOf(record, expected));
  if (broken.length === 0) return rows;
  for (const { line, reason } of broken) rows.push({ line, cells: [], fault: reason });
  return rows.sort((a, b) => a.line - b.line);
}

function rowOf(record: RawRecord, { width, mayBeOdd }: Expected): SheetRow {
  const { line, cells } = record;
  const isClean = cells.every(isTrim);
  if (isClean && cells.length === width && !mayBeOdd) return record;
  const trimmed = isClean ? cells : cells.map((cell) => cell.trim());
  const padding = trimmed.slice(width).every((cell) => cell === '');
  const row = trimmed.length > width && padding ? trimmed.slice(0, width) : trimmed;
  const fault = row.length === width ? sayOdd(row) : sayRagged(cells.length, width, cells);
  return fault === undefined ? { line, cells: row } : { line, cells: row, fault };
}

function sayRagged(count: number, width: number, cells: readonly string[]): string {
  const lines = cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
  const long = lines === 0 ? '' : ` (a quoted cell goes on for ${lines} more lines)`;
  const many = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  return `${many(count, 'cell')}, but ${many(width, 'column')}${long}`;
}

function sayOdd(cells: readonly string[]): string | undefined {
  const index = cells.findIndex(holdsControl);
  return index === -1 ? undefined : `cell ${index + 1} holds a control character`;
}

/** Line breaks and tabs may stand in a quoted cell; other control characters have no business in a sheet. */
function holdsControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 32 ? code !== TAB && code !== NEWLINE : code >= 127 && code < 160) return true;
  }
  return false;
}

const TAB = 9;
const NEWLINE = 10;

/** True only for cells that certainly need no trimming: those that begin and end with visible ASCII, or are empty. */
function isTrim(cell: string): boolean {
  if (cell === '') return true;
  const first = cell.charCodeAt(0);
  const last = cell.charCodeAt(cell.length - 1);
  return first > 32 && first < 127 && last > 32 && last < 127;
}

function isBlank(cells: readonly string[]): boolean {
  return cells.every((cell) => cell === '' || cell.trim() === '');
}
