/**
 * The AWS JSON protocol (`X-Amz-Target: Service.Operation`, a JSON object each way) that Step Functions, EventBridge
 * and Service Quotas speak.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import { readBody } from './http-body.ts';

export type JsonObject = Record<string, unknown>;
export type JsonOperations = Readonly<Record<string, (input: JsonObject) => JsonObject | Promise<JsonObject>>>;

export interface AwsJsonOptions {
  /** For error messages, for example `Step Functions`. */
  readonly serviceName: string;
  readonly version: '1.0' | '1.1';
  readonly operations: JsonOperations;
  readonly bodyLimitBytes?: number;
  readonly report: (line: string) => void;
}

const DEFAULT_BODY_LIMIT_BYTES = 2 * 1024 * 1024;

/** Answers one request from a table of operations; what is not in the table is an UnknownOperationException that names it. */
export async function answerAwsJson(
  request: IncomingMessage,
  response: ServerResponse,
  options: AwsJsonOptions,
): Promise<void> {
  const contentType = `application/x-amz-json-${options.version}`;
  try {
    const target = String(request.headers['x-amz-target'] ?? '');
    const body = await readBody(request, options.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES);
    const operation = findOperation(target, options);
    send(response, 200, contentType, await operation(parseObject(body)));
  } catch (error) {
    const known = error instanceof AwsError ? error : unexpected(error, options);
    response.setHeader('x-amzn-errortype', known.code);
    send(response, known.statusCode, contentType, { __type: known.code, message: known.message, ...known.members });
  }
}

function findOperation(target: string, options: AwsJsonOptions) {
  const name = target.slice(target.indexOf('.') + 1);
  const operation = Object.hasOwn(options.operations, name) ? options.operations[name] : undefined;
  if (operation !== undefined) return operation;
  const what = target === '' ? 'A request without an X-Amz-Target header' : `The operation ${name}`;
  throw new AwsError(
    'UnknownOperationException',
    `${what} is not offered by ${options.serviceName} on this laptop AWS.`,
  );
}

function parseObject(body: Buffer): JsonObject {
  let value: unknown;
  try {
    value = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new AwsError('SerializationException', 'The request body is not JSON.', { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AwsError('SerializationException', 'The request body is not a JSON object.');
  }
  return value as JsonObject;
}

function unexpected(error: unknown, options: AwsJsonOptions): AwsError {
  options.report(`${options.serviceName}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new AwsError('InternalFailure', `${options.serviceName} on this laptop AWS failed; its output says why.`, {
    statusCode: 500,
  });
}

function send(response: ServerResponse, statusCode: number, contentType: string, value: JsonObject): void {
  response.writeHead(statusCode, { 'content-type': contentType, 'x-amzn-requestid': randomUUID() });
  response.end(JSON.stringify(value));
}
