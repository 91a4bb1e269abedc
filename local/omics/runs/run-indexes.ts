/** Sets of runs, by sequence number, for each value that runs are listed by. */
import { SequenceIndex } from '../sequence-index.ts';

const NO_RUNS = new SequenceIndex();

export class RunIndexes<K extends string | number> {
  /** Many values belong to one run only, so a single number stands for an index of one. */
  readonly #byValue = new Map<K, SequenceIndex | number>();

  /** What a run has no value for, it is in no index for. */
  add(value: K | undefined, seq: number): void {
    if (value === undefined) return;
    const index = this.#byValue.get(value);
    if (index === undefined) {
      this.#byValue.set(value, seq);
      return;
    }
    const grown = asIndex(index);
    grown.add(seq);
    this.#byValue.set(value, grown);
  }

  delete(value: K | undefined, seq: number): void {
    const index = value === undefined ? undefined : this.#byValue.get(value);
    if (value === undefined || index === undefined) return;
    if (typeof index !== 'number') index.delete(seq);
    if (index === seq || (typeof index !== 'number' && index.size === 0)) this.#byValue.delete(value);
  }

  get(value: K): SequenceIndex {
    const index = this.#byValue.get(value);
    return index === undefined ? NO_RUNS : asIndex(index);
  }
}

function asIndex(index: SequenceIndex | number): SequenceIndex {
  if (typeof index !== 'number') return index;
  const single = new SequenceIndex();
  single.add(index);
  return single;
}
