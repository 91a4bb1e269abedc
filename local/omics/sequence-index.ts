/**
 * A set of ascending numbers that can be paged from any place. Cheap where it matters: numbers come mostly at the end, and
 * go mostly at the beginning or one by one.
 */
export class SequenceIndex {
  #values: number[] = [];
  /** Places before this one are empty: moving a hundred thousand numbers for each that goes would take too long. */
  #start = 0;

  get size(): number {
    return this.#values.length - this.#start;
  }

  get first(): number | undefined {
    return this.#values[this.#start];
  }

  add(value: number): void {
    const last = this.size === 0 ? undefined : this.#values.at(-1);
    if (last === undefined || last < value) {
      this.#values.push(value);
      return;
    }
    const place = this.#placeOf(value);
    if (this.#values[place] !== value) this.#values.splice(place, 0, value);
  }

  delete(value: number): void {
    const place = this.#placeOf(value);
    if (this.#values[place] !== value) return;
    if (place > this.#start) {
      this.#values.splice(place, 1);
      return;
    }
    this.#start += 1;
    if (this.#start * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#start);
      this.#start = 0;
    }
  }

  has(value: number): boolean {
    return this.#values[this.#placeOf(value)] === value;
  }

  /** From the highest below `before` downwards. */
  *descending(before = Number.POSITIVE_INFINITY): Generator<number> {
    for (let i = this.#placeOf(before) - 1; i >= this.#start; i -= 1) {
      const value = this.#values[i];
      if (value !== undefined) yield value;
    }
  }

  /** From the lowest above `after` upwards. */
  *ascending(after = Number.NEGATIVE_INFINITY): Generator<number> {
    for (let i = this.#placeOf(after + 1); i < this.#values.length; i += 1) {
      const value = this.#values[i];
      if (value !== undefined) yield value;
    }
  }

  /** The first place whose value is at least `value`. */
  #placeOf(value: number): number {
    let low = this.#start;
    let high = this.#values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#values[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
