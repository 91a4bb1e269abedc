import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-error.ts';
import type { FauxqsSystemMetadata } from '../fauxqs-app.ts';

const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';
const USER_METADATA_LIMIT_BYTES = 2048;

export interface ObjectMetadata {
  readonly contentType: string;
  readonly user: Record<string, string>;
  readonly system: FauxqsSystemMetadata;
}

/** What a PUT's headers say about the object. @throws AwsError MetadataTooLarge */
export function metadataIn(headers: IncomingHttpHeaders): ObjectMetadata {
  const user: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-meta-') || typeof value !== 'string') continue;
    user[name.slice('x-amz-meta-'.length)] = value;
    bytes += name.length - 'x-amz-meta-'.length + value.length;
  }
  if (bytes > USER_METADATA_LIMIT_BYTES) {
    throw new AwsError('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size');
  }
  const encoding = String(headers['content-encoding'] ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== 'aws-chunked')
    .join(',');
  const text = (name: string) => (typeof headers[name] === 'string' ? String(headers[name]) : '');
  const system = {
    contentLanguage: text('content-language'),
    contentDisposition: text('content-disposition'),
    cacheControl: text('cache-control'),
    contentEncoding: encoding,
  };
  return {
    contentType: headers['content-type'] ?? DEFAULT_CONTENT_TYPE,
    user,
    system: Object.fromEntries(Object.entries(system).filter(([, value]) => value !== '')),
  };
}

/** Headers that would change what is stored or who may read it, in ways that are not offered here. */
const REFUSED_HEADERS = [
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-legal-hold',
  'x-amz-website-redirect-location',
  'x-amz-write-offset-bytes',
];

/** @throws AwsError NotImplemented that names the header */
export function refuseHeaders(headers: IncomingHttpHeaders): void {
  const refused = REFUSED_HEADERS.find((name) => headers[name] !== undefined);
  if (refused === undefined) return;
  throw new AwsError('NotImplemented', `S3 on a laptop does not take the header ${refused}: leave it out.`, {
    statusCode: 501,
  });
}

/** The `x-amz-tagging` header: a query string. */
export function tagsIn(header: string | string[] | undefined): Record<string, string> | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  return checkTags([...new URLSearchParams(header)]);
}

/** @throws AwsError InvalidTag, BadRequest as S3 does */
export function checkTags(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  if (pairs.length > 10) throw new AwsError('BadRequest', 'Object tags cannot be greater than 10');
  for (const [key, value] of pairs) {
    if (key === '' || key.length > 128 || value.length > 256) {
      throw new AwsError('InvalidTag', 'A tag has a key of 1 to 128 and a value of up to 256 characters.');
    }
  }
  const tags = Object.fromEntries(pairs);
  if (Object.keys(tags).length < pairs.length) {
    throw new AwsError('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  return tags;
}
