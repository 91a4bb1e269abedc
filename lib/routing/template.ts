import type { Json } from './json.ts';

/** One `{…}` of a template. */
export interface Placeholder {
  /** As written, with its braces. */
  readonly text: string;
  readonly name: string;
  /** What follows the first dot: `sample` of `{row.sample}`. */
  readonly field?: string;
  /** What follows the colon: the members whose wildcards have these values. */
  readonly where?: readonly (readonly [name: string, value: string])[];
  readonly offset: number;
}

/** A value of `run:` with its placeholders found. A text that is one placeholder (`one`) keeps its value's type. */
export type ValueTemplate =
  | { readonly kind: 'constant'; readonly value: Json }
  | { readonly kind: 'one'; readonly placeholder: Placeholder }
  | { readonly kind: 'text'; readonly parts: readonly (string | Placeholder)[] }
  | { readonly kind: 'list'; readonly items: readonly ValueTemplate[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: string, template: ValueTemplate])[] };

export interface TemplateFinding {
  readonly offset: number;
  readonly message: string;
}

const INSIDE = /^([A-Za-z_][A-Za-z0-9_]*)(?:\.([^:{}]+)|:([^{}]*))?$/;
const SELECTOR = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*([^,=]*?)\s*$/;

/** Finds the placeholders of a text; `{{` and `}}` are literal braces. */
export function parseTemplate(text: string): {
  readonly template: ValueTemplate;
  readonly findings: readonly TemplateFinding[];
} {
  const parts: (string | Placeholder)[] = [];
  const findings: TemplateFinding[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? '';
    if ((character === '{' || character === '}') && text[at + 1] === character) {
      literal += character;
      at += 2;
    } else if (character === '{') {
      const end = text.indexOf('}', at);
      const written = text.slice(at, end === -1 ? text.length : end + 1);
      const placeholder = end === -1 ? undefined : readPlaceholder(written, at);
      if (placeholder === undefined) findings.push({ offset: at, message: sayNotPlaceholder(written) });
      if (literal !== '') parts.push(literal);
      if (placeholder !== undefined) parts.push(placeholder);
      literal = '';
      at += written.length;
    } else {
      if (character === '}')
        findings.push({ offset: at, message: "a '}' without its '{': write '}}' for a literal brace" });
      literal += character;
      at += 1;
    }
  }
  if (literal !== '') parts.push(literal);
  return { template: assemble(parts), findings };
}

function assemble(parts: readonly (string | Placeholder)[]): ValueTemplate {
  const [first] = parts;
  if (parts.length === 1 && typeof first === 'object') return { kind: 'one', placeholder: first };
  if (parts.every((part) => typeof part === 'string')) return { kind: 'constant', value: parts.join('') };
  return { kind: 'text', parts };
}

function readPlaceholder(text: string, offset: number): Placeholder | undefined {
  const [, name, field, selector] = INSIDE.exec(text.slice(1, -1).trim()) ?? [];
  if (name === undefined) return undefined;
  if (selector === undefined) return { text, name, offset, ...(field === undefined ? {} : { field: field.trim() }) };
  const where: (readonly [string, string])[] = [];
  for (const part of selector.split(',')) {
    const [, wildcard, value] = SELECTOR.exec(part) ?? [];
    // `{file:input}` and the like: kept whole, so that the message can name it.
    if (wildcard === undefined || value === undefined) return { text, name, offset, field: selector };
    where.push([wildcard, value]);
  }
  return { text, name, offset, where };
}

function sayNotPlaceholder(written: string): string {
  if (!written.endsWith('}')) return "a '{' without its '}': write '{{' for a literal brace";
  return `${written} is not a placeholder: write {name}, {name.field} or {uri:read=1}, and '{{' for a literal brace`;
}

/** Every placeholder inside a template, whatever its depth. */
export function* placeholdersOf(template: ValueTemplate): Generator<Placeholder> {
  switch (template.kind) {
    case 'constant':
      return;
    case 'one':
      yield template.placeholder;
      return;
    case 'text':
      for (const part of template.parts) if (typeof part === 'object') yield part;
      return;
    case 'list':
      for (const item of template.items) yield* placeholdersOf(item);
      return;
    case 'map':
      for (const [, entry] of template.entries) yield* placeholdersOf(entry);
      return;
    default:
      template satisfies never;
  }
}

/**
 * The value of a template. `resolve` answers a placeholder's value and may throw. Keys keep their order; `__proto__`
 * becomes an ordinary member.
 */
export function fillTemplate(template: ValueTemplate, resolve: (placeholder: Placeholder) => Json): Json {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'one':
      return resolve(template.placeholder);
    case 'text':
      return template.parts.map((part) => (typeof part === 'string' ? part : asText(resolve(part)))).join('');
    case 'list':
      return template.items.map((item) => fillTemplate(item, resolve));
    case 'map':
      return fillMap(template.entries, resolve);
    default:
      return template satisfies never;
  }
}

function fillMap(
  entries: Extract<ValueTemplate, { kind: 'map' }>['entries'],
  resolve: (placeholder: Placeholder) => Json,
): Json {
  if (entries.some(([key]) => key === '__proto__')) {
    return Object.fromEntries(entries.map(([key, entry]) => [key, fillTemplate(entry, resolve)]));
  }
  // Assignment is several times as fast, which shows when a sheet of thousands of rows is filled in.
  const filled: { [key: string]: Json } = {};
  for (const [key, entry] of entries) filled[key] = fillTemplate(entry, resolve);
  return filled;
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
