/** What the nodes of a route file say, checked. */
import { didYouMean } from './did-you-mean.ts';
import { lintRoutes } from './lint-routes.ts';
import type { ParsedYaml } from './parse-yaml.ts';
import { type ProblemList, RouteFileError } from './problems.ts';
import { readPrune } from './read-prune.ts';
import { type ReadRoute, readRoute } from './read-route.ts';
import { checkKey } from './read-run.ts';
import { readSchedule } from './read-schedule.ts';
import { readGroup, readMap } from './read-values.ts';
import type { RouteFile, Schedule } from './route.ts';
import type { Entry, MapNode, SourceNode } from './source-nodes.ts';

const START = { line: 1, column: 1, path: '' };

/** Throws RouteFileError with every problem, those that are listed already included. */
export function routeFileOf(
  parsed: ParsedYaml | undefined,
  options: { fileName: string; hash: string; nowMs: number | undefined; problems: ProblemList },
): RouteFile {
  const { fileName, hash, nowMs, problems } = options;
  if (parsed === undefined && problems.errors.length === 0) {
    problems.error(START, 'the file is empty: it begins with `version: 1` and lists `routes`');
  }
  const content = parsed === undefined ? undefined : readRoot(parsed.root, nowMs, problems);
  if (parsed === undefined || content === undefined || problems.errors.length > 0) {
    throw new RouteFileError(fileName, problems.errors);
  }
  return { hash, ...content, warnings: problems.warnings, environmentNames: parsed.environmentNames };
}

type Content = Pick<RouteFile, 'routes' | 'outcomeRoutes' | 'schedules' | 'prune'>;

export const FILE_KEYS = ['version', 'defaults', 'routes', 'schedules', 'prune'] as const;

function readRoot(root: SourceNode, nowMs: number | undefined, problems: ProblemList): Content | undefined {
  const entries = readGroup(root, { known: FILE_KEYS }, problems);
  if (entries === undefined) return undefined;
  readVersion(entries.get('version'), root, problems);
  const defaults = readDefaults(entries.get('defaults'), problems);
  const read = readList(entries.get('routes'), problems).flatMap((node) => readRoute(node, defaults, problems) ?? []);
  const schedules = readList(entries.get('schedules'), problems).flatMap((node) => {
    const schedule = readSchedule(node, defaults, problems);
    return schedule === undefined ? [] : [{ schedule, node }];
  });
  if (isEmpty(entries.get('routes')) && isEmpty(entries.get('schedules'))) {
    const place = entries.get('routes')?.node.place ?? entries.get('schedules')?.node.place ?? root.place;
    problems.error(place, 'neither a route nor a schedule: nothing could start a run');
  }
  checkNames([...read.map(({ route, node }) => ({ name: route.name, node })), ...schedules.map(named)], problems);
  checkUpstream(read, problems);
  const prune = readPrune(entries.get('prune'), problems);
  lintRoutes({ read, schedules, nowMs }, problems);
  return {
    routes: read.flatMap((entry) => (entry.kind === 'object' ? [entry.route] : [])),
    outcomeRoutes: read.flatMap((entry) => (entry.kind === 'outcome' ? [entry.route] : [])),
    schedules: schedules.map(({ schedule }) => schedule),
    ...(prune === undefined ? {} : { prune }),
  };
}

function named({ schedule, node }: { schedule: Schedule; node: SourceNode }): { name: string; node: SourceNode } {
  return { name: schedule.name, node };
}

function readVersion(entry: Entry | undefined, root: SourceNode, problems: ProblemList): void {
  if (entry === undefined) problems.error(root.place, 'the version is missing: the file begins with `version: 1`');
  else if (entry.node.kind !== 'scalar' || entry.node.text !== '1') {
    problems.error(entry.node.place, 'this version of Rundrop reads route files of version 1', '1');
  }
}

function readDefaults(entry: Entry | undefined, problems: ProblemList): MapNode | undefined {
  if (entry === undefined) return undefined;
  const map = readMap(entry.node, problems);
  for (const { key, keyPlace } of map?.entries.values() ?? []) checkKey(key, keyPlace, problems, []);
  return map;
}

function readList(entry: Entry | undefined, problems: ProblemList): readonly SourceNode[] {
  if (entry === undefined) return [];
  if (entry.node.kind === 'list') return entry.node.items;
  problems.error(entry.node.place, "must be a list, each entry beginning with '-'");
  return [];
}

function isEmpty(entry: Entry | undefined): boolean {
  return entry === undefined || (entry.node.kind === 'list' && entry.node.items.length === 0);
}

function checkNames(owners: readonly { name: string; node: SourceNode }[], problems: ProblemList): void {
  const first = new Map<string, SourceNode>();
  for (const { name, node } of owners) {
    const before = first.get(name);
    if (before === undefined) first.set(name, node);
    else problems.error(namePlace(node), `the name "${name}" is taken: see line ${namePlace(before).line}`);
  }
}

function namePlace(node: SourceNode): SourceNode['place'] {
  const entry = node.kind === 'map' ? node.entries.get('name') : undefined;
  return entry?.node.place ?? node.place;
}

/** A route that starts on an outcome names a route that exists, and never, however indirectly, its own. */
function checkUpstream(read: readonly ReadRoute[], problems: ProblemList): void {
  const names = read.map(({ route }) => route.name);
  const upstream = new Map(
    read.flatMap(({ kind, route }) => (kind === 'outcome' ? [[route.name, route.upstream.route] as const] : [])),
  );
  for (const { kind, route, node } of read) {
    if (kind !== 'outcome') continue;
    const wanted = route.upstream.route;
    if (!names.includes(wanted)) {
      problems.error(node.place, `on.route: there is no route "${wanted}"`, didYouMean(wanted, names));
    }
    let at: string | undefined = wanted;
    for (let steps = 0; at !== undefined && steps <= upstream.size; steps += 1) {
      if (at === route.name) {
        problems.error(node.place, `"${route.name}" would start on its own outcome, without end`);
        break;
      }
      at = upstream.get(at);
    }
  }
}
