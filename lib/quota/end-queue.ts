/** When runs that hold a place will end: a binary heap, the earliest first. */
import type { QueueLane } from './queue-picture.ts';

export interface End {
  readonly atSeconds: number;
  readonly lane: QueueLane;
}

export class EndQueue {
  readonly #ends: End[] = [];

  get first(): End | undefined {
    return this.#ends[0];
  }

  add(end: End): void {
    this.#ends.push(end);
    let index = this.#ends.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= this.#at(index)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  takeFirst(): void {
    const last = this.#ends.pop();
    if (last === undefined || this.#ends.length === 0) return;
    this.#ends[0] = last;
    let index = 0;
    for (;;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      let least = index;
      if (this.#at(left) < this.#at(least)) least = left;
      if (this.#at(right) < this.#at(least)) least = right;
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #at(index: number): number {
    return this.#ends[index]?.atSeconds ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#ends[a], this.#ends[b]];
    if (first === undefined || second === undefined) return;
    this.#ends[a] = second;
    this.#ends[b] = first;
  }
}
