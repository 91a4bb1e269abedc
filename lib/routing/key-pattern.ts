import { compileRow, type Row, type RowPart } from './linear-regex.ts';
import { nearMatch } from './pattern-near.ts';
import type { PatternPart } from './pattern-part.ts';
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
  /** The name of each wildcard, repeats included. */
  readonly #wildcards: readonly string[];
  readonly #repeats: boolean;
  readonly #plain: PlainPattern | undefined;
  #row: Row | undefined;

  constructor(text: string, parts: readonly PatternPart[]) {
    this.text = text;
    this.parts = parts;
    this.#wildcards = parts.flatMap((part) => (part.kind === 'wildcard' ? [part.name] : []));
    this.names = [...new Set(this.#wildcards)];
    this.#repeats = this.names.length < this.#wildcards.length;
    const [first, last] = [parts[0], parts.at(-1)];
    this.prefix = first?.kind === 'literal' ? first.text : '';
    this.suffix = last?.kind === 'literal' ? last.text : '';
    this.#plain = plainPattern(parts);
  }

  /** The wildcards' values, or undefined when the whole key does not match. */
  match(key: string): Readonly<Record<string, string>> | undefined {
    if (!key.startsWith(this.prefix) || !key.endsWith(this.suffix)) return undefined;
    const texts = this.#plain !== undefined && isPlainKey(key) ? this.#plain.match(key) : this.#read(key);
    if (texts === undefined) return undefined;
    const values = this.#named(texts);
    if (!this.#repeats) return Object.fromEntries(values);
    return agree(values) ?? this.#matchRepeats(key, values);
  }

  #read(key: string): readonly string[] | undefined {
    this.#row ??= compileRow(this.parts);
    return this.#row.values(key);
  }

  #named(texts: readonly string[]): readonly (readonly [string, string])[] {
    return this.#wildcards.map((name, index) => [name, texts[index] ?? ''] as const);
  }

  /** Why `key` does not match, as a sentence about the first part that failed. */
  near(key: string): NearMatch {
    return nearMatch(this.parts, key);
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
      const again = this.#readWith(name, value, key);
      const agreed = again === undefined ? undefined : agree(again);
      if (agreed !== undefined) return agreed;
    }
    return undefined;
  }

  /** Reads the key with every wildcard of that name replaced by a text. */
  #readWith(name: string, value: string, key: string): readonly (readonly [string, string])[] | undefined {
    const isFixed = (part: PatternPart) => part.kind === 'wildcard' && part.name === name;
    const row = this.parts.map((part): RowPart => (isFixed(part) ? { kind: 'literal', text: value } : part));
    const texts = compileRow(row).values(key);
    if (texts === undefined) return undefined;
    let next = 0;
    return this.#wildcards.map((each) => {
      if (each === name) return [each, value] as const;
      next += 1;
      return [each, texts[next - 1] ?? ''] as const;
    });
  }
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
