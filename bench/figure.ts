/** What a figure is: a name to ask for it by, and the rows of the table that it fills. */

export interface Figure {
  readonly name: string;
  /** Rows in their order. @throws CheckFailed when what was measured did not do what it should have. */
  measure(say: (line: string) => void): Promise<readonly Row[]>;
}

export interface Row {
  readonly figure: string;
  readonly value: number;
  /** What `value` counts: `×` for a ratio. */
  readonly unit: '×' | 'MB' | 'KB' | 'states' | 'calls' | 'µs' | 'ms' | 's';
  /** The most that `value` may be; absent where nothing is promised. */
  readonly bound?: number;
  /** The measured numbers behind the value, for people. */
  readonly from: string;
}

/** What was measured went wrong, so that its speed says nothing. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

/** Every figure is a median of at least so many repetitions, interleaved with what it is compared to. */
export const REPETITIONS = 5;

/** @throws RangeError for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('There is no median of nothing.');
  return (lower + upper) / 2;
}

/** A bound holds for the value as it is, not as it is rounded for the table. */
export function isOver({ value, bound }: Pick<Row, 'value' | 'bound'>): boolean {
  return bound !== undefined && !(value <= bound);
}
