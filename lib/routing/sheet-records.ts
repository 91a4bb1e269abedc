import { CsvError, parse } from 'csv-parse/sync';
import type { SheetDelimiter } from './sheet-format.ts';
import { type SheetPart, SheetRefused } from './sheet-text.ts';

export interface RawRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

export interface BrokenLine {
  readonly line: number;
  readonly reason: string;
}

/** The lines of a table: blank ones may be among the records, comments are not. */
export interface RawRecords {
  readonly records: readonly RawRecord[];
  /** What no parser could make sense of, line by line. */
  readonly broken: readonly BrokenLine[];
}

interface Reading {
  readonly delimiter: SheetDelimiter;
  /** Reading ends here; a sheet that has so many is refused. */
  readonly mostRecords: number;
}

/** Splits a table into cells. A line whose quotation marks make no sense is left out, and reading goes on behind it. */
export function readRecords(part: SheetPart, reading: Reading): RawRecords {
  const hasComments = /^[ \t]*#/m.test(part.text);
  if (!hasComments && !part.text.includes('"') && !part.text.includes('\n\n')) return readPlain(part, reading);
  return readCarefully(part, reading);
}

/** Without quotation marks, comments and empty lines a line is a record: counting is enough to know its number. */
function readPlain({ text, firstLine }: SheetPart, { delimiter, mostRecords }: Reading): RawRecords {
  const options = { delimiter, record_delimiter: '\n', relax_column_count: true, to: mostRecords };
  const rows: string[][] = parse(text, options);
  return { records: rows.map((cells, index) => ({ line: firstLine + index, cells })), broken: [] };
}

/** So many lines with stray quotation marks and the file is something else. */
const MOST_BROKEN = 100;

function readCarefully({ text, firstLine }: SheetPart, reading: Reading): RawRecords {
  const records: RawRecord[] = [];
  const broken: BrokenLine[] = [];
  let rest = text;
  let line = firstLine;
  while (records.length < reading.mostRecords) {
    const { fault, linesRead } = readUntilFault(rest, line, { reading, records });
    if (fault === undefined) break;
    const bad = nextRecordLine(rest, linesRead);
    broken.push({ line: line + bad.skipped, reason: fault });
    if (broken.length > MOST_BROKEN) {
      const first = broken[0]?.line ?? line;
      throw new SheetRefused(`More than ${MOST_BROKEN} lines have stray quotation marks, the first is line ${first}.`);
    }
    rest = rest.slice(bad.end);
    line += bad.skipped + 1;
  }
  return { records, broken };
}

/** Adds the records up to the first fault; `linesRead` counts the lines that they, and comments between them, take. */
function readUntilFault(
  text: string,
  firstLine: number,
  { reading, records }: { readonly reading: Reading; readonly records: RawRecord[] },
): { readonly fault: string | undefined; readonly linesRead: number } {
  let linesRead = 0;
  try {
    parse(text, {
      delimiter: reading.delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      trim: true,
      comment: '#',
      comment_no_infix: true,
      skip_empty_lines: true,
      to: reading.mostRecords,
      on_record(cells: string[], { lines }: { lines: number }) {
        linesRead = lines;
        const inside = cells.reduce((sum, cell) => sum + newlinesIn(cell), 0);
        records.push({ line: firstLine + lines - 1 - inside, cells });
        return null;
      },
    });
    return { fault: undefined, linesRead };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { fault: FAULTS[error.code] ?? 'the line cannot be read', linesRead };
  }
}

const FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark opens and is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'a quotation mark closes and the cell goes on: inside a quoted cell, write it twice',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: 'a quotation mark closes and the cell goes on',
  INVALID_OPENING_QUOTE: 'a quotation mark inside a cell: put the whole cell in quotation marks, and write it twice',
};

function newlinesIn(cell: string): number {
  let count = 0;
  for (let at = cell.indexOf('\n'); at !== -1; at = cell.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** The first line after `lines` others that is neither empty nor a comment: how many come before it, and where it ends. */
function nextRecordLine(text: string, lines: number): { readonly skipped: number; readonly end: number } {
  let start = 0;
  for (let line = 0; ; line += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline + 1;
    if ((line >= lines && !/^\s*(?:#|$)/.test(text.slice(start, end))) || newline === -1) return { skipped: line, end };
    start = end;
  }
}
