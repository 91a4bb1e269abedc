import { didYouMean } from './did-you-mean.ts';
import type { ProblemList } from './problems.ts';
import type { Entry, MapNode, ScalarNode, SourceNode } from './source-nodes.ts';

/** The members of a group, of which only `known` may occur; `notOffered` are syntax of other versions. */
export function readGroup(
  node: SourceNode,
  names: { readonly known: readonly string[]; readonly notOffered?: readonly string[] },
  problems: ProblemList,
): ReadonlyMap<string, Entry> | undefined {
  const map = readMap(node, problems);
  if (map === undefined) return undefined;
  for (const { key, keyPlace } of map.entries.values()) {
    if (names.notOffered?.includes(key)) {
      problems.error(keyPlace, `this version of Rundrop does not offer \`${key}\` here`);
    } else if (!names.known.includes(key)) {
      problems.error(keyPlace, `unknown member "${key}"`, didYouMean(key, names.known));
    }
  }
  return map.entries;
}

export function readMap(node: SourceNode, problems: ProblemList): MapNode | undefined {
  if (node.kind === 'map') return node;
  if (!isBroken(node)) problems.error(node.place, `must be a group of members, not ${describe(node)}`);
  return undefined;
}

/** A text. Numbers are taken as written, so that an id needs no quotes and `001` keeps its zeros. */
export function readText(node: SourceNode, problems: ProblemList): string | undefined {
  if (node.kind === 'scalar' && (typeof node.value === 'string' || typeof node.value === 'number')) {
    if (node.broken) return undefined;
    if (node.text !== '') return node.text;
    problems.error(node.place, 'must not be empty');
    return undefined;
  }
  if (!isBroken(node)) problems.error(node.place, `must be text, not ${describe(node)}`, unquoted(node));
  return undefined;
}

/** One text or a list of them. */
export function readTexts(node: SourceNode, problems: ProblemList): readonly string[] | undefined {
  if (node.kind !== 'list') {
    const text = readText(node, problems);
    return text === undefined ? undefined : [text];
  }
  if (node.items.length === 0) problems.error(node.place, 'must not be an empty list');
  const texts = node.items.map((item) => readText(item, problems)).filter((text) => text !== undefined);
  return texts.length === node.items.length && texts.length > 0 ? texts : undefined;
}

export function readChoice<Value extends string>(
  node: SourceNode,
  values: readonly Value[],
  problems: ProblemList,
): Value | undefined {
  const text = readText(node, problems);
  if (text === undefined) return undefined;
  const chosen = values.find((value) => value === text);
  if (chosen === undefined)
    problems.error(node.place, `must be ${values.join(' or ')}, not "${text}"`, didYouMean(text, values));
  return chosen;
}

export function readInteger(
  node: SourceNode,
  range: { readonly min: number; readonly max: number },
  problems: ProblemList,
): number | undefined {
  if (isBroken(node)) return undefined;
  const value = node.kind === 'scalar' && /^[0-9]{1,15}$/.test(node.text) ? Number(node.text) : undefined;
  if (value !== undefined && value >= range.min && value <= range.max) return value;
  problems.error(node.place, `must be a whole number from ${range.min} to ${range.max}, not ${describe(node)}`);
  return undefined;
}

/** A required member; says so when it is missing. `owner` is where it should be. */
export function requireEntry(
  entries: ReadonlyMap<string, Entry>,
  key: string,
  owner: SourceNode,
  problems: ProblemList,
): Entry | undefined {
  const entry = entries.get(key);
  if (entry === undefined) problems.error(owner.place, `\`${key}\` is missing`);
  return entry;
}

export function isBroken(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.broken;
}

export function isNull(node: SourceNode): node is ScalarNode {
  return node.kind === 'scalar' && node.value === null && !node.broken;
}

export function describe(node: SourceNode): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a group of members';
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string' ? `"${node.text.slice(0, 60)}"` : node.text;
}

/** `{sample}` without quotes is a YAML map with an empty member: what was meant is the text. */
export function unquoted(node: SourceNode): string | undefined {
  if (node.kind !== 'map' || node.entries.size !== 1) return undefined;
  const [entry] = node.entries.values();
  return entry !== undefined && isNull(entry.node) ? `'{${entry.key}}'` : undefined;
}
