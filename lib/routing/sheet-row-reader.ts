import { didYouMean } from './did-you-mean.ts';
import { show } from './problems.ts';
import type { Route } from './route.ts';
import type { Sheet, SheetRow } from './sheet.ts';
import { columnsNamed, type Row } from './sheet-filler.ts';
import type { SheetFormat } from './sheet-format.ts';
import { listNames, refuse } from './sheet-text.ts';

/** A sheet's rows as one route sees them: the columns that count, and those whose cells must not be empty. */
export interface RowReader {
  /**
   * Canonical text, the columns and their cells that are not empty: equal for rows that say the same, whatever the order of columns,
   * the separator or the quoting. A column that is added and left empty changes nothing.
   */
  contentOf(row: SheetRow): string;
  rowOf(row: SheetRow): Row;
  /** Why a row whose cells are all there cannot be used. */
  sayEmpty(row: SheetRow): string | undefined;
  /** Of a row that may lack cells: empty then. */
  cellOf(row: SheetRow, column: string): string;
}

/** Throws SheetRefused when the sheet lacks a column that the route needs. */
export function rowReader(route: Route, format: SheetFormat, sheet: Sheet): RowReader {
  const used = new Set(columnsNamed(route.run));
  if (route.each?.kind === 'group') used.add(route.each.column);
  const places = new Map(sheet.columns.map((name, place) => [name, place]));
  checkColumns(new Set([...used, ...(format.columns ?? [])]), format, sheet);
  const names = format.columns ?? [...new Set([...sheet.columns, ...format.optional])];
  const taken = names.map((name) => ({ name, place: places.get(name) ?? -1 }));
  const sorted = taken.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const required = taken.filter(({ name }) => used.has(name) && !format.optional.includes(name));
  return {
    contentOf({ cells }) {
      const pairs: string[] = [];
      for (const { name, place } of sorted) {
        const cell = cells[place] ?? '';
        if (cell !== '') pairs.push(name, cell);
      }
      return JSON.stringify(pairs);
    },
    rowOf: names.includes('__proto__')
      ? ({ cells }) => Object.fromEntries(taken.map(({ name, place }) => [name, cells[place] ?? '']))
      : ({ cells }) => {
          // Four times as fast as by entries, and safe for every name but __proto__.
          const row: Record<string, string> = {};
          for (const { name, place } of taken) row[name] = cells[place] ?? '';
          return row;
        },
    sayEmpty({ cells }) {
      const empty = required.find(({ place }) => (cells[place] ?? '') === '');
      return empty === undefined ? undefined : `the cell of column ${show(empty.name)} is empty`;
    },
    cellOf: ({ cells }, column) => cells[places.get(column) ?? -1] ?? '',
  };
}

function checkColumns(needed: ReadonlySet<string>, { optional }: SheetFormat, { columns, headerLine }: Sheet): void {
  const known = new Set(columns);
  for (const name of needed) {
    if (known.has(name) || optional.includes(name)) continue;
    const meant = didYouMean(name, columns);
    const hint = meant === undefined ? '' : ` Did you mean ${show(meant)}?`;
    throw refuse(headerLine, `the sheet has no column ${show(name)}, only ${listNames(columns)}.${hint}`);
  }
}
