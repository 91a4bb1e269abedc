import type { KeyPattern } from './key-pattern.ts';
import type { ProblemList } from './problems.ts';
import { checkWildcard } from './read-gather.ts';
import { describe, readGroup, readMap, readText, readTexts } from './read-values.ts';
import type { Route, When } from './route.ts';
import type { Entry, SourceNode } from './source-nodes.ts';
import { parseSizeConditions, type SizeCondition } from './units.ts';

/** Reads `except:`, wildcards with one value or several. */
export function readExcept(node: SourceNode, pattern: KeyPattern, problems: ProblemList): Route['except'] {
  const map = readMap(node, problems);
  const except: { name: string; values: readonly string[] }[] = [];
  for (const { key, keyPlace, node: value } of map?.entries.values() ?? []) {
    const values = readTexts(value, problems);
    if (checkWildcard(key, keyPlace, pattern, problems) && values !== undefined) except.push({ name: key, values });
  }
  return except;
}

export const STORAGE_CLASSES = [
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
  'REDUCED_REDUNDANCY',
  'EXPRESS_ONEZONE',
  'OUTPOSTS',
  'SNOW',
];

export const WHEN_KEYS = ['size', 'storageClass', 'tag'] as const;

/** Reads `when:`, conditions on size, storage class and tags. */
export function readWhen(node: SourceNode, problems: ProblemList): When | undefined {
  const entries = readGroup(node, { known: WHEN_KEYS }, problems);
  if (entries === undefined) return undefined;
  const storageClasses = readStorageClasses(entries.get('storageClass'), problems);
  return {
    size: readSize(entries.get('size'), problems),
    ...(storageClasses === undefined ? {} : { storageClasses }),
    tags: readTags(entries.get('tag'), problems),
  };
}

function readSize(entry: Entry | undefined, problems: ProblemList): readonly SizeCondition[] {
  const text = entry === undefined ? undefined : readText(entry.node, problems);
  if (entry === undefined || text === undefined) return [];
  const conditions = parseSizeConditions(text);
  if (conditions !== undefined) return conditions;
  const number = /^[0-9.]+\s*[A-Za-z]{0,3}$/.test(text.trim()) ? `>=${text.trim()}` : undefined;
  const form = `must be a comparison such as '>=1GiB' or '>0, <=10MB'`;
  problems.error(
    entry.node.place,
    `${form} (units B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), not ${describe(entry.node)}`,
    number,
  );
  return [];
}

function readStorageClasses(entry: Entry | undefined, problems: ProblemList): readonly string[] | undefined {
  const values = entry === undefined ? undefined : readTexts(entry.node, problems);
  for (const value of values ?? []) {
    if (entry !== undefined && !STORAGE_CLASSES.includes(value)) {
      problems.error(entry.node.place, `"${value}" is not a storage class of S3: ${STORAGE_CLASSES.join(', ')}`);
    }
  }
  return values;
}

function readTags(entry: Entry | undefined, problems: ProblemList): When['tags'] {
  const map = entry === undefined ? undefined : readMap(entry.node, problems);
  const tags: { key: string; values: readonly string[] }[] = [];
  for (const { key, node } of map?.entries.values() ?? []) {
    const values = readTexts(node, problems);
    if (values !== undefined) tags.push({ key, values });
  }
  return tags;
}
