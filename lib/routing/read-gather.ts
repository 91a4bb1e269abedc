import { didYouMean } from './did-you-mean.ts';
import type { KeyPattern } from './key-pattern.ts';
import { compileRow } from './linear-regex.ts';
import { parsePattern } from './parse-pattern.ts';
import type { Place, ProblemList } from './problems.ts';
import { describe, readChoice, readGroup, readInteger, readText, readTexts, requireEntry } from './read-values.ts';
import type { Each, Gather, Needs } from './route.ts';
import { type Entry, placeInText, type SourceNode } from './source-nodes.ts';
import { parseDuration } from './units.ts';

const DAY_MS = 86_400_000;
/** A set is read whole at every delivery, and its members go into one request of at most 50 KB. */
const SET_LIMIT = 1000;

export const GATHER_KEYS = ['by', 'needs', 'within', 'quiet', 'onChange'] as const;

/** Reads `gather:` of a route whose pattern is `pattern`. */
export function readGather(node: SourceNode, pattern: KeyPattern, problems: ProblemList): Gather | undefined {
  const entries = readGroup(node, { known: GATHER_KEYS }, problems);
  if (entries === undefined) return undefined;
  const byEntry = requireEntry(entries, 'by', node, problems);
  const by = byEntry === undefined ? undefined : readWildcards(byEntry.node, pattern, problems);
  const quietMs = readDuration(entries.get('quiet'), problems);
  const withinMs = readDuration(entries.get('within'), problems) ?? DAY_MS;
  const onChange = entries.get('onChange');
  const needsEntry = entries.get('needs');
  if (needsEntry === undefined && !entries.has('quiet')) {
    problems.error(node.place, 'say when a set is complete: `needs`, or `quiet` for a time of silence');
  }
  const needs: Needs | undefined =
    needsEntry === undefined ? { kind: 'silence' } : readNeeds(needsEntry.node, { pattern, by: by ?? [] }, problems);
  if (by === undefined || needs === undefined) return undefined;
  return {
    by,
    needs,
    withinMs,
    ...(quietMs === undefined ? {} : { quietMs }),
    onChange: (onChange && readChoice(onChange.node, ['hold', 'restart'], problems)) ?? 'hold',
  };
}

function readWildcards(node: SourceNode, pattern: KeyPattern, problems: ProblemList): readonly string[] | undefined {
  const names = readTexts(node, problems);
  for (const name of names ?? []) checkWildcard(name, node.place, pattern, problems);
  return names;
}

/** Says so when the pattern has no such wildcard. */
export function checkWildcard(name: string, place: Place, pattern: KeyPattern, problems: ProblemList): boolean {
  if (pattern.names.includes(name)) return true;
  const plain = name.replace(/^\{(.*)\}$/, '$1');
  const suggestion = pattern.names.includes(plain) ? plain : didYouMean(name, pattern.names);
  problems.error(place, `the pattern has no wildcard {${plain}}`, suggestion);
  return false;
}

export function readDuration(entry: Entry | undefined, problems: ProblemList): number | undefined {
  const text = entry === undefined ? undefined : readText(entry.node, problems);
  if (entry === undefined || text === undefined) return undefined;
  const durationMs = parseDuration(text);
  if (durationMs === undefined) {
    problems.error(
      entry.node.place,
      `must be a duration such as 15m, 24h or 7d (at most 365d), not ${describe(entry.node)}`,
    );
  }
  return durationMs;
}

interface GatherSet {
  readonly pattern: KeyPattern;
  readonly by: readonly string[];
}

function readNeeds(node: SourceNode, set: GatherSet, problems: ProblemList): Needs | undefined {
  if (node.kind !== 'map') {
    readGroup(node, { known: [] }, problems);
    return undefined;
  }
  const lists = [...node.entries.values()];
  const only = lists.length === 1 ? lists[0] : undefined;
  if (only?.key === 'count' && only.node.kind === 'scalar') {
    const count = readInteger(only.node, { min: 1, max: SET_LIMIT }, problems);
    return count === undefined ? undefined : { kind: 'count', count };
  }
  if (only?.key === 'marker' && !set.pattern.names.includes('marker')) return readMarker(only.node, set, problems);
  if (lists.length === 0) problems.error(node.place, 'must list what is needed: { read: ["1", "2"] }');
  return readProduct(lists, set, problems);
}

function readProduct(lists: readonly Entry[], { pattern, by }: GatherSet, problems: ProblemList): Needs | undefined {
  const product: { name: string; values: readonly string[] }[] = [];
  let size = 1;
  for (const { key, keyPlace, node } of lists) {
    if (!checkWildcard(key, keyPlace, pattern, problems)) continue;
    if (by.includes(key))
      problems.error(keyPlace, `{${key}} is in gather.by: a wildcard either names the set or is needed in it`);
    const values = readNeeded(key, node, problems);
    if (values === undefined) continue;
    checkNeeded(values, { name: key, place: node.place }, pattern, problems);
    product.push({ name: key, values });
    size *= values.length;
    if (size > SET_LIMIT) problems.error(node.place, `a set of more than ${SET_LIMIT} members cannot be gathered`);
  }
  return product.length === lists.length && size <= SET_LIMIT ? { kind: 'product', lists: product } : undefined;
}

function readNeeded(name: string, node: SourceNode, problems: ProblemList): readonly string[] | undefined {
  if (node.kind === 'scalar' && node.text.includes('{sheet.')) {
    problems.error(node.place, `this version of Rundrop does not offer needs from a sheet (${node.text})`);
    return undefined;
  }
  const values = readTexts(node, problems);
  if (values !== undefined && new Set(values).size < values.length) {
    problems.error(node.place, `the values of ${name} must differ`);
  }
  return values;
}

/** A value that the wildcard can never have would keep every set waiting for ever. */
function checkNeeded(
  values: readonly string[],
  { name, place }: { name: string; place: Place },
  pattern: KeyPattern,
  problems: ProblemList,
): void {
  const regex = pattern.parts.find((part) => part.kind === 'wildcard' && part.name === name);
  if (regex?.kind !== 'wildcard') return;
  const row = compileRow([regex]);
  const isPossible = (text: string) => row.values(text) !== undefined;
  for (const value of values) {
    if (isPossible(value)) continue;
    const padded = [2, 3, 4].map((width) => value.padStart(width, '0')).find(isPossible);
    problems.error(place, `${name}=${value} can never match ${regex.text}`, padded);
  }
}

function readMarker(node: SourceNode, { pattern, by }: GatherSet, problems: ProblemList): Needs | undefined {
  const text = readText(node, problems);
  if (text === undefined || node.kind !== 'scalar') return undefined;
  const regexes = pattern.parts.flatMap((part) => (part.kind === 'wildcard' ? [[part.name, part.regex] as const] : []));
  const parsed = parsePattern(text, new Map(regexes));
  for (const { offset, message, suggestion } of parsed.findings) {
    problems.error(placeInText(node, offset), message, suggestion);
  }
  const marker = parsed.pattern;
  if (marker === undefined) return undefined;
  const strange = marker.names.filter((name) => !by.includes(name));
  const absent = by.filter((name) => !marker.names.includes(name));
  for (const name of strange)
    problems.error(node.place, `{${name}} of the marker is not in gather.by`, didYouMean(name, by));
  for (const name of absent) problems.error(node.place, `the marker must have {${name}}, which names the set`);
  return strange.length + absent.length === 0 ? { kind: 'marker', pattern: marker } : undefined;
}

/** Reads `each:`. */
export function readEach(node: SourceNode, problems: ProblemList): Each | undefined {
  if (node.kind !== 'map') {
    return readChoice(node, ['row'], problems) === undefined ? undefined : { kind: 'row' };
  }
  const entries = readGroup(node, { known: ['group'] }, problems);
  const group = entries === undefined ? undefined : requireEntry(entries, 'group', node, problems);
  const column = group === undefined ? undefined : readText(group.node, problems);
  return column === undefined ? undefined : { kind: 'group', column };
}
