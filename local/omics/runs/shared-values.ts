/** Values that many runs have in common, each kept once for as long as a run has it. */
interface Shared<T> {
  readonly key: string;
  readonly value: T;
  uses: number;
}

const MOST_SHARED = 1000;

export class SharedValues<T> {
  readonly #byKey = new Map<string, number>();
  readonly #values: (Shared<T> | undefined)[] = [];
  readonly #free: number[] = [];

  /** The number of the value, which now has one more use; undefined when there are so many that it is not worth it. */
  take(key: string, value: () => T): number | undefined {
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      const shared = this.#values[known];
      if (shared !== undefined) shared.uses += 1;
      return known;
    }
    if (this.#byKey.size >= MOST_SHARED) return undefined;
    const index = this.#free.pop() ?? this.#values.length;
    this.#values[index] = { key, value: value(), uses: 1 };
    this.#byKey.set(key, index);
    return index;
  }

  /** @throws RangeError when no value has the number. */
  get(index: number): T {
    const shared = this.#values[index];
    if (shared === undefined) throw new RangeError(`There is no shared value ${index}.`);
    return shared.value;
  }

  release(index: number): void {
    const shared = this.#values[index];
    if (shared === undefined) return;
    shared.uses -= 1;
    if (shared.uses > 0) return;
    this.#byKey.delete(shared.key);
    this.#values[index] = undefined;
    this.#free.push(index);
  }
}
