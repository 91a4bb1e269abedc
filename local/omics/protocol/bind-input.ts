/** Collects the members of an operation's input from the URI labels, the query string and the body. */
import { AwsError } from '../../aws-error.ts';
import { type Model, shapeOf, structureOf } from './model.ts';
import type { RouteMatch } from './route-table.ts';
import { validateInput, validationError } from './validate.ts';

export interface WireRequest {
  readonly contentType: string | undefined;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

/**
 * @throws AwsError SerializationException (not JSON), UnsupportedMediaTypeException (415, a body of another content
 * type), ValidationException (breaks a rule of the model).
 */
export function bindInput(model: Model, match: RouteMatch, request: WireRequest): Record<string, unknown> {
  const structure = structureOf(model, match.operation.input);
  const members = Object.entries(structure.members);
  const fromBody = members.some(([, member]) => member.in === undefined);
  const given: Record<string, unknown> = fromBody ? { ...parseBody(request) } : {};
  for (const [name, member] of members) {
    if (member.in === 'uri') given[name] = match.labels[member.as ?? name];
    if (member.in === 'querystring')
      given[name] = queryValue(model, name, member.shape, request.query.getAll(member.as ?? name));
  }
  return validateInput(model, match.operation.input, given);
}

function parseBody(request: WireRequest): Record<string, unknown> {
  if (request.body.length === 0) return {};
  const mediaType = (request.contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    const message = `The content type ${mediaType} is not supported; send application/json.`;
    throw new AwsError('UnsupportedMediaTypeException', message, { statusCode: 415 });
  }
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString('utf8'));
  } catch (cause) {
    throw new AwsError('SerializationException', 'The request body is not JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AwsError('SerializationException', 'The request body is not a JSON object.');
  }
  return value as Record<string, unknown>;
}

function queryValue(model: Model, name: string, shapeName: string, values: readonly string[]): unknown {
  const [first] = values;
  if (first === undefined) return undefined;
  const shape = shapeOf(model, shapeName);
  if (shape.type === 'list') return values;
  if (shape.type !== 'integer') return first;
  if (!/^-?\d{1,15}$/.test(first)) {
    throw validationError([
      `Value '${first.slice(0, 100)}' at '${name}' failed to satisfy constraint: Member must be an integer`,
    ]);
  }
  return Number(first);
}
