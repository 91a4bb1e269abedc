/** The histories of closed executions, which are read seldom and would fill the memory: on disk, or bounded. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { appendWhole } from '../append-whole.ts';
import type { PastHistory } from './history.ts';

/** Where a history is: its first byte and its length, or any number that the archive made up. */
export interface HistoryLocation {
  readonly at: number;
  readonly length: number;
}

export interface HistoryArchive {
  put(history: PastHistory): HistoryLocation;
  /** Absent when it is no longer kept. */
  get(location: HistoryLocation): PastHistory | undefined;
  close(): void;
}

export class FileArchive implements HistoryArchive {
  /** Absent once closed: its number may by then be another file's. */
  #file: number | undefined;
  #end: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a+', 0o600);
    this.#end = fstatSync(this.#file).size;
  }

  put(history: PastHistory): HistoryLocation {
    const bytes = Buffer.from(`${JSON.stringify(history)}\n`);
    const at = this.#end;
    appendWhole(this.#open(), bytes);
    this.#end += bytes.length;
    return { at, length: bytes.length };
  }

  get({ at, length }: HistoryLocation): PastHistory | undefined {
    const bytes = Buffer.alloc(length);
    if (readSync(this.#open(), bytes, 0, length, at) !== length) return undefined;
    return JSON.parse(bytes.toString('utf8')) as PastHistory;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    if (this.#file === undefined) throw new Error('The archive of histories is closed, because the service is.');
    return this.#file;
  }
}

const MOST_MEMORY_BYTES = 64 * 1024 * 1024;

/** Keeps the newest histories, as bytes, up to 64 MiB. */
export class MemoryArchive implements HistoryArchive {
  readonly #histories = new Map<number, Buffer>();
  #next = 0;
  #bytes = 0;

  put(history: PastHistory): HistoryLocation {
    const bytes = Buffer.from(JSON.stringify(history));
    const at = this.#next;
    this.#next += 1;
    this.#histories.set(at, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, old] of this.#histories) {
      if (this.#bytes <= MOST_MEMORY_BYTES) break;
      this.#histories.delete(oldest);
      this.#bytes -= old.length;
    }
    return { at, length: bytes.length };
  }

  get({ at }: HistoryLocation): PastHistory | undefined {
    const bytes = this.#histories.get(at);
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as PastHistory);
  }

  close(): void {
    this.#histories.clear();
  }
}
