import { describe, expect, it, test } from 'vitest';
import { formatDuration, formatSize, formatTable, formatTime, paint, printable, wrapLine } from '../../cli/text.ts';

test.each([
  [0, '0.0s'],
  [-5, '0.0s'],
  [4_240, '4.2s'],
  [9_960, '10s'],
  [59_499, '59s'],
  [59_600, '1m00s'],
  [192_000, '3m12s'],
  [7_500_000, '2h05m'],
  [273_600_000, '3d04h'],
])('writes %i ms as %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [20 * 1024 ** 2, '20 MiB'],
  [5 * 1024 ** 5, '5120 TiB'],
])('writes %i bytes as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test('writes times in local time and leaves what is not a time as it is', () => {
  const date = new Date(2026, 10, 22, 8, 5, 9);
  expect(formatTime(date.toISOString())).toBe('2026-11-22 08:05:09');
  expect(formatTime('never')).toBe('never');
});

test('shows control and direction-changing characters of a key instead of sending them to the terminal', () => {
  expect(printable('a\u001b[2Jb\u202ec\n')).toBe('a\\u001b[2Jb\\u202ec\\u000a');
  expect(printable('fastq/Prüfung 1.fastq.gz')).toBe('fastq/Prüfung 1.fastq.gz');
});

const columns = [{ header: 'NAME', shrinks: true }, { header: 'N', align: 'right' as const }, { header: 'NOTE' }];

test('aligns columns under their headers and leaves out those that are empty throughout', () => {
  const rows = [
    ['long name', '5', ''],
    ['x', '12', ''],
  ];
  expect(formatTable(columns, rows, { colour: false })).toEqual(['NAME        N', 'long name   5', 'x          12']);
});

test('aligns columns where characters are full-width, combine, or are drawn as one', () => {
  const names = ['検体１', 'Pru\u0308fung', '👩‍🔬'];
  const rows = names.map((name, index) => [name, String(index), '']);
  expect(formatTable(columns, rows, { colour: false })).toEqual([
    'NAME     N',
    '検体１   0',
    'Pru\u0308fung  1',
    '👩‍🔬       2',
  ]);
  expect(formatTable(columns, [['検'.repeat(30), '7', 'note']], { colour: false, width: 30 })[1]).toBe(
    `${'検'.repeat(10)}…  7  note`,
  );
});

test('cuts the widest shrinking column until the line fits the terminal', () => {
  const lines = formatTable(columns, [['a'.repeat(60), '7', 'note']], { colour: false, width: 30 });
  expect(lines[1]).toBe(`${'a'.repeat(20)}…  7  note`);
  expect(lines.every((line) => line.length <= 30)).toBe(true);
});

test('never cuts a column that must stay whole, however narrow the terminal', () => {
  const lines = formatTable([{ header: 'ID' }], [['0123456789']], { colour: false, width: 4 });
  expect(lines[1]).toBe('0123456789');
});

test('colours only where colours are wanted', () => {
  expect(paint('COMPLETED', 'green', { colour: false })).toBe('COMPLETED');
  expect(paint('COMPLETED', 'green', { colour: true })).toBe('\u001b[32mCOMPLETED\u001b[0m');
});

describe('a line that is too long', () => {
  it('is cut at spaces, and its rest indented', () => {
    expect(wrapLine('  one two  three four', 12)).toEqual(['  one two', '    three', '    four']);
    expect(wrapLine('short', 12)).toEqual(['short']);
    expect(wrapLine('one two', undefined)).toEqual(['one two']);
    expect(wrapLine('  averyverylongword and', 8)).toEqual(['  averyverylongword', '    and']);
  });

  it('is as long as it looks: colours do not count', () => {
    const red = '\u001b[31mred\u001b[0m';
    expect(wrapLine(`${red} ${red} ${red}`, 7)).toEqual([`${red} ${red}`, `  ${red}`]);
  });
});
