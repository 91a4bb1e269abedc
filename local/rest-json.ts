/** The REST-JSON protocol (an operation is a method and a path, JSON bodies) that Scheduler and Lambda speak. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import type { JsonObject } from './aws-json.ts';
import { readBody } from './http-body.ts';

export interface RestRequest {
  /** The path's `{Names}`, percent-decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface RestAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is, an object as JSON. */
  readonly body?: JsonObject | string;
}

export interface RestRoute {
  readonly operation: string;
  readonly method: string;
  /** For example `/schedules/{Name}`. */
  readonly path: string;
  /** Absent: AWS has the operation, this laptop does not, and the error says so by its name. */
  readonly answer?: (request: RestRequest) => RestAnswer | Promise<RestAnswer>;
}

export interface RestJsonOptions {
  /** For error messages, for example `Lambda`. */
  readonly serviceName: string;
  readonly routes: readonly RestRoute[];
  readonly bodyLimitBytes: number;
  readonly report: (line: string) => void;
}

/** Answers one request from a table of routes; what is not in it is an UnknownOperationException that names it. */
export async function answerRestJson(
  request: IncomingMessage,
  response: ServerResponse,
  options: RestJsonOptions,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { route, path } = findRoute(request.method ?? 'GET', url.pathname, options);
    const body = await readBody(request, options.bodyLimitBytes);
    send(response, await route({ path, query: url.searchParams, headers: request.headers, body }));
  } catch (error) {
    const known = error instanceof AwsError ? error : unexpected(error, options);
    const headers = { 'x-amzn-errortype': known.code };
    send(response, { statusCode: known.statusCode, headers, body: { message: known.message, ...known.members } });
  }
}

/** The body as a JSON object; an empty body is an empty object. */
export function jsonBody(request: RestRequest): JsonObject {
  if (request.body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString('utf8'));
  } catch (error) {
    throw new AwsError('SerializationException', 'The request body is not JSON.', { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}

function findRoute(method: string, pathname: string, options: RestJsonOptions) {
  const segments = pathname.replace(/\/+$/, '').split('/').map(decode);
  for (const route of options.routes) {
    const path = route.method === method ? matchPath(route.path.split('/'), segments) : undefined;
    if (path === undefined) continue;
    if (route.answer !== undefined) return { route: route.answer, path };
    throw notOffered(`The operation ${route.operation}`, options.serviceName);
  }
  throw notOffered(`The operation at ${method} ${pathname}`, options.serviceName);
}

function notOffered(what: string, serviceName: string): AwsError {
  return new AwsError('UnknownOperationException', `${what} is not offered by ${serviceName} on this laptop AWS.`, {
    statusCode: 404,
  });
}

function matchPath(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const path: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith('{') && segment !== '') path[part.slice(1, -1)] = segment;
    else if (part !== segment) return undefined;
  }
  return path;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    throw new AwsError('ValidationException', 'The path of the request is not percent-encoded UTF-8.', {
      cause: error,
    });
  }
}

function unexpected(error: unknown, options: RestJsonOptions): AwsError {
  options.report(`${options.serviceName}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new AwsError(
    'InternalServerException',
    `${options.serviceName} on this laptop AWS failed; its output says why.`,
    {
      statusCode: 500,
    },
  );
}

function send(response: ServerResponse, answer: RestAnswer): void {
  const text = typeof answer.body === 'object' ? JSON.stringify(answer.body) : (answer.body ?? '');
  const type = answer.body === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(answer.statusCode, { ...type, 'x-amzn-requestid': randomUUID(), ...answer.headers });
  response.end(text);
}
