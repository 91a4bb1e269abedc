/** A kind of resource other than runs: few, kept whole in memory and on disk. */
import type { Journal, JournalEntry, Journaled } from './journal.ts';

export interface Resource {
  /** The order of creation. */
  readonly seq: number;
  /** What it is looked up by. */
  readonly key: string;
}

interface PutEntry<T> extends JournalEntry {
  readonly value: T;
}

interface GoneEntry extends JournalEntry {
  readonly key: string;
}

export class ResourceTable<T extends Resource> implements Journaled {
  readonly kinds: readonly string[];
  readonly #kind: string;
  readonly #journal: Journal;
  readonly #byKey = new Map<string, T>();
  /** What was there from the start. */
  readonly #seeds = new Map<string, T>();
  #lastSeq = 0;

  constructor(kind: string, journal: Journal) {
    this.#kind = kind;
    this.kinds = [kind, `${kind}Gone`, `${kind}Seq`];
    this.#journal = journal;
  }

  nextSeq(): number {
    return this.#lastSeq + 1;
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Adds or replaces; on disk when it returns. */
  put(value: T): T {
    this.#journal.append({ k: this.#kind, value } as PutEntry<T>);
    this.#hold(value);
    return value;
  }

  /** Adds what is there from the start, before anything is read from disk; only changes to it go to disk. */
  seed(value: T): void {
    this.#seeds.set(value.key, value);
    this.#hold(value);
  }

  remove(key: string): void {
    this.#journal.append({ k: `${this.#kind}Gone`, key } as GoneEntry);
    this.#byKey.delete(key);
  }

  /** Oldest first, from the one after `after`. */
  list(after = 0): T[] {
    return [...this.#byKey.values()].filter((value) => value.seq > after);
  }

  apply(entry: JournalEntry): void {
    if (entry.k === this.#kind) this.#hold((entry as PutEntry<T>).value);
    else if (entry.k === `${this.#kind}Gone`) this.#byKey.delete((entry as GoneEntry).key);
    else this.#lastSeq = Math.max(this.#lastSeq, (entry as unknown as { readonly seq: number }).seq);
  }

  *snapshot(): Iterable<JournalEntry> {
    for (const value of this.#byKey.values()) {
      if (this.#seeds.get(value.key) !== value) yield { k: this.#kind, value } as PutEntry<T>;
    }
    for (const key of this.#seeds.keys()) {
      if (!this.#byKey.has(key)) yield { k: `${this.#kind}Gone`, key } as GoneEntry;
    }
    yield { k: `${this.#kind}Seq`, seq: this.#lastSeq } as JournalEntry;
  }

  #hold(value: T): void {
    this.#lastSeq = Math.max(this.#lastSeq, value.seq);
    this.#byKey.set(value.key, value);
  }
}
