/** One HTTP exchange: request in, operation run, modelled answer or modelled error out. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../../aws-error.ts';
import { readBody } from '../../http-body.ts';
import { bindInput } from './bind-input.ts';
import type { Model } from './model.ts';
import type { RouteMatch, RouteTable } from './route-table.ts';
import { shapeOutput } from './shape-output.ts';

export type Input = Readonly<Record<string, unknown>>;

/** What an operation may know of the call beyond its input. */
export interface Call {
  /** The Host header, for links back to this server. */
  readonly host: string;
}

export type OperationHandler = (input: Input, call: Call) => object | undefined | Promise<object | undefined>;
export type OperationHandlers = Readonly<Record<string, OperationHandler>>;

/** Told to happen to one call. `before` throws in the operation's stead; `after` happens once it has taken effect. */
export interface CallFault {
  before?(): void;
  after?(): 'cut' | undefined;
}

export interface AnswerOptions {
  readonly model: Model;
  readonly routes: RouteTable;
  readonly handlers: OperationHandlers;
  /** Asked once for each recognised call, before its input is looked at. */
  readonly faultFor: (operationName: string) => CallFault;
  readonly report: (line: string) => void;
}

/** A workflow definition may be 4 MiB of zip, which is 5.6 MB in base64. */
const BODY_LIMIT_BYTES = 6 * 1024 * 1024;

const NO_BODY = Buffer.alloc(0);

/** Always ends the response. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: AnswerOptions,
): Promise<void> {
  try {
    const url = splitUrl(request.url ?? '/');
    const match = options.routes.match(request.method ?? 'GET', url.path);
    const body = hasBody(request) ? await readBody(request, BODY_LIMIT_BYTES) : NO_BODY;
    const fault = options.faultFor(match.name);
    fault.before?.();
    const contentType = request.headers['content-type'];
    const input = bindInput(options.model, match, { contentType, query: new URLSearchParams(url.query), body });
    const output = await handlerOf(options.handlers, match)(input, { host: request.headers.host ?? 'localhost' });
    if (fault.after?.() === 'cut') response.destroy();
    else sendOutput(response, options.model, match, output);
  } catch (error) {
    sendError(response, error instanceof AwsError ? error : unexpected(error, request, options));
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

function handlerOf(handlers: OperationHandlers, match: RouteMatch): OperationHandler {
  const handler = Object.hasOwn(handlers, match.name) ? handlers[match.name] : undefined;
  if (handler !== undefined) return handler;
  const message = `The HealthOmics operation ${match.name} is not offered by this laptop AWS.`;
  throw new AwsError('UnknownOperationException', message, { statusCode: 501 });
}

function sendOutput(response: ServerResponse, model: Model, match: RouteMatch, output: object | undefined): void {
  const { status, output: shapeName } = match.operation;
  response.setHeader('x-amzn-requestid', randomUUID());
  if (shapeName === undefined || status === 204) {
    response.writeHead(status, { 'content-length': 0 }).end();
    return;
  }
  sendJson(response, status, JSON.stringify(shapeOutput(model, shapeName, output ?? {})));
}

function sendError(response: ServerResponse, error: AwsError): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.setHeader('x-amzn-errortype', error.code);
  response.setHeader('x-amzn-requestid', randomUUID());
  sendJson(response, error.statusCode, JSON.stringify({ message: error.message, ...error.members }));
}

/** A text, unlike a Buffer, goes out in one write with the headers. */
function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function unexpected(error: unknown, request: IncomingMessage, options: AnswerOptions): AwsError {
  if (request.destroyed && !request.complete)
    return new AwsError('RequestTimeoutException', 'The request ended early.', { statusCode: 408 });
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  options.report(`HealthOmics: ${request.method} ${request.url?.slice(0, 200)} failed: ${detail}`);
  return new AwsError('InternalServerException', 'HealthOmics on this laptop AWS failed; its output says why.', {
    statusCode: 500,
  });
}
