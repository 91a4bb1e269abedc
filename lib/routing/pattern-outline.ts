import type { KeyPattern } from './key-pattern.ts';
import { mayCrossSegments } from './pattern-part.ts';

/** What is the same in all keys of a pattern, or all there is of one key: its literal text by place. */
export interface Outline {
  /** With what a key begins, and ends. */
  readonly prefix: string;
  readonly suffix: string;
  /** With what each segment begins, counted from the first, as far as segments can be counted. */
  readonly starts: readonly string[];
  /** Each segment's whole text, where that is known; counted from the first, and from the last. */
  readonly wholes: readonly (string | undefined)[];
  readonly lasts: readonly (string | undefined)[];
}

export function outlineOfKey(key: string): Outline {
  const segments = key.split('/');
  return { prefix: key, suffix: key, starts: segments, wholes: segments, lasts: segments.toReversed() };
}

interface Segment {
  start: string;
  isWhole: boolean;
}

export function outlineOfPattern(pattern: KeyPattern): Outline {
  const segments: Segment[] = [{ start: '', isWhole: true }];
  // How many segments can be counted from the first, and from which on they can be counted from the last.
  let countable: number | undefined;
  let countableAgain = 0;
  for (const part of pattern.parts) {
    if (part.kind === 'wildcard') {
      const last = segments.at(-1);
      if (last !== undefined) last.isWhole = false;
      if (!mayCrossSegments(part.regex)) continue;
      countable ??= segments.length;
      countableAgain = segments.length;
      continue;
    }
    for (const [index, text] of part.text.split('/').entries()) {
      if (index > 0) segments.push({ start: '', isWhole: true });
      const last = segments.at(-1);
      if (last?.isWhole) last.start += text;
    }
  }
  const textOf = ({ start, isWhole }: Segment) => (isWhole ? start : undefined);
  const counted = segments.slice(0, countable);
  return {
    prefix: pattern.prefix,
    suffix: pattern.suffix,
    starts: counted.map(({ start }) => start),
    wholes: counted.map(textOf),
    lasts: segments.slice(countableAgain).toReversed().map(textOf),
  };
}
