/** An append-only file of JSON lines. A line is on its way to disk when `flush` returns, and survives the process. */
import { closeSync, existsSync, ftruncateSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { appendWhole } from '../append-whole.ts';

export interface Journal {
  append(record: object): void;
  flush(): void;
  close(): void;
}

/** For a service that keeps nothing. */
export const noJournal: Journal = { append: () => {}, flush: () => {}, close: () => {} };

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1024 * 1024;

/** Reads whole lines one by one. What follows the last newline was torn off by a kill and is cut from the file. */
export function readLines(path: string, take: (line: string) => void): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r+');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let position = 0;
  for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
    position += read;
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      take(bytes.toString('utf8', start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) ftruncateSync(file, position - rest.length);
  closeSync(file);
}

/** Puts `lines` in the file's place, all or nothing. */
export function rewriteLines(path: string, lines: Iterable<string>): void {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'a', 0o600);
  for (const line of lines) appendWhole(file, Buffer.from(`${line}\n`));
  closeSync(file);
  renameSync(draft, path);
}

export class FileJournal implements Journal {
  readonly #file: number;
  #waiting: string[] = [];
  #scheduled = false;
  #closed = false;

  constructor(path: string) {
    this.#file = openSync(path, 'a', 0o600);
  }

  /** The line is written by the next `flush`, at the latest when the event loop turns. */
  append(record: object): void {
    if (this.#closed) return;
    this.#waiting.push(JSON.stringify(record), '\n');
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      try {
        this.flush();
      } catch {
        // A full disk. The lines wait on; the next flush, which comes before an answer, tells whoever is answered.
      }
    });
  }

  /** @throws what the disk answers; what was appended is then still to be flushed */
  flush(): void {
    if (this.#waiting.length === 0 || this.#closed) return;
    appendWhole(this.#file, Buffer.from(this.#waiting.join('')));
    this.#waiting = [];
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    closeSync(this.#file);
  }
}
