/** A wildcard's regex as steps that a small machine can run: what packaging leaves in compiled-regex.ts's hands. */

/** `next` and `other` are indexes of steps; the first of two ways is tried first, as everywhere in RE2. */
export type RegexStep =
  | readonly ['either', next: number, other: number]
  | readonly ['go', next: number]
  /** One character of the ranges: first and last code point of each, ascending. */
  | readonly ['in', next: number, ranges: readonly number[]]
  | readonly ['any', next: number]
  | readonly ['any-but-newline', next: number]
  /** Matches nothing, at certain places: see `PLACES`. */
  | readonly ['at', next: number, places: number]
  | readonly ['fail']
  | readonly ['done'];

export interface RegexProgram {
  readonly start: number;
  readonly steps: readonly RegexStep[];
}

/** By the regex as the route file writes it. */
export type RegexPrograms = Readonly<Record<string, RegexProgram>>;

/** RE2's empty-width assertions, as bits. */
export const PLACES = {
  lineBegin: 1,
  lineEnd: 2,
  textBegin: 4,
  textEnd: 8,
  wordBoundary: 16,
  noWordBoundary: 32,
} as const;
