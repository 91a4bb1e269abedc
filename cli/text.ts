/** Times, sizes, colours and tables, as people read them. Pure. */
import { displayWidth, padEnd, padStart, truncate } from './display-width.ts';

/** "3m12s", "4.2s", "2h05m", "3d04h"; never negative. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m${pad(whole % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h${pad(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${pad(hours % 24)}h`;
}

/** Local time, "2026-11-22 08:57:32"; the text itself when it is not a time. */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return printable(iso);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${formatClock(date)}`;
}

/** Local time of day, "08:57:32". */
export function formatClock(date: Date): string {
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** "512 B", "1.5 KiB", "20 MiB". */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Object keys may hold anything: control and direction-changing characters are shown, never sent to the terminal. */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Cut at spaces where it does not fit, the rest indented a little more; never inside a word, and not at all without a limit. */
export function wrapLine(line: string, width: number | undefined): string[] {
  if (width === undefined || displayWidth(line) <= width) return [line];
  const [indent = ''] = /^ */.exec(line) ?? [];
  const lines: string[] = [];
  let current = indent;
  let isEmpty = true;
  // Spaces within a line stay as they are.
  for (const [, gap = '', word = ''] of line.slice(indent.length).matchAll(/( *)([^ ]+)/g)) {
    if (!isEmpty && displayWidth(current) + gap.length + displayWidth(word) > width) {
      lines.push(current);
      current = `${indent}  ${word}`;
    } else current += `${isEmpty ? '' : gap}${word}`;
    isEmpty = false;
  }
  return [...lines, current];
}

/** Where output goes: whether colours are wanted and how wide a line may be. */
export interface Screen {
  readonly colour: boolean;
  /** Columns; `undefined` for no limit. */
  readonly width?: number;
}

export interface Column {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** May be cut, the widest first, when the line is too long. */
  readonly shrinks?: boolean;
  readonly paint?: (text: string) => Colour | undefined;
}

const NARROWEST = 8;
/** Where the screen's width is not known, one very long cell does not push the columns after it out of sight. */
const WIDEST_PADDING = 80;
const GAP = '  ';

/** Aligned columns, one line a row, header first; cells are made printable. Columns that are empty throughout are left out. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  screen: Screen,
): string[] {
  const used = columns.map((_, index) => index).filter((index) => rows.some((row) => (row[index] ?? '') !== ''));
  const cells = rows.map((row) => used.map((index) => printable(row[index] ?? '')));
  const headers = used.map((index) => columns[index]?.header ?? '');
  const natural = headers.map((header, index) =>
    Math.max(header.length, ...cells.map((row) => displayWidth(row[index] ?? ''))),
  );
  const widths = fitWidths(
    natural,
    used.map((index) => columns[index]?.shrinks === true),
    screen.width,
  );
  const line = (row: readonly string[], painted: boolean) =>
    row
      .map((cell, index) => {
        const column = columns[used[index] ?? -1];
        const text = alignCell(cell, {
          width: widths[index] ?? 0,
          right: column?.align === 'right',
          last: index === row.length - 1,
          cut: screen.width !== undefined,
        });
        return painted ? paint(text, column?.paint?.(cell), screen) : text;
      })
      .join(GAP)
      .trimEnd();
  return [paint(line(headers, false), 'bold', screen), ...cells.map((row) => line(row, true))];
}

function alignCell(
  cell: string,
  { width, right, last, cut }: { width: number; right: boolean; last: boolean; cut: boolean },
): string {
  const text = cut ? truncate(cell, width) : cell;
  if (right) return padStart(text, width);
  return last ? text : padEnd(text, width);
}

function fitWidths(natural: readonly number[], shrinks: readonly boolean[], limit: number | undefined): number[] {
  const widths = [...natural];
  if (limit === undefined)
    return widths.map((width, index) => (shrinks[index] ? Math.min(width, WIDEST_PADDING) : width));
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - limit;
  while (excess > 0) {
    let widest = -1;
    for (const [index, width] of widths.entries()) {
      if (shrinks[index] && width > NARROWEST && width > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'grey' | 'bold';
const CODES: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, blue: 34, grey: 90, bold: 1 };

export function paint(text: string, colour: Colour | undefined, screen: Pick<Screen, 'colour'>): string {
  if (colour === undefined || !screen.colour || text === '') return text;
  return `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}

/** The colour of a status or state, whatever service's it is. */
export function colourOfStatus(status: string): Colour | undefined {
  if (/^(COMPLETED|TAKEN)/.test(status)) return 'green';
  if (/^(FAILED|CANCELLED|REFUSED|REJECTED|UNCERTAIN|REMOVED)/.test(status)) return 'red';
  if (/^(WAITING|GATHERING|CLAIMED|RETRYING|PENDING|SUPERSEDED)/.test(status)) return 'yellow';
  if (/^(STARTING|RUNNING|STOPPING|STARTED)/.test(status)) return 'blue';
  return undefined;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
