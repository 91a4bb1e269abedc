import { sayWrongRegex } from './linear-regex.ts';
import { DEFAULT_REGEX, type PatternPart } from './pattern-part.ts';
import type { Finding } from './problems.ts';

/** A finding at an offset of the pattern's text. */
export interface PatternFinding extends Finding {
  readonly offset: number;
}

/** Keys have at most 1,024 bytes; a longer pattern is a mistake. */
const PATTERN_LIMIT = 2048;
const WILDCARD_LIMIT = 32;
const NAME = /^[a-z_][A-Za-z0-9_]*$/;
/** These have a meaning of their own in templates. */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'bucket',
  'key',
  'uri',
  'uris',
  'etag',
  'size',
  'versionId',
  'time',
  'date',
  'route',
  'count',
  'row',
  'rows',
  'upstream',
  '__proto__',
]);

/**
 * Splits a pattern in Snakemake's syntax: `{name}` or `{name,regex}`, where braces inside the regex must balance or be
 * escaped, and `{{`, `}}` are literal braces. `known` gives the regex of wildcards that another pattern defines.
 */
export function splitPattern(
  text: string,
  known: ReadonlyMap<string, string> = new Map(),
): { readonly parts: readonly PatternPart[]; readonly findings: readonly PatternFinding[] } {
  if (text.length > PATTERN_LIMIT) {
    return { parts: [], findings: [{ offset: 0, message: `longer than ${PATTERN_LIMIT} characters` }] };
  }
  const splitter = new Splitter(text, known);
  splitter.run();
  return { parts: splitter.parts, findings: splitter.findings };
}

class Splitter {
  readonly parts: PatternPart[] = [];
  readonly findings: PatternFinding[] = [];
  readonly #text: string;
  readonly #regexes: Map<string, string>;
  readonly #own = new Map<string, string>();
  #literal = '';

  constructor(text: string, known: ReadonlyMap<string, string>) {
    this.#text = text;
    this.#regexes = new Map(known);
  }

  run(): void {
    const text = this.#text;
    let at = 0;
    while (at < text.length) {
      const character = text[at] ?? '';
      if ((character === '{' || character === '}') && text[at + 1] === character) {
        this.#literal += character;
        at += 2;
      } else if (character === '{') {
        at = this.#wildcard(at);
      } else {
        if (character === '}') this.#find(at, "a '}' without its '{': write '}}' for a literal brace");
        this.#literal += character;
        at += 1;
      }
    }
    this.#flush();
    const wildcards = this.parts.filter((part) => part.kind === 'wildcard').length;
    if (wildcards > WILDCARD_LIMIT) this.#find(0, `more than ${WILDCARD_LIMIT} wildcards`);
  }

  #find(offset: number, message: string, suggestion?: string): void {
    this.findings.push({ offset, message, ...(suggestion === undefined ? {} : { suggestion }) });
  }

  #flush(): void {
    if (this.#literal !== '') this.parts.push({ kind: 'literal', text: this.#literal });
    this.#literal = '';
  }

  /** Reads the wildcard that opens at `start`; answers where to go on. */
  #wildcard(start: number): number {
    const end = closingBrace(this.#text, start);
    if (end === undefined) {
      this.#find(start, "a '{' without its '}': write '{{' for a literal brace");
      return this.#text.length;
    }
    const text = this.#text.slice(start, end + 1);
    const [, name, given] = /^\{\s*([^,{}]*?)\s*(?:,([\s\S]*))?\}$/.exec(text) ?? [];
    if (name === undefined || !NAME.test(name)) {
      const plain = (name ?? '').replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^([A-Z])/, (first) => first.toLowerCase());
      const suggestion = NAME.test(plain) ? `{${plain}}` : undefined;
      this.#find(start, `${text} is not a wildcard: a name is a letter or _, then letters, digits and _`, suggestion);
    } else if (RESERVED_NAMES.has(name)) {
      this.#find(start, `{${name}} has a meaning of its own in values: name the wildcard otherwise`, `{${name}_}`);
    } else {
      this.#flush();
      const regex = this.#regexOf(name, given?.trim(), start);
      this.parts.push({ kind: 'wildcard', name, regex, text });
    }
    return end + 1;
  }

  #regexOf(name: string, given: string | undefined, offset: number): string {
    const before = this.#own.get(name);
    if (given === '') this.#find(offset, `the regex of {${name}} is empty`);
    if (given !== undefined && before !== undefined && before !== given) {
      this.#find(offset, `{${name}} has two regexes, '${before}' and '${given}': say it once`);
    }
    const regex = given ?? this.#regexes.get(name) ?? DEFAULT_REGEX;
    if (given !== undefined && given !== '') {
      const wrong = judgeRegex(given);
      if (wrong !== undefined) this.#find(offset, `the regex of {${name}}: ${wrong}`);
      this.#regexes.set(name, regex);
      this.#own.set(name, regex);
      return wrong === undefined ? regex : DEFAULT_REGEX;
    }
    return regex;
  }
}

/** Index of the brace that closes the one at `start`, past escapes, character classes and nested braces. */
function closingBrace(text: string, start: number): number | undefined {
  let depth = 0;
  let classStart: number | undefined;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (classStart !== undefined) {
      // A ']' that comes first in its class ([]a], [^]a]) is a member of it.
      const first = classStart + (text[classStart + 1] === '^' ? 2 : 1);
      if (character === ']' && at !== first) classStart = undefined;
    } else if (character === '[' && depth > 0) classStart = at;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return undefined;
}

/** Regexes are few and routes many. */
const JUDGED = new Map<string, string | undefined>();
const MOST_JUDGED = 1_000;

function judgeRegex(regex: string): string | undefined {
  if (JUDGED.has(regex)) return JUDGED.get(regex);
  const wrong = sayWrongRegex(regex);
  if (JUDGED.size < MOST_JUDGED) JUDGED.set(regex, wrong);
  return wrong;
}
