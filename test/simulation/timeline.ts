/** Virtual time: what is to happen, in order. Nothing happens between two entries but the promises that the first settled. */
interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

/** A simulation with more entries than these goes round in circles. */
const MOST_ENTRIES = 400_000;

export class Timeline {
  nowMs: number;
  entries = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  readonly #mostEntries: number;

  constructor(startMs: number, mostEntries = MOST_ENTRIES) {
    this.nowMs = startMs;
    this.#mostEntries = mostEntries;
  }

  after(delayMs: number, action: () => void): void {
    this.at(this.nowMs + Math.max(0, delayMs), action);
  }

  at(atMs: number, action: () => void): void {
    this.#order += 1;
    this.#push({ atMs: Math.max(atMs, this.nowMs), order: this.#order, action });
  }

  /** Lives through everything until then. */
  async runUntil(endMs: number): Promise<void> {
    await settled();
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      this.nowMs = next.atMs;
      this.entries += 1;
      if (this.entries > this.#mostEntries)
        throw new Error(`The simulation does not come to rest: ${this.#mostEntries} steps.`);
      next.action();
      await settled();
    }
    this.nowMs = Math.max(this.nowMs, endMs);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      const [a, b] = [heap[left], heap[right]];
      if (a === undefined) break;
      const [child, at] = b !== undefined && isBefore(b, a) ? [b, right] : [a, left];
      if (!isBefore(child, last)) break;
      heap[place] = child;
      place = at;
    }
    heap[place] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** All promises that can settle without time have settled: a macrotask comes after every microtask. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
