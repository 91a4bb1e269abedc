/** A set of ascending numbers that can be paged from any place; additions are mostly at the end, so they are cheap. */
export class SequenceIndex {
  readonly #values: number[] = [];

  get size(): number {
    return this.#values.length;
  }

  get first(): number | undefined {
    return this.#values[0];
  }

  add(value: number): void {
    const last = this.#values.at(-1);
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
    if (place === 0) this.#values.shift();
    else this.#values.splice(place, 1);
  }

  has(value: number): boolean {
    return this.#values[this.#placeOf(value)] === value;
  }

  /** From the highest below `before` downwards. */
  *descending(before = Number.POSITIVE_INFINITY): Generator<number> {
    for (let i = this.#placeOf(before) - 1; i >= 0; i -= 1) {
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
    let low = 0;
    let high = this.#values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#values[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
