import type { PatternPart } from './pattern-part.ts';

/**
 * Matches patterns whose wildcards are runs of characters of one class (`[^/]+`, `[0-9]{3}`, `.+`) or one of several
 * texts (`CopyComplete\.txt|SampleSheet\.csv`), which nearly all are, in a few native searches instead of by an automaton.
 * It reads a key exactly as RE2 does: the first wildcard takes as much as it can, then the second. Time is linear in the
 * key for each wildcard, whatever the pattern.
 */
export interface PlainPattern {
  /** Of each wildcard in order, or undefined when the whole key does not match. */
  match(key: string): readonly string[] | undefined;
}

/** Only for keys of printable ASCII, where a character is a code unit: RE2 is asked about others. */
export function isPlainKey(key: string): boolean {
  return !/[^ -~]/.test(key);
}

/** Undefined when a wildcard is of another kind. */
export function plainPattern(parts: readonly PatternPart[]): PlainPattern | undefined {
  const literals: string[] = [''];
  const wildcards: PlainWildcard[] = [];
  for (const part of parts) {
    if (part.kind === 'literal') {
      literals.push(`${literals.pop() ?? ''}${part.text}`);
      continue;
    }
    const wildcard = plainWildcard(part.regex);
    if (wildcard === undefined) return undefined;
    wildcards.push(wildcard);
    literals.push('');
  }
  return { match: (key) => matchPlain(key, literals, wildcards) };
}

/** Ends where a wildcard may end so that the rest of the key matches, greatest first. */
type Ends = readonly number[];

interface PlainWildcard {
  /** For one pass over a key, in which no start is greater than the one before. */
  seek(key: string): Seek;
}

/**
 * The first of `ends` at which a value that begins at `start` may end, in the order in which RE2 tries them; else
 * `NOT_HERE`, or `NOR_BEFORE` when it cannot reach any of them from an earlier start either.
 */
type Seek = (start: number, ends: Ends) => number;
const NOT_HERE = -1;
const NOR_BEFORE = -2;

/** `literals[n]` stands before wildcard n, the last one at the end. */
function matchPlain(
  key: string,
  literals: readonly string[],
  wildcards: readonly PlainWildcard[],
): readonly string[] | undefined {
  const first = literals[0] ?? '';
  const last = literals[wildcards.length] ?? '';
  if (wildcards.length === 0) return key === first ? [] : undefined;
  if (key.length < first.length + last.length || !key.startsWith(first) || !key.endsWith(last)) return undefined;
  const ends = endsOf(key, literals, wildcards);
  if (ends === undefined) return undefined;
  const values: string[] = [];
  let start = first.length;
  for (const [index, wildcard] of wildcards.entries()) {
    const end = wildcard.seek(key)(start, ends[index] ?? []);
    if (end < 0) return undefined;
    values.push(key.slice(start, end));
    start = end + (literals[index + 1] ?? '').length;
  }
  return values;
}

/** From the last wildcard to the first: where each may end, given where the next one may begin. */
function endsOf(
  key: string,
  literals: readonly string[],
  wildcards: readonly PlainWildcard[],
): readonly Ends[] | undefined {
  const least = (literals[0] ?? '').length;
  const all: Ends[] = new Array(wildcards.length);
  let ends: Ends = [key.length - (literals[wildcards.length] ?? '').length];
  for (let index = wildcards.length - 1; ; index -= 1) {
    all[index] = ends;
    if (index === 0) return all;
    ends = endsBefore(key, {
      literal: literals[index] ?? '',
      wildcard: wildcards[index] as PlainWildcard,
      ends,
      least,
    });
    if (ends.length === 0) return undefined;
  }
}

/** Where the literal before a wildcard may begin: each place where it stands and the wildcard can follow. */
function endsBefore(
  key: string,
  next: { readonly literal: string; readonly wildcard: PlainWildcard; readonly ends: Ends; readonly least: number },
): Ends {
  const { literal, wildcard, ends, least } = next;
  const found: number[] = [];
  const seek = wildcard.seek(key);
  let at = (ends[0] ?? 0) - literal.length;
  while (at >= least) {
    at = literal === '' ? at : key.lastIndexOf(literal, at);
    if (at < least) break;
    const end = seek(at + literal.length, ends);
    if (end === NOR_BEFORE) break;
    if (end !== NOT_HERE) found.push(at);
    at -= 1;
  }
  return found;
}

const UNBOUNDED = 100_000;
const CLASS = /^(\\d|\\w|\.|\[\^?[^\\[\]]+\])(\+|\*|\{(\d{1,4})(?:(,)(\d{1,4})?)?\})?$/;
/** Texts between bars, in which nothing but an escaped mark is special. */
const CHOICES =
  /^(?:[A-Za-z0-9 _/:,@=~-]|\\[.\-_+()[\]{}*?|^$\\])+(?:\|(?:[A-Za-z0-9 _/:,@=~-]|\\[.\-_+()[\]{}*?|^$\\])+)*$/;
const KNOWN = new Map<string, PlainWildcard | undefined>();
const MOST_KNOWN = 1_000;

function plainWildcard(regex: string): PlainWildcard | undefined {
  if (KNOWN.has(regex)) return KNOWN.get(regex);
  const wildcard = runWildcard(regex) ?? choiceWildcard(regex);
  if (KNOWN.size < MOST_KNOWN) KNOWN.set(regex, wildcard);
  return wildcard;
}

function choiceWildcard(regex: string): PlainWildcard | undefined {
  if (!CHOICES.test(regex)) return undefined;
  const choices = regex.split(/(?<!\\)\|/).map((choice) => choice.replaceAll(/\\(.)/g, '$1'));
  const longest = Math.max(...choices.map(({ length }) => length));
  return {
    seek: (key) => (start, ends) => {
      if (start + longest < (ends.at(-1) ?? 0)) return NOR_BEFORE;
      const choice = choices.find((text) => key.startsWith(text, start) && isAmong(ends, start + text.length));
      return choice === undefined ? NOT_HERE : start + choice.length;
    },
  };
}

function runWildcard(regex: string): PlainWildcard | undefined {
  const [, members, times, least, comma, most] = CLASS.exec(regex) ?? [];
  if (members === undefined) return undefined;
  const [min, max] = bounds(times, least, comma === undefined ? least : most);
  if (max < min) return undefined;
  const table = members === '.' ? undefined : tableOf(members);
  if (table === undefined && members !== '.') return undefined;
  return {
    seek(key) {
      const endOfRun = table === undefined ? () => key.length : runsOf(key, table, members === '[^/]');
      return (start, ends) => {
        // Greatest first: the first that is not beyond the run is as much as the wildcard can take.
        const end = firstAtMost(ends, Math.min(endOfRun(start), start + max));
        if (end === undefined) return NOR_BEFORE;
        return end < start + min ? NOT_HERE : end;
      };
    },
  };
}

function bounds(
  times: string | undefined,
  least: string | undefined,
  most: string | undefined,
): readonly [number, number] {
  if (times === undefined) return [1, 1];
  if (times === '+') return [1, UNBOUNDED];
  if (times === '*') return [0, UNBOUNDED];
  return [Number(least), most === undefined ? UNBOUNDED : Number(most)];
}

function firstAtMost(ends: Ends, latest: number): number | undefined {
  if ((ends[0] ?? Number.POSITIVE_INFINITY) <= latest) return ends[0];
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] ?? 0) <= latest) high = middle;
    else low = middle + 1;
  }
  return ends[low];
}

function isAmong(ends: Ends, end: number): boolean {
  return firstAtMost(ends, end) === end;
}

const CODES = 128;
const NATIVE_FROM = 16;

/**
 * Where the run of characters of a class that begins at a start ends. Starts come in descending order, so that each
 * character is looked at once. (`.` needs none of this: plain keys have no line break, all that it does not match.)
 */
function runsOf(key: string, table: Uint8Array, isSegment: boolean): (start: number) => number {
  let known = key.length;
  let knownEnd = key.length;
  return (start) => {
    let at = start;
    // The usual class and a long way to go: a native search is many times faster.
    if (isSegment && known - start > NATIVE_FROM) {
      const slash = key.indexOf('/', start);
      at = slash === -1 || slash > known ? known : slash;
    }
    while (at < known && table[key.charCodeAt(at)] === 1) at += 1;
    knownEnd = at === known ? knownEnd : at;
    known = start;
    return knownEnd;
  };
}

/** Which characters are in a class; undefined for one that is written in a way that is not known here. */
function tableOf(members: string): Uint8Array | undefined {
  if (members === '\\d') return tableOf('[0-9]');
  if (members === '\\w') return tableOf('[0-9A-Za-z_]');
  const isNegated = members.startsWith('[^');
  const inside = members.slice(isNegated ? 2 : 1, -1);
  const table = new Uint8Array(CODES).fill(isNegated ? 1 : 0);
  for (let at = 0; at < inside.length; at += 1) {
    const from = inside.charCodeAt(at);
    const isRange = inside[at + 1] === '-' && at + 2 < inside.length;
    const to = isRange ? inside.charCodeAt(at + 2) : from;
    if (from >= CODES || to >= CODES || to < from) return undefined;
    table.fill(isNegated ? 0 : 1, from, to + 1);
    if (isRange) at += 2;
  }
  return table;
}
