/** The table that the bench prints. */
import { isOver, type Row } from './figure.ts';

const HEAD = ['figure', 'value', 'bound', '', 'measured'] as const;
const ALIGNED_RIGHT: ReadonlySet<number> = new Set([1, 2]);

/** Lines, columns padded with spaces. */
export function tableOf(rows: readonly Row[]): string[] {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((line) => (line[column] ?? '').length)));
  const pad = (text: string, column: number) =>
    ALIGNED_RIGHT.has(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return cells.map((line) => line.map(pad).join('  ').trimEnd());
}

function cellsOf(row: Row): string[] {
  const verdict = row.bound === undefined ? '' : isOver(row) ? 'OVER' : 'ok';
  const bound = row.bound === undefined ? '' : `≤ ${row.bound} ${row.unit}`;
  return [row.figure, `${shown(row.value)} ${row.unit}`, bound, verdict, row.from];
}

/** Three significant digits, or all before the point. */
export function shown(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toPrecision(2);
}
