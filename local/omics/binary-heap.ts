/** A queue from which the first by some order is taken, whatever the order in which it was filled. */
export class BinaryHeap<T> {
  readonly #items: T[] = [];
  readonly #goesBefore: (a: T, b: T) => boolean;

  /** `goesBefore` must be a strict order; of two equal items either may come first. */
  constructor(goesBefore: (a: T, b: T) => boolean) {
    this.#goesBefore = goesBefore;
  }

  /** The item that goes first. */
  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#items.push(item);
    this.#siftUp(this.#items.length - 1, item);
  }

  takeFirst(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#siftDown(last);
    return first;
  }

  clear(): void {
    this.#items.length = 0;
  }

  #siftUp(start: number, item: T): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#items[parent];
      if (above === undefined || !this.#goesBefore(item, above)) break;
      this.#items[index] = above;
      index = parent;
    }
    this.#items[index] = item;
  }

  #siftDown(item: T): void {
    let index = 0;
    for (;;) {
      const child = this.#smallerChild(index);
      const below = this.#items[child];
      if (below === undefined || !this.#goesBefore(below, item)) break;
      this.#items[index] = below;
      index = child;
    }
    this.#items[index] = item;
  }

  #smallerChild(index: number): number {
    const left = this.#items[2 * index + 1];
    const right = this.#items[2 * index + 2];
    const isRight = left !== undefined && right !== undefined && this.#goesBefore(right, left);
    return 2 * index + (isRight ? 2 : 1);
  }
}
