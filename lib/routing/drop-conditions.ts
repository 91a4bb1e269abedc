import type { Drop } from './drop.ts';
import { show } from './problems.ts';
import type { Route } from './route.ts';
import { holdsSize } from './units.ts';

type Wildcards = Readonly<Record<string, string>>;

/** Each function answers why the route does not take a drop whose key matches, or undefined when it does. */
export function sayException(route: Route, wildcards: Wildcards): string | undefined {
  for (const { name, values } of route.except) {
    const value = own(wildcards, name);
    if (value !== undefined && values.includes(value)) return `except: ${name} is ${value}`;
  }
  return undefined;
}

/** A drop whose values are not among the needed ones is no member of any set: lane 3 where lanes 1 and 2 are needed. */
export function sayNotNeeded(route: Route, wildcards: Wildcards): string | undefined {
  const needs = route.gather?.needs;
  if (needs?.kind !== 'product') return undefined;
  for (const { name, values } of needs.lists) {
    const value = own(wildcards, name) ?? '';
    if (!values.includes(value)) return `gather: ${name} is ${show(value)}, and needs lists ${values.join(', ')}`;
  }
  return undefined;
}

const UNFINISHED = ['.filepart', '.part', '.partial', '.tmp', '.temp', '.crdownload', '.aria2'];
/** File names by which sequencers and pipelines say that they are done. */
const MARKER_NAME = /(?:complete|completed|success|done|ready|finished)(?:\.[a-z0-9]{1,8})?$/i;

/**
 * Some writers announce an object before it has its bytes, or under a temporary name. So a zero-byte object is not
 * taken unless
 * - the route says something about sizes (`when: { size: ">=0" }`): then that decides, or
 * - it is a completion marker: the pattern or `needs` names the file outright (not by a wildcard that could match
 *   anything) and the name says complete, success, done, ready or finished, as CopyComplete.txt and _SUCCESS do.
 * The object that `needs: { marker: … }` describes is never asked. A temporary name is taken only when the pattern
 * ends in it.
 */
export function sayUnfinished(route: Route, drop: Drop, wildcards: Wildcards): string | undefined {
  const key = drop.key.toLowerCase();
  const temporary = UNFINISHED.find((ending) => key.endsWith(ending));
  if (temporary !== undefined && !route.pattern.suffix.toLowerCase().endsWith(temporary)) {
    return `a name that ends in ${temporary} is an unfinished copy, and the pattern does not end in it`;
  }
  if (drop.sizeBytes > 0 || (route.when?.size.length ?? 0) > 0) return undefined;
  if (namesOutright(route, drop.key, wildcards) && MARKER_NAME.test(drop.key)) return undefined;
  return `the object has zero bytes; when: { size: ">=0" } takes it all the same`;
}

/** Whether the last segment of the key is literal in the pattern, or one of the needed values. */
function namesOutright(route: Route, key: string, wildcards: Wildcards): boolean {
  const fileName = key.slice(key.lastIndexOf('/') + 1);
  if (fileName === '') return false;
  const { suffix, parts } = route.pattern;
  if (suffix.endsWith(`/${fileName}`) || (suffix === fileName && parts.length === 1)) return true;
  const needs = route.gather?.needs;
  if (needs?.kind !== 'product') return false;
  return needs.lists.some(({ name, values }) => own(wildcards, name) === fileName && values.includes(fileName));
}

/** The conditions of `when`. What is not known of the object does not hold. */
export function sayUnmetCondition({ when }: Route, drop: Drop): string | undefined {
  if (when === undefined) return undefined;
  const size = when.size.find((condition) => !holdsSize(condition, drop.sizeBytes));
  if (size !== undefined) return `when: size ${drop.sizeBytes} is not ${size.text}`;
  const { storageClasses } = when;
  if (storageClasses !== undefined && !storageClasses.includes(drop.storageClass ?? '')) {
    return `when: storage class ${drop.storageClass ?? 'is unknown and'} is not ${storageClasses.join(' or ')}`;
  }
  for (const { key, values } of when.tags) {
    const value = drop.tags === undefined ? undefined : own(drop.tags, key);
    if (value !== undefined && values.includes(value)) continue;
    const found = drop.tags === undefined ? 'unknown' : value === undefined ? 'absent' : show(value);
    return `when: the tag ${show(key)} is ${found}, not ${values.map(show).join(' or ')}`;
  }
  return undefined;
}

/**
 * What must be asked of S3 before a drop can be matched: events carry neither tags nor storage class. Of keys that no
 * route looks at nothing is asked, because reading them is not allowed either (deploy/route-grants.cjs).
 */
export function factsNeeded(
  file: { readonly routes: readonly Route[] },
  { bucket, key }: Pick<Drop, 'bucket' | 'key'>,
): { readonly tags: boolean; readonly storageClass: boolean } {
  const conditions = file.routes
    .filter((route) => route.bucket === bucket && key.startsWith(route.pattern.prefix))
    .flatMap((route) => route.when ?? []);
  return {
    tags: conditions.some(({ tags }) => tags.length > 0),
    storageClass: conditions.some(({ storageClasses }) => storageClasses !== undefined),
  };
}

function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
