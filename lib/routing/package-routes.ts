/** Makes of a route file what a deployed function is given. Runs at package time only, since it needs YAML and RE2. */
import { compileRegex } from './compile-regex.ts';
import { KeyPattern } from './key-pattern.ts';
import type { PackagedRoutes } from './packaged-routes.ts';
import type { RouteFile } from './route.ts';

export { ROLE_AT_DEPLOYMENT } from './packaged-routes.ts';
export { loadRouteFile } from './route-file.ts';

/** JSON of PackagedRoutes. `environment` is what `routeFile` was read with. */
export function packageRoutes(routeFile: RouteFile, environment: Readonly<Record<string, string | undefined>>): string {
  const regexes = [...patternsIn(routeFile)].flatMap(({ parts }) =>
    parts.flatMap((part) => (part.kind === 'wildcard' ? [part.regex] : [])),
  );
  const programs = [...new Set(regexes)].sort().map((regex) => [regex, compileRegex(regex)] as const);
  const packaged: Readonly<Record<keyof PackagedRoutes, unknown>> = {
    routeFile: { ...routeFile, warnings: [] },
    environment: Object.fromEntries(routeFile.environmentNames.map((name) => [name, environment[name] || null])),
    regexes: Object.fromEntries(programs),
  };
  return JSON.stringify(packaged, (_, value: unknown) => (value instanceof Map ? [...value] : withoutMatcher(value)));
}

function withoutMatcher(value: unknown): unknown {
  return value instanceof KeyPattern ? { text: value.text, parts: value.parts } : value;
}

/** Every key pattern, wherever in a route it is. */
function patternsIn(value: unknown, found = new Set<KeyPattern>()): ReadonlySet<KeyPattern> {
  if (value instanceof KeyPattern) found.add(value);
  else if (value instanceof Map) for (const each of value.values()) patternsIn(each, found);
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) patternsIn(each, found);
  return found;
}
