/** Small keyed state on disk: an append-only JSONL journal, written before an answer leaves, compacted when opened. */
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { appendWhole } from './append-whole.ts';

export interface KeyedJournal {
  /** What was on disk when the journal was opened. */
  readonly loaded: ReadonlyMap<string, unknown>;
  put(key: string, value: unknown): void;
  remove(key: string): void;
  close(): void;
}

/** Opens, or creates, the journal in `file`. A torn last line, as a killed process leaves it, is cut off. */
export function openKeyedJournal(file: string): KeyedJournal {
  const loaded = existsSync(file) ? replay(readFileSync(file, 'utf8')) : new Map<string, unknown>();
  const compacted = `${file}.compacted`;
  writeFileSync(compacted, [...loaded].map(([key, value]) => line({ key, value })).join(''));
  renameSync(compacted, file);
  const descriptor = openSync(file, 'a');
  return {
    loaded,
    put: (key, value) => appendWhole(descriptor, Buffer.from(line({ key, value }))),
    remove: (key) => appendWhole(descriptor, Buffer.from(line({ key }))),
    close: () => closeSync(descriptor),
  };
}

/** For a service without a data folder: nothing was kept and nothing will be. */
export const forgetfulJournal: KeyedJournal = {
  loaded: new Map(),
  put: () => undefined,
  remove: () => undefined,
  close: () => undefined,
};

function line(entry: { key: string; value?: unknown }): string {
  return `${JSON.stringify(entry)}\n`;
}

function replay(text: string): Map<string, unknown> {
  const entries = new Map<string, unknown>();
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  for (const each of whole.split('\n')) {
    if (each === '') continue;
    const entry = JSON.parse(each) as { key: string; value?: unknown };
    if (entry.value === undefined) entries.delete(entry.key);
    else entries.set(entry.key, entry.value);
  }
  return entries;
}
