/** Which operation a method and a path mean. */
import { AwsError } from '../../aws-error.ts';
import type { Model, OperationModel } from './model.ts';

export interface RouteMatch {
  readonly name: string;
  readonly operation: OperationModel;
  /** URI labels, percent-decoded. */
  readonly labels: Readonly<Record<string, string>>;
}

interface Route {
  readonly name: string;
  readonly operation?: OperationModel;
  readonly segments: readonly string[];
}

export interface RouteTable {
  /** @throws AwsError UnknownOperationException (404, or 501 when HealthOmics has the operation and the emulator has not). */
  match(method: string, path: string): RouteMatch;
}

const LONGEST_PATH_CHARACTERS = 4096;

export function createRouteTable(model: Model): RouteTable {
  const routes = new Map<string, Route[]>();
  const add = (method: string, uri: string, route: Omit<Route, 'segments'>) => {
    const segments = uri.split('/').slice(1);
    const key = `${method} ${segments[0] ?? ''}`;
    const list = routes.get(key) ?? [];
    list.push({ ...route, segments });
    routes.set(key, list);
  };
  for (const [name, operation] of Object.entries(model.operations)) {
    add(operation.method, operation.uri, { name, operation });
  }
  for (const [name, place] of Object.entries(model.notOffered)) {
    const [method = '', uri = ''] = place.split(' ');
    add(method, uri, { name });
  }
  for (const list of routes.values()) list.sort((a, b) => fixedSegments(b) - fixedSegments(a));
  return { match: (method, path) => matchPath(routes, method, path) };
}

/** A route with more fixed segments wins: /runBatch/cancel before /runBatch/{batchId}. */
function fixedSegments(route: Route): number {
  return route.segments.filter((segment) => !isLabel(segment)).length;
}

function matchPath(routes: ReadonlyMap<string, readonly Route[]>, method: string, path: string): RouteMatch {
  if (path.length > LONGEST_PATH_CHARACTERS) throw unknownOperation(method, `${path.slice(0, 80)}…`);
  const segments = joinPlainArn(path.split('/').slice(1));
  for (const route of routes.get(`${method} ${segments[0] ?? ''}`) ?? []) {
    if (!fits(route.segments, segments)) continue;
    if (route.operation === undefined) throw notOffered(route.name);
    return { name: route.name, operation: route.operation, labels: decodeLabels(route.segments, segments) };
  }
  throw unknownOperation(method, path.slice(0, 200));
}

/** Some clients send the ARN after /tags/ with its slashes as they are. */
function joinPlainArn(segments: readonly string[]): readonly string[] {
  return segments[0] === 'tags' && segments.length > 2 ? ['tags', segments.slice(1).join('/')] : segments;
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.length === segments.length && pattern.every((part, i) => isLabel(part) || part === segments[i]);
}

function isLabel(segment: string): boolean {
  return segment.startsWith('{');
}

function decodeLabels(pattern: readonly string[], segments: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [i, part] of pattern.entries()) {
    if (isLabel(part)) labels[part.slice(1, -1)] = decodeSegment(segments[i] ?? '');
  }
  return labels;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new AwsError('ValidationException', 'The request path is not validly percent-encoded.', { cause });
  }
}

function unknownOperation(method: string, path: string): AwsError {
  return new AwsError('UnknownOperationException', `HealthOmics has no operation ${method} ${path}.`, {
    statusCode: 404,
  });
}

function notOffered(name: string): AwsError {
  const message = `The HealthOmics operation ${name} is not offered by this laptop AWS, which plays workflow runs only.`;
  return new AwsError('UnknownOperationException', message, { statusCode: 501 });
}
