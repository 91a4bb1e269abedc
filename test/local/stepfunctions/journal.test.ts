import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryArchive } from '../../../local/stepfunctions/history-archive.ts';
import { FileJournal, readLines, rewriteLines } from '../../../local/stepfunctions/journal.ts';

describe('journal', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    path = join(folder, 'journal.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const lines = (): string[] => {
    const read: string[] = [];
    readLines(path, (line) => read.push(line));
    return read;
  };

  it('has on disk what was appended when flush returns', () => {
    const journal = new FileJournal(path);
    journal.append({ a: 1 });
    journal.append({ b: 'ä\n' });
    journal.flush();
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"b":"ä\\n"}\n');
    journal.close();
    journal.close();
  });

  it('reads lines longer than a chunk, in order, and a file that is not there as empty', () => {
    expect(lines()).toEqual([]);
    const long = Array.from({ length: 5 }, (_, index) => `${index}${'ä'.repeat(400_000)}`);
    rewriteLines(path, long);
    expect(lines()).toEqual(long);
  });

  it('cuts off a torn last line for good', () => {
    appendFileSync(path, 'whole\ntorn');
    expect(lines()).toEqual(['whole']);
    expect(readFileSync(path, 'utf8')).toBe('whole\n');
  });
});

describe('memory archive', () => {
  it('keeps the newest histories and drops the oldest beyond its bound', () => {
    const archive = new MemoryArchive();
    const event = (note: string) => ({ id: 1, previousEventId: 0, timestamp: 0, type: 'PassStateEntered', note });
    const histories = Array.from({ length: 70 }, (_, index) =>
      archive.put({ events: [event(`${index}${'x'.repeat(1024 * 1024)}`)] }),
    );
    const [first, last] = [histories[0], histories[69]];
    expect(first && archive.get(first)).toBeUndefined();
    expect(last && archive.get(last)?.events[0]?.note).toMatch(/^69/);
  });
});
