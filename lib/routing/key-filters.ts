/**
 * A key pattern as EventBridge can say it: by a wildcard, a prefix or a suffix. Never narrower than the pattern: what
 * EventBridge lets through is looked at again by the route, what it keeps back nobody sees.
 */
import type { KeyPattern } from './key-pattern.ts';

/** One alternative for `detail.object.key` of an event pattern, in EventBridge's own words. */
export type KeyFilter =
  | string
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly wildcard: string };

/** The literal texts of a key in their order, with any text between two of them: `['fastq/', '.gz']` is `fastq/*.gz`. */
export type KeyOutline = readonly string[];

/**
 * How much of a pattern is said, the most first: choices such as `{read,1|2}` one by one, every literal text, how keys
 * begin and end, how they begin.
 */
export const PRECISIONS = ['choices', 'literals', 'ends', 'prefix'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** More alternatives than this are one star. */
const MOST_SPELLED_OUT = 8;
/** Regexes that are nothing but a choice between literal texts: `001|002`, `CopyComplete\.txt|SampleSheet\.csv`. */
const CHOICE = /^(?:[^\\^$.*+?()[\]{}|]|\\[.-])+(?:\|(?:[^\\^$.*+?()[\]{}|]|\\[.-])+)*$/;

/** A choice between characters: `[12]`. */
const CHARACTERS = /^\[([A-Za-z0-9]+)\]$/;

/** Together they fit every key of `pattern`. */
export function outlinesOf(pattern: KeyPattern, precision: Precision): readonly KeyOutline[] {
  if (precision === 'choices') return spelledOut(pattern);
  const outline = joined(pattern.parts.map((part) => (part.kind === 'literal' ? part.text : undefined)));
  if (precision === 'literals' || outline.length === 1) return [outline];
  return [[outline[0] ?? '', precision === 'ends' ? (outline.at(-1) ?? '') : '']];
}

/** Texts side by side are one, stars side by side one star. */
function joined(parts: readonly (string | undefined)[]): KeyOutline {
  const texts = [''];
  for (const [index, part] of parts.entries()) {
    if (part !== undefined) texts.push(`${texts.pop() ?? ''}${part}`);
    else if (index === 0 || parts[index - 1] !== undefined) texts.push('');
  }
  return texts;
}

/** The outlines that `{file,a|b}` stands for; a wildcard that occurs twice stays a star. */
function spelledOut({ parts }: KeyPattern): readonly KeyOutline[] {
  let rows: readonly (readonly (string | undefined)[])[] = [[]];
  for (const part of parts) {
    const texts = part.kind === 'literal' ? [part.text] : choicesOf(part.name, part.regex, parts);
    const few = rows.length * texts.length <= MOST_SPELLED_OUT ? texts : [undefined];
    rows = rows.flatMap((row) => few.map((text) => [...row, text]));
  }
  return rows.map(joined);
}

function choicesOf(name: string, regex: string, parts: KeyPattern['parts']): readonly (string | undefined)[] {
  const places = parts.filter((part) => part.kind === 'wildcard' && part.name === name).length;
  const characters = CHARACTERS.exec(regex)?.[1];
  if (places > 1 || (characters === undefined && !CHOICE.test(regex))) return [undefined];
  if (characters !== undefined) return [...new Set(characters)];
  return regex.split('|').map((text) => text.replaceAll(/\\(.)/g, '$1'));
}

/** Without those whose keys another one of the list fits too. */
export function leastOutlines(outlines: readonly KeyOutline[]): readonly KeyOutline[] {
  const unique = [...new Map(outlines.map((outline) => [JSON.stringify(outline), outline])).values()];
  return unique.filter((outline) => !unique.some((other) => other !== outline && fitsAll(other, outline)));
}

/** Decides for prefixes and suffixes only; what it misses costs some characters. */
function fitsAll(wider: KeyOutline, narrower: KeyOutline): boolean {
  if (wider.length !== 2) return false;
  const [first = '', last = ''] = wider;
  if (last === '') return (narrower[0] ?? '').startsWith(first);
  return first === '' && (narrower.at(-1) ?? '').endsWith(last);
}

/** `undefined` where the outline fits every key. */
export function filterOf(outline: KeyOutline): KeyFilter | undefined {
  const [first = '', last = ''] = [outline[0], outline.at(-1)];
  if (outline.length === 1) return first;
  if (isWildcard(outline)) return { wildcard: outline.map(escaped).join('*') };
  if (first !== '') return { prefix: first };
  return last === '' ? undefined : { suffix: last };
}

/** Neither a whole key nor a plain prefix or suffix. */
export function isWildcard(outline: KeyOutline): boolean {
  const texts = outline.filter((text) => text !== '').length;
  return (
    outline.length > 1 && (texts > 1 || (outline.length > 2 && texts > 0 && outline[0] === '' && outline.at(-1) === ''))
  );
}

/** In a wildcard, a star and a backslash of the key are escaped. */
function escaped(text: string): string {
  return text.replaceAll(/[\\*]/g, '\\$&');
}

/**
 * At most so many beginnings of the wildcards can a key match at once, which is how EventBridge's open-source matcher
 * measures a rule (MachineComplexityEvaluator): after each star one that waits, and those that are part of the way
 * through the text behind it, more where that text repeats itself. Only wildcards whose beginnings agree meet.
 */
export function complexityOf(outlines: readonly KeyOutline[]): number {
  const measured = outlines.filter(isWildcard).map(([first = '', ...others]) => ({
    first,
    weight: others.reduce((sum, text) => sum + 1 + selfOverlaps(text), 0),
  }));
  const meeting = measured.map(({ first }) =>
    measured.filter((other) => first.startsWith(other.first)).reduce((sum, { weight }) => sum + weight, 0),
  );
  return Math.max(0, ...meeting);
}

/** How many beginnings of `text` can be under way at once: 1 for `.gz`, 3 for `aaa`. By its borders, as Knuth, Morris and Pratt find them. */
function selfOverlaps(text: string): number {
  const border: number[] = [];
  const underWay: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    let length = border[at - 1] ?? 0;
    while (length > 0 && text[at] !== text[length]) length = border[length - 1] ?? 0;
    if (at > 0 && text[at] === text[length]) length += 1;
    border.push(length);
    underWay.push(1 + (length > 0 ? (underWay[length - 1] ?? 0) : 0));
  }
  return Math.max(0, ...underWay);
}
