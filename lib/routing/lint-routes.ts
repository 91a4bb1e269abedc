import { KeyPattern } from './key-pattern.ts';
import { quoteRegex } from './linear-regex.ts';
import { checkFileNames } from './lint-file-names.ts';
import { warnGrowth } from './lint-life.ts';
import { localTime } from './local-time.ts';
import { couldMatchUnder, covers } from './pattern-cover.ts';
import type { Place, ProblemList } from './problems.ts';
import type { ReadRoute } from './read-route.ts';
import type { Route, Schedule } from './route.ts';
import { routesThatMayCover } from './route-index.ts';
import type { RunTemplate } from './run-template.ts';
import type { SourceNode } from './source-nodes.ts';
import { placeholdersOf } from './template.ts';

type ObjectRoute = Extract<ReadRoute, { kind: 'object' }>;

interface ReadSchedule {
  readonly schedule: Schedule;
  readonly node: SourceNode;
}

/** What only shows when the routes are seen together, and what is allowed but probably not meant. */
export function lintRoutes(
  {
    read,
    schedules,
    nowMs,
  }: {
    readonly read: readonly ReadRoute[];
    readonly schedules: readonly ReadSchedule[];
    readonly nowMs: number | undefined;
  },
  problems: ProblemList,
): void {
  const routes = read.filter((entry) => entry.kind === 'object');
  const byBucket = Map.groupBy(routes, ({ route }) => route.bucket);
  const writers = [
    ...read.map(({ route, node }) => ({ name: route.name, run: route.run, retry: route.retry, node })),
    ...schedules.map(({ schedule, node }) => ({
      name: schedule.name,
      run: schedule.run,
      retry: schedule.retry,
      node,
    })),
  ];
  for (const writer of writers) {
    checkLoop(writer, byBucket, problems);
    warnGrowth(writer.retry, writer.run, placeOf(writer.node, 'retry', 'storage'), problems);
  }
  for (const group of byBucket.values()) warnShadowed(group, problems);
  for (const { route, node } of routes) {
    warnUnused(route, placeOf(node, 'on', 'key'), problems);
    const strange = checkFileNames(route);
    if (strange !== undefined) {
      problems.warn(placeOf(node, 'on', 'key'), `the key of "${route.name}" ${strange.message}`, strange.suggestion);
    }
  }
  for (const entry of read) warnNotStarted(entry, problems);
  if (nowMs !== undefined) for (const entry of schedules) warnPast(entry, nowMs, problems);
}

/** A run whose outputs match a pattern would start the next run, and so on for as long as the account pays. */
function checkLoop(
  { name, run, node }: { name: string; run: RunTemplate; node: SourceNode },
  byBucket: ReadonlyMap<string, readonly ObjectRoute[]>,
  problems: ProblemList,
): void {
  const allowed = run.fromObject?.allow.outputUriPrefixes ?? [];
  for (const location of new Set([run.outputPrefix, ...allowed])) {
    const watcher = watcherOf(location, byBucket);
    if (watcher === undefined) continue;
    const where = `outputs of "${name}" under ${location} could match the key of route "${watcher.route.name}"`;
    problems.error(placeOf(node, 'run'), `${where} and start runs without end: write them elsewhere`);
  }
}

/** The first route that an object under `location` could start. */
function watcherOf(location: string, byBucket: ReadonlyMap<string, readonly ObjectRoute[]>): ObjectRoute | undefined {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/([\s\S]*)$/.exec(location) ?? [];
  if (bucket === undefined || prefix === undefined) return undefined;
  return byBucket.get(bucket)?.find(({ route }) => couldMatchUnder(route.pattern, prefix));
}

function warnShadowed(group: readonly ObjectRoute[], problems: ProblemList): void {
  const routes = group.map(({ route }) => route);
  const order = new Map(group.map((entry, index) => [entry.route, { entry, index }]));
  for (const [index, { route, node }] of group.entries()) {
    const earlier = routesThatMayCover(routes, route.bucket, route.pattern).find(
      (other) => (order.get(other)?.index ?? index) < index && takesAllOf(other, route),
    );
    const before = earlier === undefined ? undefined : order.get(earlier)?.entry;
    if (before === undefined) continue;
    const { name } = before.route;
    const first = `"${name}" (line ${before.node.place.line}) stands before it and matches every key of it`;
    problems.warn(placeOf(node, 'name'), `"${route.name}" can never match: ${first}`);
  }
}

/** Whether every drop that `later` could take is taken by `earlier`, as far as keys tell. */
function takesAllOf(earlier: Route, later: Route): boolean {
  if (earlier.except.length > 0 || earlier.when !== undefined || !covers(earlier.pattern, later.pattern)) return false;
  return earlier.gather?.needs.kind !== 'product' || covers(neededPattern(earlier), neededPattern(later));
}

/** The pattern of the keys that a set needs: a member with any other value is not taken. */
function neededPattern({ pattern, gather }: Route): KeyPattern {
  if (gather?.needs.kind !== 'product') return pattern;
  const needed = new Map(gather.needs.lists.map(({ name, values }) => [name, values.map(quoteRegex).sort().join('|')]));
  const parts = pattern.parts.map((part) =>
    part.kind === 'literal' ? part : { ...part, regex: needed.get(part.name) ?? part.regex },
  );
  return new KeyPattern(pattern.text, parts);
}

/** Routes that hand the whole object on need no wildcard: there they only describe the key. */
function warnUnused(route: Route, place: Place, problems: ProblemList): void {
  if (route.run.fromObject !== undefined || route.each !== undefined) return;
  const used = new Set([...route.except.map(({ name }) => name), ...(route.gather?.by ?? []), ...route.sensitive]);
  if (route.gather?.needs.kind === 'product') for (const { name } of route.gather.needs.lists) used.add(name);
  for (const template of route.run.members.values()) {
    for (const { name, where } of placeholdersOf(template)) {
      used.add(name);
      for (const [wildcard] of where ?? []) used.add(wildcard);
    }
  }
  for (const name of route.pattern.names) {
    if (used.has(name) || name.startsWith('_')) continue;
    const renamed = `call it {_${name}} if it only has to match`;
    problems.warn(place, `the wildcard {${name}} of "${route.name}" is used nowhere: ${renamed}`);
  }
}

function warnNotStarted({ kind, route, node }: ReadRoute, problems: ProblemList): void {
  if (kind !== 'outcome') return;
  const nothing = `this version of Rundrop does not start runs on outcomes: "${route.name}" starts nothing`;
  problems.warn(placeOf(node, 'on'), nothing);
}

/** EventBridge Scheduler promises no invocation for a time that has passed, and the laptop makes none. */
function warnPast({ schedule, node }: ReadSchedule, nowMs: number, problems: ProblemList): void {
  const { name, expression, timezone } = schedule;
  const at = /^at\((.*)\)$/.exec(expression)?.[1];
  if (at === undefined || at > localTime(nowMs, timezone).time) return;
  problems.warn(placeOf(node, 'at'), `"${name}" will never run: ${at} has passed in ${timezone}`);
}

/** Of the value under `keys`, as far as they lead. */
function placeOf(node: SourceNode, ...keys: readonly string[]): Place {
  let at = node;
  for (const key of keys) at = (at.kind === 'map' ? at.entries.get(key)?.node : undefined) ?? at;
  return at.place;
}
