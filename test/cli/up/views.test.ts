import { expect, test } from 'vitest';
import type { ProgressLine } from '../../../cli/up/progress.ts';
import { createJsonView, createLiveView, createPlainView, type ViewOutput } from '../../../cli/up/views.ts';

const NOW = new Date(2026, 0, 2, 12, 1, 3);

const running: ProgressLine = {
  id: 'a',
  route: 'germline',
  name: 'germline-0a1b2c3d',
  status: 'RUNNING',
  attempt: 1,
  maxAttempts: 3,
  tasksDone: 2,
  tasksAll: 5,
  startedMs: NOW.getTime() - 4_000,
  usualMs: 6_000,
};
const half: ProgressLine = {
  ...{ id: 'b', route: 'germline', name: 'sample=SYN-0004', status: 'WAITING', attempt: 0, maxAttempts: 0 },
  ...{ tasksDone: 0, tasksAll: 0, note: 'waiting for read=2' },
};

function record(options: { width?: number; height?: number } = {}) {
  const written: string[] = [];
  const noted: string[] = [];
  const output: ViewOutput = {
    write: (text) => written.push(text),
    note: (line) => noted.push(line),
    screen: { colour: false, ...(options.width === undefined ? {} : { width: options.width }) },
    height: () => options.height ?? 24,
    now: () => NOW,
  };
  return { output, written, noted };
}

/** What is between the sequences that turn line wrapping off and on. */
const picture = (text: string) => text.split('\u001b[?7l').at(-1)?.split('\u001b[?7h')[0] ?? '';

const progress = (...lines: ProgressLine[]) => ({ lines, unfinished: true, requests: [] });

test('writes one plain line for each change and none without one', () => {
  const { output, written } = record();
  const view = createPlainView(output);
  view.update(progress(running, half));
  view.update(progress({ ...running, startedMs: NOW.getTime() - 5_000 }, half));
  view.update(
    progress({ ...running, status: 'COMPLETED', tasksDone: 5, attempt: 2, note: 'after SERVICE_ERROR' }, half),
  );
  expect(written).toEqual([
    '12:01:03 germline-0a1b2c3d RUNNING 2/5 tasks\n',
    '12:01:03 germline sample=SYN-0004 WAITING (waiting for read=2)\n',
    '12:01:03 germline-0a1b2c3d COMPLETED 5/5 tasks attempt 2 of 3 (after SERVICE_ERROR)\n',
  ]);
});

test('writes JSON lines to standard output and news for people elsewhere', () => {
  const { output, written, noted } = record();
  const view = createJsonView(output);
  view.update(progress(running));
  view.note('s3://b/k: no route takes it');
  expect(written.map((text) => JSON.parse(text) as unknown)).toEqual([{ time: NOW.toISOString(), ...running }]);
  expect(noted).toEqual(['s3://b/k: no route takes it']);
});

test('draws a table with elapsed against usual and what is waited for, above the footer', () => {
  const { output, written } = record();
  createLiveView(output, 'Listening').update(progress(running, half));
  expect(picture(written.join('')).split('\n')).toEqual([
    'ROUTE     RUN                STATUS   TASKS  ELAPSED',
    'germline  germline-0a1b2c3d  RUNNING    2/5  4.0s of ~6.0s',
    'germline  sample=SYN-0004    WAITING                        waiting for read=2',
    'Listening',
    '',
  ]);
});

test('draws over the last picture and keeps news above it', () => {
  const { output, written } = record();
  const view = createLiveView(output, 'Listening');
  view.update(progress(running));
  view.note('news');
  expect(written[1]).toBe(`\u001b[3A\u001b[0Jnews\n${written[0]}`);
  view.close();
  view.note('after the end');
  expect(written[2]).toBe('after the end\n');
});

test('draws nothing when nothing has changed', () => {
  const { output, written } = record();
  const view = createLiveView(output, 'Listening');
  view.update(progress(running));
  view.update(progress(running));
  expect(written).toHaveLength(1);
});

test('fits the terminal: lines are cut, and of ended runs the oldest are left out', () => {
  const { output, written } = record({ width: 60, height: 8 });
  const ended = Array.from({ length: 10 }, (_, n) => ({
    ...running,
    id: `e${n}`,
    name: `ended-${n}`,
    status: 'COMPLETED',
    endedMs: NOW.getTime(),
  }));
  createLiveView(output, 'Listening on http://127.0.0.1:4566 · Ctrl-C ends it').update(progress(running, ...ended));
  const lines = picture(written.join('')).trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(8);
  expect(lines.every((line) => line.length <= 60)).toBe(true);
  expect(lines[1]).toContain('germline-0');
  expect(lines.at(-3)).toContain('ended-9');
  expect(lines.at(-2)).toBe('not shown: 7 COMPLETED (npx rundrop runs)');
});

test('shows what runs before what waits, and counts what there is no room for', () => {
  const { output, written } = record({ height: 8 });
  const waiting = Array.from({ length: 10 }, (_, n) => ({ ...half, id: `w${n}`, name: `waits-${n}` }));
  createLiveView(output, 'Listening').update(progress(...waiting, running));
  const lines = picture(written.join('')).trimEnd().split('\n');
  expect(lines.slice(1).map((line) => line.split(/ +/)[1])).toEqual([
    ...['waits-0', 'waits-1', 'waits-2', running.name],
    'shown:',
    undefined,
  ]);
  expect(lines.at(-2)).toBe('not shown: 7 WAITING (npx rundrop runs)');
});
