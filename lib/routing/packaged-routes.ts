/** The route file as a deployed function is given it: parsed and its regexes compiled when it was packaged. */
import { learnRegexes } from './compiled-regex.ts';
import type { RegexPrograms } from './regex-program.ts';
import type { RouteFile } from './route.ts';
import { routeFileOf } from './route-file-content.ts';
import type { WrittenNode } from './source-nodes.ts';
import { learnTimeZones } from './time-zones.ts';

/** JSON. Environment variables are not in it yet: they are the function's. */
export interface PackagedRoutes {
  /** Of the file's text. */
  readonly hash: string;
  readonly written: WrittenNode;
  readonly regexes: RegexPrograms;
  /** Those of the schedules. */
  readonly timeZones: readonly string[];
}

/** Says and refuses what loadRouteFile says and refuses of the file itself. */
export function loadPackagedRoutes(
  { hash, written, regexes, timeZones }: PackagedRoutes,
  options: { fileName: string; environment: Readonly<Record<string, string | undefined>> },
): RouteFile {
  learnRegexes(regexes);
  learnTimeZones(timeZones);
  return routeFileOf(written, { ...options, hash });
}
