import { parseYaml } from './parse-yaml.ts';
import { ProblemList, RouteFileError } from './problems.ts';
import type { RouteFile } from './route.ts';
import { routeFileOf } from './route-file-content.ts';

export { type Problem, RouteFileError } from './problems.ts';
export type { Each, Gather, Needs, OutcomeRoute, Route, RouteFile, Schedule, When } from './route.ts';
export type { Allow, RunTemplate } from './run-template.ts';

/** A route file may have 1,000 routes; this is several times that. */
const FILE_LIMIT_CHARACTERS = 4 * 1024 * 1024;
const START = { line: 1, column: 1, path: '' };

/**
 * Reads a route file. Throws RouteFileError with every problem, not only the first. `environment` fills in
 * `${env:NAME}`; `hash` is given the text and names this version of the file wherever a run is recorded.
 */
export function loadRouteFile(
  text: string,
  options: {
    fileName: string;
    environment: Readonly<Record<string, string | undefined>>;
    hash: (text: string) => string;
    /** Given where a person reads warnings: then a schedule whose time has passed is one. */
    nowMs?: number;
  },
): RouteFile {
  const { fileName, environment, hash, nowMs } = options;
  const problems = new ProblemList();
  if (text.length > FILE_LIMIT_CHARACTERS) {
    problems.error(START, `larger than ${FILE_LIMIT_CHARACTERS} characters`);
    throw new RouteFileError(fileName, problems.errors);
  }
  const parsed = parseYaml(text, { environment, problems });
  return routeFileOf(parsed, { fileName, hash: hash(text), nowMs, problems });
}
