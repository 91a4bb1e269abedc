/**
 * What the emulator keeps on disk: one JSON line for each change, written before the change is acknowledged. At start
 * the lines are replayed, then replaced by a snapshot.
 */
import { closeSync, existsSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { appendWhole, type Write } from '../append-whole.ts';

/** `k` says whose line it is. */
export interface JournalEntry {
  readonly k: string;
}

/** A part whose state the journal keeps. */
export interface Journaled {
  readonly kinds: readonly string[];
  apply(entry: JournalEntry): void;
  /** Everything needed to build the present state anew. */
  snapshot(): Iterable<JournalEntry>;
}

/** The disk did not take a line, as when it is full. What it was to record has not happened. */
export class JournalRefusedError extends Error {
  override readonly name = 'JournalRefusedError';
}

const FILE_NAME = 'omics.jsonl';
const CHUNK_BYTES = 1024 * 1024;

export class Journal {
  readonly #write: Write | undefined;
  #path = '';
  #file: number | undefined;

  /** `write` is given in tests only. */
  constructor(write?: Write) {
    this.#write = write;
  }

  /** Replays what `dataDir` holds into `parts` and begins a new file; without `dataDir` nothing is kept. */
  open(dataDir: string | undefined, parts: readonly Journaled[], report: (line: string) => void): void {
    if (dataDir === undefined) return;
    const path = join(dataDir, FILE_NAME);
    if (existsSync(path)) replay(path, parts, report);
    const fresh = `${path}.new`;
    rmSync(fresh, { force: true });
    const file = openSync(fresh, 'a');
    writeSnapshot(file, parts);
    renameSync(fresh, path);
    this.#path = path;
    this.#file = file;
  }

  /** On disk when it returns. @throws JournalRefusedError; then nothing must be acknowledged */
  append(entry: JournalEntry): void {
    if (this.#file === undefined) return;
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      appendWhole(this.#file, line, this.#write);
    } catch (cause) {
      throw new JournalRefusedError(`${this.#path} cannot be written: ${(cause as Error).message}`, { cause });
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function replay(path: string, parts: readonly Journaled[], report: (line: string) => void): void {
  const byKind = new Map(parts.flatMap((part) => part.kinds.map((kind) => [kind, part] as const)));
  let lineNumber = 0;
  for (const line of linesOf(path)) {
    lineNumber += 1;
    const entry = parseEntry(line);
    const part = entry === undefined ? undefined : byKind.get(entry.k);
    if (entry !== undefined && part !== undefined) part.apply(entry);
    else report(`HealthOmics: line ${lineNumber} of ${path} cannot be read and is left out.`);
  }
}

function parseEntry(line: string): JournalEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isEntry = typeof value === 'object' && value !== null && 'k' in value && typeof value.k === 'string';
    return isEntry ? (value as JournalEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** Whole lines only: the last one is torn when the process was killed while writing it, and was never acknowledged. */
function* linesOf(path: string): Generator<string> {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
      let start = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        yield bytes.toString('utf8', start, end);
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    closeSync(file);
  }
}

function writeSnapshot(file: number, parts: readonly Journaled[]): void {
  let lines: string[] = [];
  let characters = 0;
  const flush = () => {
    appendWhole(file, Buffer.from(lines.join('')));
    lines = [];
    characters = 0;
  };
  for (const part of parts) {
    for (const entry of part.snapshot()) {
      const line = `${JSON.stringify(entry)}\n`;
      lines.push(line);
      characters += line.length;
      if (characters >= CHUNK_BYTES) flush();
    }
  }
  flush();
}
