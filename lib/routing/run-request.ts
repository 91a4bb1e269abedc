import { didYouMean } from './did-you-mean.ts';
import type { Drop } from './drop.ts';
import { fillMembers } from './fill-members.ts';
import { isRecord, type Json, kindOf } from './json.ts';
import { findJsonFault } from './json-position.ts';
import { localTime } from './local-time.ts';
import { show } from './problems.ts';
import type { Route } from './route.ts';
import { cutRunName } from './run-name.ts';
import type { Allow } from './run-template.ts';
import { checkMembers, checkStartRunRequest, RequestRefused, type StartRunRequest } from './start-run-request.ts';

/** The largest object that is read as a run request. Callers look at the drop's size before they fetch it. */
export const RUN_REQUEST_LIMIT_BYTES = 256 * 1024;

/** What a dropped request may say freely: it gives no rights that the route's own runs do not have. */
const FREE: ReadonlySet<string> = new Set([
  'name',
  'tags',
  'parameters',
  'priority',
  'storageType',
  'storageCapacity',
  'scratchStorageMode',
  'logLevel',
  'retentionMode',
  'workflowVersionName',
  'cacheBehavior',
]);

/** The list that allows a member which is not free. */
const LIST_OF: Readonly<Record<string, keyof Allow>> = {
  workflowId: 'workflowIds',
  workflowType: 'workflowTypes',
  roleArn: 'roleArns',
  runGroupId: 'runGroupIds',
  cacheId: 'cacheIds',
};

/**
 * Reads a dropped object as a StartRun request, over what the route gives. Its values are data: no placeholder in
 * them is filled. Throws RequestRefused: not JSON (and where), too large, not a StartRun request, or more than the
 * route allows.
 */
export function readRunRequest(route: Route, drop: Drop, body: string): StartRunRequest {
  const allow = route.run.fromObject?.allow;
  if (allow === undefined) throw new TypeError(`route ${route.name} does not take its request from the object`);
  const given = parseBody(drop, body);
  const unsound = checkMembers(given);
  if (unsound.length > 0) throw new RequestRefused(unsound);
  const wildcards = route.pattern.match(drop.key) ?? {};
  const own = fillMembers(route.run, {
    name: route.name,
    ...localTime(drop.timeMs, 'UTC'),
    bucket: drop.bucket,
    members: [{ drop, wildcards }],
  });
  const unallowed = Object.entries(given).flatMap(([name, value]) => sayUnallowed(name, value, { allow, own }) ?? []);
  if (unallowed.length > 0) throw new RequestRefused(unallowed);
  const request = overlay(own, given);
  const problems = checkStartRunRequest(request);
  if (problems.length > 0) throw new RequestRefused(problems);
  return request as unknown as StartRunRequest;
}

function parseBody(drop: Drop, body: string): Record<string, Json> {
  const sizeBytes = Math.max(
    drop.sizeBytes,
    new TextEncoder().encode(body.slice(0, RUN_REQUEST_LIMIT_BYTES + 1)).length,
  );
  if (sizeBytes > RUN_REQUEST_LIMIT_BYTES) {
    throw refuse(`a run request has at most ${RUN_REQUEST_LIMIT_BYTES} bytes, not ${sizeBytes}`);
  }
  const text = body.replace(/^\uFEFF/, '');
  if (text.trim() === '') throw refuse('the object is empty: a run request is a StartRun request as JSON');
  const value = parseJson(text);
  if (!isRecord(value)) throw refuse(`a run request is a JSON object, not ${kindOf(value)}`);
  return value as Record<string, Json>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const fault = findJsonFault(text);
    const where =
      fault === undefined ? '' : `: ${fault.expected} was expected at line ${fault.line}, column ${fault.column}`;
    throw new RequestRefused([`the object is not JSON${where}`]);
  }
}

function sayUnallowed(
  name: string,
  value: Json,
  { allow, own }: { allow: Allow; own: Readonly<Record<string, Json>> },
): string | undefined {
  if (FREE.has(name) || (Object.hasOwn(own, name) && own[name] === value)) return undefined;
  if (name === 'outputUri') return sayUnallowedOutput(String(value), allow.outputUriPrefixes);
  // Ids of private and of Ready2Run workflows are apart, so PRIVATE, the API's default, needs no permission of its own.
  if (name === 'workflowType' && value === 'PRIVATE' && !Object.hasOwn(own, name)) return undefined;
  const listName = LIST_OF[name];
  if (listName === undefined) return `${name} may not be chosen by a dropped request: the route must give it`;
  const list = allow[listName];
  if (typeof value === 'string' && list.includes(value)) return undefined;
  const meant = typeof value === 'string' ? didYouMean(value, list) : undefined;
  const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
  const listed = list.length === 0 ? 'lists none' : `lists ${list.join(', ')}`;
  return `${name} ${show(String(value))} is not allowed: allow.${listName} ${listed}${hint}`;
}

function sayUnallowedOutput(outputUri: string, prefixes: readonly string[]): string | undefined {
  if (/\/\.{1,2}(?:\/|$)/.test(outputUri))
    return `outputUri ${show(outputUri)} must not have '.' or '..' between slashes`;
  if (prefixes.some((prefix) => outputUri.startsWith(prefix))) return undefined;
  const listed = prefixes.length === 0 ? 'lists none' : `lists ${prefixes.join(', ')}`;
  return `outputUri ${show(outputUri)} is not allowed: allow.outputUriPrefixes ${listed}`;
}

/** The object's members over the route's; parameters and tags one by one. */
function overlay(own: Readonly<Record<string, Json>>, given: Readonly<Record<string, Json>>): Record<string, Json> {
  const request: Record<string, Json> = { ...own, ...given };
  for (const name of ['parameters', 'tags']) {
    const [under, over] = [own[name], given[name]];
    if (isRecord(under) && isRecord(over)) request[name] = { ...under, ...over } as Json;
  }
  const { name } = request;
  if (typeof name === 'string') request.name = cutRunName(name);
  return request;
}

function refuse(problem: string): RequestRefused {
  return new RequestRefused([problem]);
}
