/** Opaque page tokens. A token names the last item of its page, so pages stay right while items come and go. */
import { hash } from 'node:crypto';
import { invalid } from './errors.ts';

const DEFAULT_PAGE_SIZE = 100;

export interface PageRequest {
  readonly startingToken?: string | undefined;
  readonly maxResults?: number | undefined;
  /** The filters of the list: a token is good for the same filters only. */
  readonly filters?: readonly (string | undefined)[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken?: string;
}

/**
 * One page of `from(after)`, where `after` is the sequence number that the last page ended with.
 * @throws AwsError ValidationException for a token that this list did not give.
 */
export function pageOf<T>(
  request: PageRequest,
  from: (after: number | undefined) => Iterable<T>,
  sequenceOf: (item: T) => number,
): Page<T> {
  const seal = sealOf(request.filters ?? []);
  const after = request.startingToken === undefined ? undefined : openToken(request.startingToken, seal);
  const size = request.maxResults ?? DEFAULT_PAGE_SIZE;
  const items: T[] = [];
  for (const item of from(after)) {
    const last = items.at(-1);
    if (items.length === size && last !== undefined) {
      return { items, nextToken: Buffer.from(`${seal}.${sequenceOf(last)}`).toString('base64url') };
    }
    items.push(item);
  }
  return { items };
}

function openToken(token: string, seal: string): number {
  const [givenSeal, number = ''] = Buffer.from(token, 'base64url').toString('utf8').split('.');
  if (givenSeal === seal && /^\d{1,15}$/.test(number)) return Number(number);
  throw invalid('Invalid pagination token: startingToken was not returned by this list with the same filters');
}

function sealOf(filters: readonly (string | undefined)[]): string {
  return hash('sha256', JSON.stringify(filters), 'base64url').slice(0, 12);
}
