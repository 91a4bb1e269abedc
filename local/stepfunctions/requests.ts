/** Reads the members of a request, and pages its answer. */
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import { isObject } from './paths.ts';

const MOST_RESULTS = 1000;
const DEFAULT_RESULTS = 100;

/** @throws AwsError `ValidationException` */
export function requiredText(request: JsonObject, member: string): string {
  const value = request[member];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(member, value, 'Member must not be null or empty');
}

/** @throws AwsError `ValidationException` */
export function optionalText(request: JsonObject, member: string, mostCharacters: number): string | undefined {
  const value = request[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length <= mostCharacters) return value;
  throw invalid(member, value, `Member must be a string with a length of at most ${mostCharacters}`);
}

/** @throws AwsError `ValidationException` */
export function oneOf<Value extends string>(
  request: JsonObject,
  member: string,
  allowed: readonly Value[],
): Value | undefined {
  const value = request[member];
  if (value === undefined || value === null) return undefined;
  const found = allowed.find((known) => known === value);
  if (found !== undefined) return found;
  throw invalid(member, value, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
}

/** AWS's `[{ key, value }]`. @throws AwsError `ValidationException` */
export function tagsOf(request: JsonObject): Record<string, string> {
  const list = request.tags ?? [];
  if (!Array.isArray(list) || !list.every((tag) => isObject(tag) && typeof tag.key === 'string')) {
    throw invalid('tags', list, 'Member must be a list of key and value');
  }
  return Object.fromEntries(list.map((tag: JsonObject) => [String(tag.key), String(tag.value ?? '')]));
}

/**
 * One page of `items`, and the token of the next. Tokens belong to a listing: `scope` says which.
 * `position` gives each item a number that falls or rises through the whole listing.
 * @throws AwsError `InvalidToken`
 */
export function page<Item>(
  request: JsonObject,
  listing: { readonly scope: string; readonly items: readonly Item[]; readonly position: (item: Item) => number },
): { items: readonly Item[]; next: { nextToken?: string } } {
  const { scope, items, position } = listing;
  const most = request.maxResults ?? 0;
  if (typeof most !== 'number' || !Number.isInteger(most) || most < 0 || most > MOST_RESULTS) {
    throw invalid('maxResults', most, `Member must be a whole number from 0 to ${MOST_RESULTS}`);
  }
  const after =
    request.nextToken === undefined || request.nextToken === null ? undefined : readToken(request.nextToken, scope);
  const start = after === undefined ? 0 : startAfter(items.map(position), after);
  const some = items.slice(start, start + (most === 0 ? DEFAULT_RESULTS : most));
  const last = some.at(-1);
  if (last === undefined || start + some.length >= items.length) return { items: some, next: {} };
  const token = Buffer.from(JSON.stringify([scope, position(last)])).toString('base64url');
  return { items: some, next: { nextToken: token } };
}

/** The first item beyond `after`, which itself may be gone by now. */
function startAfter(positions: readonly number[], after: number): number {
  const falling = (positions[0] ?? 0) > (positions.at(-1) ?? 0);
  const found = positions.findIndex((position) => (falling ? position < after : position > after));
  return found === -1 ? positions.length : found;
}

function readToken(token: unknown, scope: string): number {
  try {
    const [madeFor, after] = JSON.parse(Buffer.from(String(token), 'base64url').toString('utf8')) as [unknown, unknown];
    if (madeFor === scope && typeof after === 'number') return after;
  } catch {
    // said below, for every token that is not one of ours
  }
  throw new AwsError('InvalidToken', "Invalid Token: 'The nextToken does not belong to this request'");
}

function invalid(member: string, value: unknown, constraint: string): AwsError {
  const shown = String(JSON.stringify(value)).slice(0, 200);
  const message = `1 validation error detected: Value ${shown} at '${member}' failed to satisfy constraint: ${constraint}`;
  return new AwsError('ValidationException', message);
}
