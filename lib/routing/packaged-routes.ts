/**
 * The route file as a deployed function is given it: read, checked and its regexes compiled when it was packaged. A start
 * neither parses it nor carries the code that does.
 */
import { learnRegexes } from './compiled-regex.ts';
import { KeyPattern } from './key-pattern.ts';
import type { RegexPrograms } from './regex-program.ts';
import type { Gather, OutcomeRoute, Route, RouteFile, Schedule } from './route.ts';
import type { RunTemplate } from './run-template.ts';
import type { ValueTemplate } from './template.ts';

/** What JSON can hold of it: a pattern as its text and parts, a map as its entries. */
export type Packaged<T> = T extends KeyPattern
  ? Pick<KeyPattern, 'text' | 'parts'>
  : T extends ValueTemplate
    ? T
    : T extends ReadonlyMap<infer Key, infer Value>
      ? readonly (readonly [Key, Packaged<Value>])[]
      : T extends readonly (infer Item)[]
        ? readonly Packaged<Item>[]
        : T extends object
          ? { readonly [Name in keyof T]: Packaged<T[Name]> }
          : T;

/** JSON. */
export interface PackagedRoutes {
  readonly routeFile: Packaged<RouteFile>;
  /** Each variable that the file names, with the value that it was read with; null for one that had none. */
  readonly environment: Readonly<Record<string, string | null>>;
  readonly regexes: RegexPrograms;
}

/** The one value that may be given as late as at deployment. Until then a role that nobody has stands in its place. */
export const ROLE_AT_DEPLOYMENT = {
  variable: 'HEALTHOMICS_ROLE_ARN',
  standIn: 'arn:aws:iam::000000000000:role/HealthOmicsRoleArn',
} as const;

/** The function's environment is no longer the one that the route file was read with. */
export class EnvironmentChanged extends Error {
  override readonly name = 'EnvironmentChanged';
  constructor(fileName: string, names: readonly string[]) {
    super(
      `${fileName} was packaged with another value of ${names.join(', ')} than this function has: package and deploy again, with the values that it is to have`,
    );
  }
}

/**
 * What loadRouteFile made of the file, without the warnings, which were given when it was packaged. `text` is the JSON of
 * PackagedRoutes. Throws EnvironmentChanged.
 */
export function loadPackagedRoutes(
  text: string,
  { fileName, environment }: { fileName: string; environment: Readonly<Record<string, string | undefined>> },
): RouteFile {
  const role = JSON.stringify(environment[ROLE_AT_DEPLOYMENT.variable] ?? '').slice(1, -1);
  const packaged = JSON.parse(text.replaceAll(ROLE_AT_DEPLOYMENT.standIn, () => role)) as PackagedRoutes;
  const changed = Object.entries(packaged.environment).filter(([name, value]) => value !== (environment[name] || null));
  if (changed.length > 0)
    throw new EnvironmentChanged(
      fileName,
      changed.map(([name]) => name),
    );
  learnRegexes(packaged.regexes);
  const { routeFile } = packaged;
  return {
    ...routeFile,
    routes: routeFile.routes.map(routeOf),
    outcomeRoutes: routeFile.outcomeRoutes.map((route): OutcomeRoute => ({ ...route, run: runOf(route.run) })),
    schedules: routeFile.schedules.map((schedule): Schedule => ({ ...schedule, run: runOf(schedule.run) })),
  };
}

function routeOf({ gather, ...route }: Packaged<Route>): Route {
  return {
    ...route,
    run: runOf(route.run),
    pattern: patternOf(route.pattern),
    ...(gather === undefined ? {} : { gather: gatherOf(gather) }),
  };
}

function gatherOf(gather: Packaged<Gather>): Gather {
  const { needs } = gather;
  return { ...gather, needs: needs.kind === 'marker' ? { ...needs, pattern: patternOf(needs.pattern) } : needs };
}

function runOf(run: Packaged<RunTemplate>): RunTemplate {
  return { ...run, members: new Map(run.members) };
}

function patternOf({ text, parts }: Packaged<KeyPattern>): KeyPattern {
  return new KeyPattern(text, parts);
}
