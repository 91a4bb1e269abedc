import { didYouMean } from './did-you-mean.ts';
import type { ProblemList } from './problems.ts';
import { readGroup, readInteger, readText, readTexts } from './read-values.ts';
import type { Each } from './route.ts';
import type { Entry, SourceNode } from './source-nodes.ts';
import { parseSizeConditions } from './units.ts';

/** How the rows of a sheet are read. */
export interface SheetFormat {
  /** Of an Illumina sample sheet; absent: the one that is named Data or ends in _Data. */
  readonly section?: string;
  /** The columns that count: the sheet must have them, and the others are as if they were not there. Absent: all. */
  readonly columns?: readonly string[];
  /** Columns that a run uses and that a row, or the whole sheet, may do without: their cells are then empty texts. */
  readonly optional: readonly string[];
  /** Absent: what the key's ending or the line of column names says. */
  readonly delimiter?: SheetDelimiter;
  readonly maxRows: number;
  readonly maxSizeBytes: number;
}

export type SheetDelimiter = ',' | '\t' | ';' | '|';

const MIB = 2 ** 20;

export const DEFAULT_SHEET_FORMAT: SheetFormat = { optional: [], maxRows: 10_000, maxSizeBytes: 10 * MIB };

/** A function of 512 MB parses this with room to spare. */
const LARGEST_SHEET_BYTES = 32 * MIB;
export const MOST_ROWS = 100_000;

export const SHEET_KEYS = ['section', 'columns', 'optional', 'delimiter', 'maxRows', 'maxSize'] as const;

export const DELIMITER_WORDS = ['comma', 'tab', 'semicolon', 'pipe'] as const;

const DELIMITERS: Readonly<Record<string, SheetDelimiter>> = {
  comma: ',',
  tab: '\t',
  semicolon: ';',
  pipe: '|',
  ',': ',',
  '\t': '\t',
  ';': ';',
  '|': '|',
};

/** Reads `sheet:` of a route with `each`. */
export function readSheetFormat(node: SourceNode, each: Each, problems: ProblemList): SheetFormat | undefined {
  const entries = readGroup(node, { known: SHEET_KEYS, notOffered: ['key'] }, problems);
  if (entries === undefined) return undefined;
  const section = readEntry(entries.get('section'), (entry) => readText(entry.node, problems));
  const columns = readEntry(entries.get('columns'), (entry) => readColumns(entry, problems));
  const optional = readEntry(entries.get('optional'), (entry) => readColumns(entry, problems)) ?? [];
  const delimiter = readEntry(entries.get('delimiter'), (entry) => readDelimiter(entry, problems));
  const maxRows = readEntry(entries.get('maxRows'), (entry) =>
    readInteger(entry.node, { min: 1, max: MOST_ROWS }, problems),
  );
  const maxSizeBytes = readEntry(entries.get('maxSize'), (entry) => readSize(entry, problems));
  checkColumns({ columns, optional, each }, entries, problems);
  return {
    ...(section === undefined ? {} : { section: section.replace(/^\[(.*)\]$/, '$1') }),
    ...(columns === undefined ? {} : { columns }),
    optional,
    ...(delimiter === undefined ? {} : { delimiter }),
    maxRows: maxRows ?? DEFAULT_SHEET_FORMAT.maxRows,
    maxSizeBytes: maxSizeBytes ?? DEFAULT_SHEET_FORMAT.maxSizeBytes,
  };
}

function readEntry<Value>(entry: Entry | undefined, read: (entry: Entry) => Value): Value | undefined {
  return entry === undefined ? undefined : read(entry);
}

function readColumns({ node }: Entry, problems: ProblemList): readonly string[] | undefined {
  const columns = readTexts(node, problems);
  if (columns !== undefined && new Set(columns).size < columns.length) {
    problems.error(node.place, 'a column stands here twice');
  }
  return columns;
}

function readDelimiter({ node }: Entry, problems: ProblemList): SheetDelimiter | undefined {
  const text = readText(node, problems);
  if (text === undefined) return undefined;
  const delimiter = Object.hasOwn(DELIMITERS, text) ? DELIMITERS[text] : undefined;
  if (delimiter === undefined) {
    const rule = `must be ${DELIMITER_WORDS.join(', ')} or the character itself`;
    problems.error(node.place, rule, didYouMean(text, DELIMITER_WORDS));
  }
  return delimiter;
}

function readSize({ node }: Entry, problems: ProblemList): number | undefined {
  const text = readText(node, problems);
  if (text === undefined) return undefined;
  const [condition, ...others] = parseSizeConditions(`=${text}`) ?? [];
  const sizeBytes = condition?.sizeBytes ?? 0;
  if (others.length === 0 && sizeBytes >= 1 && sizeBytes <= LARGEST_SHEET_BYTES) return sizeBytes;
  problems.error(node.place, `must be a size of at most ${LARGEST_SHEET_BYTES / MIB} MiB, such as 10 MiB`);
  return undefined;
}

function checkColumns(
  { columns, optional, each }: { columns: readonly string[] | undefined; optional: readonly string[]; each: Each },
  entries: ReadonlyMap<string, Entry>,
  problems: ProblemList,
): void {
  const optionalPlace = entries.get('optional')?.node.place;
  for (const name of optional) {
    if (optionalPlace === undefined || columns === undefined || columns.includes(name)) continue;
    problems.error(optionalPlace, `sheet.columns has no ${name}`, didYouMean(name, columns));
  }
  if (each.kind !== 'group') return;
  const columnsPlace = entries.get('columns')?.node.place;
  if (columnsPlace !== undefined && columns !== undefined && !columns.includes(each.column)) {
    problems.error(columnsPlace, `sheet.columns lacks ${each.column}, by which rows are grouped`);
  }
  if (optionalPlace !== undefined && optional.includes(each.column)) {
    problems.error(optionalPlace, `${each.column} cannot be optional: rows are grouped by it`);
  }
}
