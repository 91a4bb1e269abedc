import { RE2JS } from 're2js';
import { nearMatch } from './pattern-near.ts';
import { type PatternFinding, type PatternPart, splitPattern } from './pattern-syntax.ts';
import { isPlainKey, type PlainPattern, plainPattern } from './plain-pattern.ts';

/** How far a key came in a pattern that it does not match. */
export interface NearMatch {
  /** The beginning of the key that matched. */
  readonly matchedText: string;
  readonly reason: string;
}

/**
 * A compiled key pattern. Matching takes time linear in the key, whatever the pattern: plain patterns are matched by
 * plain searches, the others by RE2's engine, whose regex is compiled at first use, since a Lambda that starts cold rarely
 * needs all of 1,000 routes.
 */
export class KeyPattern {
  readonly text: string;
  readonly parts: readonly PatternPart[];
  /** Each wildcard once, in order of appearance. */
  readonly names: readonly string[];
  /** Every matching key begins with this … */
  readonly prefix: string;
  /** … and ends with this. */
  readonly suffix: string;
  readonly #groups: readonly { readonly group: string; readonly name: string }[];
  readonly #repeats: boolean;
  readonly #plain: PlainPattern | undefined;
  #regex: RE2JS | undefined;

  constructor(text: string, parts: readonly PatternPart[]) {
    this.text = text;
    this.parts = parts;
    const wildcards = parts.flatMap((part, index) => (part.kind === 'wildcard' ? [{ part, index }] : []));
    this.names = [...new Set(wildcards.map(({ part }) => part.name))];
    this.#groups = wildcards.map(({ part, index }) => ({ group: groupName(index), name: part.name }));
    this.#repeats = this.names.length < wildcards.length;
    const [first, last] = [parts[0], parts.at(-1)];
    this.prefix = first?.kind === 'literal' ? first.text : '';
    this.suffix = last?.kind === 'literal' ? last.text : '';
    this.#plain = plainPattern(parts);
  }

  /** The wildcards' values, or undefined when the whole key does not match. */
  match(key: string): Readonly<Record<string, string>> | undefined {
    if (!key.startsWith(this.prefix) || !key.endsWith(this.suffix)) return undefined;
    const values = this.#plain !== undefined && isPlainKey(key) ? this.#plainValues(this.#plain, key) : this.#read(key);
    if (values === undefined) return undefined;
    if (!this.#repeats) return Object.fromEntries(values);
    return agree(values) ?? this.#matchRepeats(key, values);
  }

  #plainValues(plain: PlainPattern, key: string): readonly (readonly [string, string])[] | undefined {
    const values = plain.match(key);
    return values === undefined
      ? undefined
      : this.#groups.map(({ name }, index) => [name, values[index] ?? ''] as const);
  }

  #read(key: string): readonly (readonly [string, string])[] | undefined {
    this.#regex ??= RE2JS.compile(regexOf(this.parts));
    return this.#values(this.#regex, key);
  }

  /** Why `key` does not match, as a sentence about the first part that failed. */
  near(key: string): NearMatch {
    return nearMatch(this.parts, key);
  }

  #values(regex: RE2JS, key: string): readonly (readonly [string, string])[] | undefined {
    // The engine decides with an automaton many times faster than it finds groups; most long keys end here.
    if (!regex.testExact(key)) return undefined;
    const matcher = regex.matcher(key);
    if (!matcher.matches()) return undefined;
    return this.#groups.map(({ group, name }) => [name, matcher.group(group) ?? ''] as const);
  }

  /**
   * RE2 has no backreferences, so the greedy reading of `{s}/{s}_R{r}` can split a key in a way that disagrees although
   * another way would agree. Each value that the first reading found is tried as a literal: a fixed number of
   * further linear matches.
   */
  #matchRepeats(
    key: string,
    values: readonly (readonly [string, string])[],
  ): Readonly<Record<string, string>> | undefined {
    const repeated = values.filter(([name], index) => values.some((other, at) => at !== index && other[0] === name));
    for (const [name, value] of repeated) {
      const parts = this.parts.map((part) =>
        part.kind === 'wildcard' && part.name === name ? { ...part, literal: value } : part,
      );
      const again = this.#values(RE2JS.compile(regexOf(parts)), key);
      const agreed = again === undefined ? undefined : agree(again);
      if (agreed !== undefined) return agreed;
    }
    return undefined;
  }
}

/** Parses and compiles; the pattern is undefined when there are findings. */
export function parsePattern(
  text: string,
  known?: ReadonlyMap<string, string>,
): { readonly pattern: KeyPattern | undefined; readonly findings: readonly PatternFinding[] } {
  const { parts, findings } = splitPattern(text, known);
  return { pattern: findings.length === 0 ? new KeyPattern(text, parts) : undefined, findings };
}

function agree(values: readonly (readonly [string, string])[]): Readonly<Record<string, string>> | undefined {
  const agreed = new Map<string, string>();
  for (const [name, value] of values) {
    const before = agreed.get(name);
    if (before !== undefined && before !== value) return undefined;
    agreed.set(name, value);
  }
  return Object.fromEntries(agreed);
}

function groupName(index: number): string {
  return `rundrop${index}`;
}

/** The anchored regex of a row of parts. A wildcard with `literal` matches that text only. */
function regexOf(parts: readonly (PatternPart & { readonly literal?: string })[]): string {
  const sources = parts.map((part, index) => {
    if (part.kind === 'literal') return RE2JS.quote(part.text);
    return `(?P<${groupName(index)}>${part.literal === undefined ? part.regex : RE2JS.quote(part.literal)})`;
  });
  return `^(?:${sources.join('')})$`;
}
