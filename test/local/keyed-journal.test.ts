import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openKeyedJournal } from '../../local/keyed-journal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const newFile = () => path.join(temporaryFolder(), 'journal.jsonl');

it('gives back the last value of each key that was not removed', () => {
  const file = newFile();
  const journal = openKeyedJournal(file);
  journal.put('a', 1);
  journal.put('b', { n: 1 });
  journal.put('a', 2);
  journal.put('c', null);
  journal.remove('b');
  journal.close();
  expect([...openKeyedJournal(file).loaded]).toEqual([
    ['a', 2],
    ['c', null],
  ]);
});

it('has each entry on disk when put returns, and cuts off a torn last line', () => {
  const file = newFile();
  openKeyedJournal(file).put('a', 1);
  appendFileSync(file, '{"key":"b","val');
  const journal = openKeyedJournal(file);
  expect([...journal.loaded]).toEqual([['a', 1]]);
  journal.put('c', 3);
  expect([...openKeyedJournal(file).loaded.keys()]).toEqual(['a', 'c']);
});

it('is compacted when it is opened', () => {
  const file = newFile();
  const journal = openKeyedJournal(file);
  for (let n = 0; n < 100; n += 1) journal.put('a', n);
  journal.close();
  openKeyedJournal(file).close();
  expect(readFileSync(file, 'utf8')).toBe('{"key":"a","value":99}\n');
});
