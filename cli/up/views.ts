/** How progress is shown: a table that is drawn over on a terminal, else one line for each change, or JSON lines. */

import { truncate } from '../display-width.ts';
import {
  type Column,
  colourOfStatus,
  formatClock,
  formatDuration,
  formatTable,
  printable,
  type Screen,
} from '../text.ts';
import type { Progress, ProgressLine } from './progress.ts';

export interface View {
  /** Shows where things stand now. */
  update(progress: Progress): void;
  /** One line of news, kept above whatever is drawn over. */
  note(line: string): void;
  /** Leaves the last picture on the screen. */
  close(): void;
}

export interface ViewOutput {
  write(text: string): void;
  /** Standard error, for what is not data. */
  note(line: string): void;
  readonly screen: Screen;
  /** Lines that fit on the terminal. */
  readonly height: () => number;
  readonly now: () => Date;
}

const COLUMNS: readonly Column[] = [
  { header: 'ROUTE' },
  { header: 'RUN', shrinks: true },
  { header: 'STATUS', paint: colourOfStatus },
  { header: 'TASKS', align: 'right' },
  { header: 'ELAPSED' },
  { header: 'ATTEMPT' },
  { header: '', shrinks: true },
];

/** While the table is drawn the terminal cuts what does not fit: a line that wrapped would be two when drawn over. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';

/** The table, redrawn in place, with `footer` below it, and what the terminal is too low for told in one line. */
export function createLiveView(output: ViewOutput, footer: string): View {
  let drawn = 0;
  let last: Progress | undefined;
  let shown = '';
  const clear = () => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`);
  const draw = (above: string) => {
    const lines = last === undefined ? [] : [...tableLines(last, output), cut(footer, output)];
    const text = lines.map((line) => `${line}\n`).join('');
    if (above === '' && text === shown) return;
    output.write(`${clear()}${above}${text === '' ? '' : NO_WRAP + text + WRAP}`);
    drawn = lines.length;
    shown = text;
  };
  return {
    update(progress) {
      last = progress;
      draw('');
    },
    note: (line) => draw(`${line}\n`),
    close() {
      last = undefined;
      drawn = 0;
    },
  };
}

function cut(line: string, { screen }: ViewOutput): string {
  return truncate(line, screen.width ?? Number.POSITIVE_INFINITY);
}

function tableLines(progress: Progress, output: ViewOutput): string[] {
  if (progress.lines.length === 0) return [];
  const room = Math.max(3, output.height() - 4);
  const nowMs = output.now().getTime();
  const left = leftOut(progress.lines, progress.lines.length - room);
  const table = formatTable(
    COLUMNS,
    progress.lines.filter((line) => !left.has(line)).map((line) => progressCells(line, nowMs)),
    output.screen,
  );
  return left.size === 0 ? table : [...table, cut(leftOutText(left), output)];
}

/** What moves stays: what ended longest ago goes first, then what has been waiting for the shortest time. */
function leftOut(lines: readonly ProgressLine[], excess: number): ReadonlySet<ProgressLine> {
  const ended = lines.filter(({ endedMs }) => endedMs !== undefined);
  const open = lines.filter(({ endedMs }) => endedMs === undefined);
  const waiting = open.filter(({ startedMs }) => startedMs === undefined);
  const moving = open.filter(({ startedMs }) => startedMs !== undefined);
  return new Set([...ended, ...waiting.reverse(), ...moving].slice(0, Math.max(0, excess)));
}

function leftOutText(left: ReadonlySet<ProgressLine>): string {
  const byStatus = Map.groupBy(left, ({ status }) => status);
  const counts = [...byStatus].map(([status, { length }]) => `${length} ${status}`);
  return `not shown: ${counts.join(', ')} (npx rundrop runs)`;
}

function progressCells(line: ProgressLine, nowMs: number): string[] {
  return [
    line.route,
    line.name,
    line.status,
    line.tasksAll === 0 ? '' : `${line.tasksDone}/${line.tasksAll}`,
    elapsedText(line, nowMs),
    line.attempt > 1 ? `${line.attempt} of ${line.maxAttempts}` : '',
    line.note ?? '',
  ];
}

function elapsedText(line: ProgressLine, nowMs: number): string {
  if (line.startedMs === undefined) return '';
  const elapsed = formatDuration((line.endedMs ?? nowMs) - line.startedMs);
  return line.usualMs === undefined ? elapsed : `${elapsed} of ~${formatDuration(line.usualMs)}`;
}

/** One line a change, with the time of day. */
export function createPlainView(output: ViewOutput): View {
  return createChangeView(output, (line) => `${formatClock(output.now())} ${changeText(line)}`, output.write);
}

/** One JSON object a line and change; news for people go to standard error. */
export function createJsonView(output: ViewOutput): View {
  return createChangeView(
    output,
    (line) => JSON.stringify({ time: output.now().toISOString(), ...line }),
    output.note,
    false,
  );
}

function createChangeView(
  output: ViewOutput,
  format: (line: ProgressLine) => string,
  note: (text: string) => void,
  noteIsData = true,
): View {
  const known = new Map<string, string>();
  return {
    update(progress) {
      const gone = new Set(known.keys());
      for (const line of progress.lines) {
        gone.delete(line.id);
        const state = [line.status, line.attempt, line.tasksDone, line.tasksAll, line.note ?? ''].join(' ');
        if (known.get(line.id) === state) continue;
        known.set(line.id, state);
        output.write(`${format(line)}\n`);
      }
      // Sets that are complete by now; should they wait again, that is news.
      for (const id of gone) known.delete(id);
    },
    note: (line) => note(noteIsData ? `${formatClock(output.now())} ${line}\n` : line),
    close: () => undefined,
  };
}

function changeText(line: ProgressLine): string {
  const tasks = line.tasksAll === 0 ? '' : ` ${line.tasksDone}/${line.tasksAll} tasks`;
  const attempt = line.attempt > 1 ? ` attempt ${line.attempt} of ${line.maxAttempts}` : '';
  const note = line.note === undefined ? '' : ` (${line.note})`;
  // A set has no run yet, and so no name that begins with its route's.
  const who = line.attempt === 0 ? `${line.route} ${line.name}` : line.name;
  return printable(`${who} ${line.status}${tasks}${attempt}${note}`);
}
