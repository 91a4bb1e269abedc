import { expect, test } from 'vitest';
import { displayWidth, padEnd, padStart, truncate } from '../../cli/display-width.ts';

test.each([
  ['plain', 5],
  ['検体', 4],
  ['ﾊﾝｶｸ', 4],
  ['Pru\u0308fung', 7],
  ['👩‍🔬', 2],
  ['\u001b[31mred\u001b[0m', 3],
])('%j takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

test('cuts long text with an ellipsis', () => {
  expect(truncate('abcdef', 4)).toBe('abc…');
  expect(truncate('abcd', 4)).toBe('abcd');
  expect(truncate('abcd', 1)).toBe('a');
  expect(truncate('abcd', 0)).toBe('');
});

test('cuts between characters, and stays within the width where only half of one would fit', () => {
  expect(truncate('検体検体', 7)).toBe('検体検…');
  expect(truncate('検体検体', 6)).toBe('検体…');
  expect(truncate('u\u0308u\u0308u\u0308', 2)).toBe('u\u0308…');
  expect(truncate('👩‍🔬👩‍🔬', 3)).toBe('👩‍🔬…');
});

test('fills up to a width, from either side', () => {
  expect(padEnd('検', 4)).toBe('検  ');
  expect(padStart('検', 4)).toBe('  検');
  expect(padEnd('検体', 3)).toBe('検体');
});
