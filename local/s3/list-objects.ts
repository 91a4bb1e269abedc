import { AwsError } from '../aws-error.ts';
import type { FauxqsObject } from '../fauxqs-app.ts';
import { xmlAnswer } from './put-object.ts';
import type { S3Answer, S3Request, S3State } from './s3-request.ts';
import { xmlDocument, xmlElement } from './xml.ts';

const MOST_KEYS = 1000;

interface Page {
  readonly objects: readonly FauxqsObject[];
  readonly prefixes: readonly string[];
  /** The last key or prefix of the page, when more follow. */
  readonly last: string | undefined;
}

/** ListObjects and ListObjectsV2. Fauxqs sorts by locale and pages by code unit, which loses keys between pages. */
export function listObjects(state: S3State, request: S3Request): S3Answer {
  const { query } = request;
  const second = query['list-type'] === '2';
  const token = query['continuation-token'];
  const after = second ? (token === undefined ? query['start-after'] : tokenOf(token)) : query.marker;
  const prefix = query.prefix ?? '';
  const maxKeys = maxKeysOf(query['max-keys']);
  const objects = state.store.buckets.get(request.bucket)?.values() ?? [];
  const page = pageOf(objects, { prefix, delimiter: query.delimiter ?? '', after: after ?? '', maxKeys });
  const encoded = query['encoding-type'] === 'url';
  const text = (value: string) => (encoded ? encodeURIComponent(value).replaceAll('%2F', '/') : value);
  const optional = (name: string, value: string | undefined) =>
    value === undefined ? '' : xmlElement(name, text(value));
  const inner = [
    xmlElement('Name', request.bucket),
    xmlElement('Prefix', text(prefix)),
    optional('Delimiter', query.delimiter),
    xmlElement('MaxKeys', maxKeys),
    encoded ? xmlElement('EncodingType', 'url') : '',
    xmlElement('IsTruncated', page.last !== undefined),
    ...(second ? secondVersion(query, page, optional) : firstVersion(query, page, optional)),
    ...page.objects.map((object) => contents(object, text)),
    ...page.prefixes.map((each) => `<CommonPrefixes>${xmlElement('Prefix', text(each))}</CommonPrefixes>`),
  ];
  return xmlAnswer(xmlDocument('ListBucketResult', inner.join('')));
}

type Optional = (name: string, value: string | undefined) => string;

function secondVersion(query: S3Request['query'], page: Page, optional: Optional): string[] {
  const next =
    page.last === undefined ? '' : xmlElement('NextContinuationToken', Buffer.from(page.last).toString('base64url'));
  const token = query['continuation-token'];
  return [
    xmlElement('KeyCount', page.objects.length + page.prefixes.length),
    token === undefined ? '' : xmlElement('ContinuationToken', token),
    optional('StartAfter', query['start-after']),
    next,
  ];
}

function firstVersion(query: S3Request['query'], page: Page, optional: Optional): string[] {
  return [optional('Marker', query.marker ?? ''), optional('NextMarker', page.last)];
}

function contents(object: FauxqsObject, text: (value: string) => string): string {
  const checksum =
    object.checksumAlgorithm === undefined
      ? ''
      : xmlElement('ChecksumAlgorithm', object.checksumAlgorithm) +
        xmlElement('ChecksumType', object.checksumType ?? 'FULL_OBJECT');
  return [
    '<Contents>',
    xmlElement('Key', text(object.key)),
    xmlElement('LastModified', object.lastModified.toISOString()),
    xmlElement('ETag', object.etag),
    checksum,
    xmlElement('Size', object.contentLength),
    '<StorageClass>STANDARD</StorageClass></Contents>',
  ].join('');
}

function pageOf(
  objects: Iterable<FauxqsObject>,
  options: { readonly prefix: string; readonly delimiter: string; readonly after: string; readonly maxKeys: number },
): Page {
  const { prefix, delimiter, after, maxKeys } = options;
  const sorted = [...objects]
    .filter(({ key }) => key.startsWith(prefix) && compareKeys(key, after) > 0)
    .sort((a, b) => compareKeys(a.key, b.key));
  const found: FauxqsObject[] = [];
  const prefixes = new Set<string>();
  let last: string | undefined;
  for (const object of sorted) {
    const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const common = end < 0 ? undefined : object.key.slice(0, end + delimiter.length);
    // A page that ended with a common prefix goes on after everything under it.
    if (common !== undefined && (prefixes.has(common) || common === after || after.startsWith(common))) continue;
    if (found.length + prefixes.size >= maxKeys)
      return { objects: found, prefixes: [...prefixes], last: maxKeys === 0 ? undefined : last };
    if (common === undefined) found.push(object);
    else prefixes.add(common);
    last = common ?? object.key;
  }
  return { objects: found, prefixes: [...prefixes], last: undefined };
}

/** By the bytes of UTF-8, as S3 sorts: UTF-16's surrogates come after all other characters then. */
function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = byteOrder(a.charCodeAt(index)) - byteOrder(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function byteOrder(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff ? codeUnit + 0x10000 : codeUnit;
}

function maxKeysOf(text: string | undefined): number {
  if (text === undefined) return MOST_KEYS;
  if (!/^\d{1,9}$/.test(text))
    throw new AwsError('InvalidArgument', 'Provided max-keys not an integer or within integer range');
  return Math.min(Number(text), MOST_KEYS);
}

function tokenOf(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (key === '') throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
  return key;
}
