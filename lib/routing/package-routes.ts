/** Makes of a route file what a deployed function is given. Runs at package time only, since it needs YAML and RE2. */
import { compileRegex } from './compile-regex.ts';
import { KeyPattern } from './key-pattern.ts';
import type { PackagedRoutes } from './packaged-routes.ts';
import { parseYaml } from './parse-yaml.ts';
import { ProblemList } from './problems.ts';
import type { RouteFile } from './route.ts';

export { loadRouteFile } from './route-file.ts';

/** `routeFile` is what loadRouteFile made of the same text: so it is sound. */
export function packageRoutes(text: string, routeFile: RouteFile): PackagedRoutes {
  const written = parseYaml(text, new ProblemList());
  if (written === undefined) throw new TypeError('A route file that was loaded cannot be empty.');
  const regexes = [...patternsIn(routeFile)].flatMap(({ parts }) =>
    parts.flatMap((part) => (part.kind === 'wildcard' ? [part.regex] : [])),
  );
  const programs = [...new Set(regexes)].sort().map((regex) => [regex, compileRegex(regex)] as const);
  const timeZones = [...new Set(routeFile.schedules.map(({ timezone }) => timezone))].sort();
  return { hash: routeFile.hash, written, regexes: Object.fromEntries(programs), timeZones };
}

/** Every key pattern, wherever in a route it is. */
function patternsIn(value: unknown, found = new Set<KeyPattern>()): ReadonlySet<KeyPattern> {
  if (value instanceof KeyPattern) found.add(value);
  else if (value instanceof Map) for (const each of value.values()) patternsIn(each, found);
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) patternsIn(each, found);
  return found;
}
