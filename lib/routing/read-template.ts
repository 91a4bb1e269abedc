import type { Json } from './json.ts';
import { checkPlaceholder, type Vocabulary } from './placeholders.ts';
import type { ProblemList } from './problems.ts';
import { describe, readText, unquoted } from './read-values.ts';
import { type MapNode, placeInText, type ScalarNode, type SourceNode } from './source-nodes.ts';
import { type Placeholder, parseTemplate, placeholdersOf, type ValueTemplate } from './template.ts';

export interface TemplateContext {
  readonly words: Vocabulary;
  readonly routeName: string;
  readonly problems: ProblemList;
  /** What must be text: the value itself, the members of the group, or nothing. */
  readonly text: 'whole' | 'members' | 'none';
  readonly placeholders: 'filled' | 'refused' | 'verbatim';
  /** Sensitive names, which must not occur. */
  readonly secret: readonly string[];
  readonly shape: 'map' | 'scalar';
}

/** The value of one member of `run:` as a template. Undefined, with the problems said, when it is none. */
export function readTemplate(node: SourceNode, context: TemplateContext): ValueTemplate | undefined {
  if ((node.kind === 'map') !== (context.shape === 'map')) {
    const wanted = context.shape === 'map' ? 'a group of names and values' : 'a single value';
    context.problems.error(node.place, `must be ${wanted}, not ${describe(node)}`, unquoted(node));
    return undefined;
  }
  if (node.kind === 'map') return readMembers(node, context, context.text === 'members');
  return readValue(node, context, context.text === 'whole');
}

function readValue(node: SourceNode, context: TemplateContext, asText: boolean): ValueTemplate | undefined {
  if (asText)
    return readText(node, context.problems) === undefined ? undefined : readScalar(node as ScalarNode, context, true);
  if (node.kind === 'scalar') return node.broken ? undefined : readScalar(node, context, false);
  if (node.kind === 'map') return readMembers(node, context, false);
  const items = node.items.map((item) => readValue(item, context, false));
  if (!items.every((item) => item !== undefined)) return undefined;
  if (!items.every((item) => item.kind === 'constant')) return { kind: 'list', items };
  return { kind: 'constant', value: items.map((item) => item.value) };
}

function readMembers(node: MapNode, context: TemplateContext, asText: boolean): ValueTemplate | undefined {
  const suggestion = context.placeholders === 'filled' ? unquoted(node) : undefined;
  if (suggestion !== undefined && node.place.path.includes('.parameters.')) {
    context.problems.error(node.place, 'braces without quotes are a YAML group', suggestion);
    return undefined;
  }
  const entries: [string, ValueTemplate][] = [];
  for (const { key, node: value } of node.entries.values()) {
    const template = readValue(value, context, asText);
    if (template !== undefined) entries.push([key, template]);
  }
  if (entries.length < node.entries.size) return undefined;
  if (!entries.every(([, template]) => template.kind === 'constant')) return { kind: 'map', entries };
  return { kind: 'constant', value: Object.fromEntries(entries.map(([key, entry]) => [key, constantOf(entry)])) };
}

function constantOf(template: ValueTemplate): Json {
  return template.kind === 'constant' ? template.value : null;
}

function readScalar(node: ScalarNode, context: TemplateContext, asText: boolean): ValueTemplate | undefined {
  if (typeof node.value === 'number' && !asText && !isExact(node.value)) {
    context.problems.error(node.place, `the number ${node.text} cannot be kept exactly: write it in quotes`);
    return undefined;
  }
  const value = asText ? node.text : node.value;
  if (typeof value !== 'string' || context.placeholders === 'verbatim') return { kind: 'constant', value };
  const { template, findings } = parseTemplate(value);
  for (const { offset, message } of findings) context.problems.error(placeInText(node, offset), message);
  let sound = findings.length === 0;
  for (const placeholder of placeholdersOf(template)) {
    if (!checkOne(placeholder, node, context, template.kind === 'text')) sound = false;
  }
  return sound ? fillRoute(template, context.routeName) : undefined;
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function checkOne(placeholder: Placeholder, node: ScalarNode, context: TemplateContext, inText: boolean): boolean {
  const place = placeInText(node, placeholder.offset);
  if (context.placeholders === 'refused') {
    context.problems.error(
      place,
      `${placeholder.text}: this member must be a constant, so that a drop cannot choose it`,
    );
    return false;
  }
  const finding = checkPlaceholder(placeholder, context.words, inText);
  if (finding !== undefined) {
    context.problems.error(place, finding.message, finding.suggestion);
    return false;
  }
  const secret = secretIn(placeholder, context);
  if (secret === undefined) return true;
  const reason = `${placeholder.text} would show ${secret}, which is sensitive: no name, tag or output location may`;
  context.problems.error(place, reason);
  return false;
}

/** The sensitive name that a placeholder tells, directly or as a part of the key. */
function secretIn(placeholder: Placeholder, context: TemplateContext): string | undefined {
  const { name, field } = placeholder;
  const own = name === 'row' || name === 'rows' ? `row.${field ?? ''}` : name;
  if (context.secret.includes(own)) return own;
  if (['uri', 'uris', 'key'].includes(name)) return context.secret.find((entry) => !entry.startsWith('row.'));
  return name === 'rows' && field === undefined ? context.secret.find((entry) => entry.startsWith('row.')) : undefined;
}

/** `{route}` is known now: a text that holds nothing else becomes a constant. */
function fillRoute(template: ValueTemplate, routeName: string): ValueTemplate {
  if (template.kind === 'one' && template.placeholder.name === 'route') return { kind: 'constant', value: routeName };
  if (template.kind !== 'text') return template;
  const parts: (string | Placeholder)[] = [];
  for (const part of template.parts) {
    const known = typeof part === 'string' ? part : part.name === 'route' ? routeName : undefined;
    const last = parts.at(-1);
    if (known !== undefined && typeof last === 'string') parts[parts.length - 1] = last + known;
    else parts.push(known ?? part);
  }
  const [first] = parts;
  if (parts.length === 1 && typeof first === 'string') return { kind: 'constant', value: first };
  return { kind: 'text', parts };
}
