/**
 * The regexes of wildcards, run by RE2's engine: in time linear in the text, whatever the regex. A deployed function has
 * compiled-regex.ts in this module's place, which reads rows as this does and needs no compiler.
 */
import { RE2JS } from 're2js';

/** A part of a row: a text that stands there, or what a regex matches. */
export type RowPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'wildcard'; readonly regex: string };

export interface Row {
  /** What each wildcard matches when the row matches the whole text. The first takes as much as it can, then the second. */
  values(text: string): readonly string[] | undefined;
}

export function compileRow(parts: readonly RowPart[]): Row {
  const regex = RE2JS.compile(`^(?:${sourceOf(parts, (source, index) => `(?P<${groupName(index)}>${source})`)})$`);
  const groups = parts.flatMap(({ kind }, index) => (kind === 'wildcard' ? [groupName(index)] : []));
  return {
    values(text) {
      // The engine decides with an automaton many times faster than it finds groups; most long texts end here.
      if (!regex.testExact(text)) return undefined;
      const matcher = regex.matcher(text);
      return matcher.matches() ? groups.map((group) => matcher.group(group) ?? '') : undefined;
    },
  };
}

/** Where the row ends that the text begins with; undefined when it does not begin with one. */
export function endOfBeginning(parts: readonly RowPart[], text: string): number | undefined {
  const matcher = RE2JS.compile(sourceOf(parts, (source) => `(?:${source})`)).matcher(text);
  return matcher.lookingAt() ? matcher.end() : undefined;
}

/** What is wrong with a regex, or nothing. */
export function sayWrongRegex(regex: string): string | undefined {
  try {
    RE2JS.compile(regex);
    RE2JS.compile(`(?:${regex})`);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
    return `${reason} (the dialect is RE2, which has no lookaround and no backreferences)`;
  }
}

/** A regex that matches this text and no other. */
export function quoteRegex(text: string): string {
  return RE2JS.quote(text);
}

function sourceOf(parts: readonly RowPart[], group: (regex: string, index: number) => string): string {
  return parts
    .map((part, index) => (part.kind === 'literal' ? RE2JS.quote(part.text) : group(part.regex, index)))
    .join('');
}

function groupName(index: number): string {
  return `rundrop${index}`;
}
