import { didYouMean } from './did-you-mean.ts';
import type { KeyPattern } from './key-pattern.ts';
import { parsePattern } from './parse-pattern.ts';
import type { ProblemList } from './problems.ts';
import { readExcept, readWhen } from './read-conditions.ts';
import { readEach, readGather } from './read-gather.ts';
import { readLife } from './read-life.ts';
import { readRun } from './read-run.ts';
import { readName } from './read-schedule.ts';
import { isNull, readChoice, readGroup, readText, readTexts, requireEntry } from './read-values.ts';
import { type Each, OUTCOME_STATUSES, type OutcomeRoute, type OutcomeStatus, type Route } from './route.ts';
import { DEFAULT_SHEET_FORMAT, readSheetFormat, type SheetFormat } from './sheet-format.ts';
import { type Entry, type MapNode, placeInText, type SourceNode } from './source-nodes.ts';

/** A route with the place to complain about it. */
export type ReadRoute =
  | { readonly kind: 'object'; readonly route: Route; readonly node: SourceNode }
  | { readonly kind: 'outcome'; readonly route: OutcomeRoute; readonly node: SourceNode };

type On =
  | { readonly kind: 'object'; readonly bucket: string; readonly pattern: KeyPattern }
  | { readonly kind: 'outcome'; readonly upstream: OutcomeRoute['upstream'] };

const OBJECT_ONLY = ['except', 'when', 'gather', 'each', 'sheet', 'identity'] as const;
export const ROUTE_KEYS = ['name', 'on', ...OBJECT_ONLY, 'sensitive', 'run', 'retry', 'limits', 'onQuota'] as const;
const NOT_OFFERED = ['files', 'collect'];

/** Reads one of `routes:`. Undefined, with the problems said, when what is wrong leaves no route. */
export function readRoute(
  node: SourceNode,
  defaults: MapNode | undefined,
  problems: ProblemList,
): ReadRoute | undefined {
  const entries = readGroup(node, { known: ROUTE_KEYS, notOffered: NOT_OFFERED }, problems);
  if (entries === undefined) return undefined;
  const nameEntry = requireEntry(entries, 'name', node, problems);
  const name = nameEntry === undefined ? undefined : readName(nameEntry, problems);
  const onEntry = requireEntry(entries, 'on', node, problems);
  const on = onEntry === undefined ? undefined : readOn(onEntry.node, problems);
  const runEntry = requireEntry(entries, 'run', node, problems);
  if (on === undefined || runEntry === undefined) return undefined;
  const given = { entries, node, name: name ?? '', runEntry, defaults, problems };
  const read = on.kind === 'object' ? readObjectRoute(on, given) : readOutcomeRoute(on, given);
  return name === undefined ? undefined : read;
}

interface Given {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly node: SourceNode;
  readonly name: string;
  readonly runEntry: Entry;
  readonly defaults: MapNode | undefined;
  readonly problems: ProblemList;
}

function readObjectRoute(on: Extract<On, { kind: 'object' }>, given: Given): ReadRoute | undefined {
  const { entries, name, runEntry, defaults, problems } = given;
  const { bucket, pattern } = on;
  const except = entries.get('except');
  const when = readEntry(entries.get('when'), (node) => readWhen(node, problems));
  const gather = readEntry(entries.get('gather'), (node) => readGather(node, pattern, problems));
  const each = readEntry(entries.get('each'), (node) => readEach(node, problems));
  const sheet = each === undefined ? undefined : readSheet(entries.get('sheet'), each, problems);
  const sensitive = readSensitive(entries.get('sensitive'), { pattern, sheet }, problems);
  checkTogether(given);
  // With a gather or each that cannot be read, every placeholder would look wrong as well.
  if (isLost(entries.get('gather'), gather) || isLost(entries.get('each'), each)) return undefined;
  if (isLost(entries.get('sheet'), sheet) && each !== undefined) return undefined;
  const shape = {
    ...(gather === undefined ? {} : { gather }),
    ...(each === undefined ? {} : { each }),
    ...(sheet === undefined ? {} : { sheet }),
  };
  const columns = sheet?.columns === undefined ? {} : { columns: sheet.columns };
  const run = readRun(runEntry.node, defaults, {
    words: { kind: 'drop', wildcards: pattern.names, ...shape, ...columns },
    routeName: name,
    sensitive,
    mayBeObject: gather === undefined && each === undefined,
    problems,
  });
  const identity = entries.get('identity');
  if (run === undefined) return undefined;
  const route: Route = {
    name,
    bucket,
    pattern,
    except: except === undefined ? [] : readExcept(except.node, pattern, problems),
    ...(when === undefined ? {} : { when }),
    ...shape,
    run,
    ...readLife(entries, problems),
    sensitive,
    identity: (identity && readChoice(identity.node, ['content', 'version'], problems)) ?? 'content',
  };
  return { kind: 'object', route, node: given.node };
}

function readOutcomeRoute(on: Extract<On, { kind: 'outcome' }>, given: Given): ReadRoute | undefined {
  const { entries, name, runEntry, defaults, problems } = given;
  for (const key of OBJECT_ONLY) {
    const entry = entries.get(key);
    if (entry !== undefined) problems.error(entry.keyPlace, `\`${key}\` is for routes that a drop starts`);
  }
  const run = readRun(runEntry.node, defaults, {
    words: { kind: 'outcome', wildcards: [] },
    routeName: name,
    sensitive: [],
    mayBeObject: false,
    problems,
  });
  if (run === undefined) return undefined;
  const route: OutcomeRoute = {
    name,
    upstream: on.upstream,
    run,
    ...readLife(entries, problems),
    sensitive: [],
    identity: 'content',
  };
  return { kind: 'outcome', route, node: given.node };
}

function readEntry<Value>(entry: Entry | undefined, read: (node: SourceNode) => Value): Value | undefined {
  return entry === undefined || isNull(entry.node) ? undefined : read(entry.node);
}

function isLost(entry: Entry | undefined, value: unknown): boolean {
  return entry !== undefined && !isNull(entry.node) && value === undefined;
}

function readSheet(entry: Entry | undefined, each: Each, problems: ProblemList): SheetFormat | undefined {
  if (entry === undefined || isNull(entry.node)) return DEFAULT_SHEET_FORMAT;
  return readSheetFormat(entry.node, each, problems);
}

function checkTogether({ entries, problems }: Given): void {
  const sheet = entries.get('sheet');
  if (sheet !== undefined && !entries.has('each')) {
    problems.error(sheet.keyPlace, '`sheet` says how rows are read: it goes with each: row or each: { group: column }');
  }
  const each = entries.get('each');
  if (each !== undefined && entries.has('gather')) {
    problems.error(each.keyPlace, '`each` and `gather` exclude each other: one splits a drop, the other joins several');
  }
}

/** A name that is misspelt here would protect nothing. */
function readSensitive(
  entry: Entry | undefined,
  { pattern, sheet }: { readonly pattern: KeyPattern; readonly sheet: SheetFormat | undefined },
  problems: ProblemList,
): readonly string[] {
  if (entry === undefined) return [];
  const names = readTexts(entry.node, problems) ?? [];
  for (const name of names) {
    if (!name.startsWith('row.')) {
      if (pattern.names.includes(name)) continue;
      problems.error(entry.node.place, `the pattern has no wildcard {${name}}`, didYouMean(name, pattern.names));
    } else if (sheet?.columns?.includes(name.slice('row.'.length)) === false) {
      const columns = sheet.columns.map((column) => `row.${column}`);
      problems.error(entry.node.place, `sheet.columns has no ${name.slice('row.'.length)}`, didYouMean(name, columns));
    }
  }
  return names;
}

function readOn(node: SourceNode, problems: ProblemList): On | undefined {
  if (node.kind === 'map' && (node.entries.has('route') || node.entries.has('status')))
    return readOutcome(node, problems);
  const entries = readGroup(node, { known: ['bucket', 'key'], notOffered: ['event'] }, problems);
  if (entries === undefined) return undefined;
  const bucketEntry = requireEntry(entries, 'bucket', node, problems);
  const bucket = bucketEntry === undefined ? undefined : readBucket(bucketEntry.node, problems);
  const keyEntry = requireEntry(entries, 'key', node, problems);
  const pattern = keyEntry === undefined ? undefined : readPattern(keyEntry.node, problems);
  return bucket === undefined || pattern === undefined ? undefined : { kind: 'object', bucket, pattern };
}

function readBucket(node: SourceNode, problems: ProblemList): string | undefined {
  const bucket = readText(node, problems);
  if (bucket === undefined || /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return bucket;
  const plain = /^s3:\/\/([^/]+)\/?$/.exec(bucket)?.[1];
  const rule = 'must be the name of a bucket, without wildcards: 3 to 63 lower-case letters, digits, "." and "-"';
  problems.error(node.place, rule, plain);
  return undefined;
}

function readPattern(node: SourceNode, problems: ProblemList): KeyPattern | undefined {
  const text = readText(node, problems);
  if (text === undefined || node.kind !== 'scalar') return undefined;
  const { pattern, findings } = parsePattern(text);
  for (const { offset, message, suggestion } of findings)
    problems.error(placeInText(node, offset), message, suggestion);
  if (text.startsWith('/')) problems.warn(node.place, "keys seldom begin with '/'", text.replace(/^\/+/, ''));
  if (pattern?.parts.some((part) => part.kind === 'literal' && part.text.includes('*'))) {
    const message = "a '*' stands for itself alone: {_name} is any text without a slash, {_name,.*} any text";
    problems.warn(node.place, message);
  }
  if (/^s3:\/\//.test(text))
    problems.error(node.place, 'must be a key without its bucket', text.replace(/^s3:\/\/[^/]*\//, ''));
  return pattern;
}

function readOutcome(node: MapNode, problems: ProblemList): On | undefined {
  const entries = readGroup(node, { known: ['route', 'status'] }, problems);
  if (entries === undefined) return undefined;
  const routeEntry = requireEntry(entries, 'route', node, problems);
  const statusEntry = requireEntry(entries, 'status', node, problems);
  const route = routeEntry === undefined ? undefined : readText(routeEntry.node, problems);
  const statuses = statusEntry === undefined ? undefined : readStatuses(statusEntry.node, problems);
  return route === undefined || statuses === undefined ? undefined : { kind: 'outcome', upstream: { route, statuses } };
}

function readStatuses(node: SourceNode, problems: ProblemList): readonly OutcomeStatus[] | undefined {
  const nodes = node.kind === 'list' ? node.items : [node];
  const statuses = nodes
    .map((item) => readChoice(item, OUTCOME_STATUSES, problems))
    .filter((status) => status !== undefined);
  return statuses.length === nodes.length && statuses.length > 0 ? statuses : undefined;
}
