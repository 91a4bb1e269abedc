import { AwsError } from '../aws-error.ts';
import type { FauxqsReply, FauxqsRequest, FauxqsS3Store, S3Action } from '../fauxqs-app.ts';
import type { Slice } from './body-store.ts';
import { checkReadConditions, noSuchKey } from './conditions.ts';
import type { KeptObject } from './object-book.ts';
import type { S3Answer, S3Request, S3State } from './s3-request.ts';

/** Runs one of fauxqs's actions and gives what it would answer. Its errors come through as they are. */
export function callAction(action: S3Action, request: FauxqsRequest, store: FauxqsS3Store): S3Answer {
  const headers: Record<string, string | number> = {};
  const answer: { status: number; body?: string | Buffer } = { status: 200 };
  const reply: FauxqsReply = {
    header: (name, value) => {
      headers[name] = value;
    },
    status: (code) => {
      answer.status = code;
      return reply;
    },
    send: (body) => {
      if (body !== undefined) answer.body = body;
    },
  };
  action(request, reply, store);
  return { ...answer, headers };
}

export function getObjectAttributes(state: S3State, request: S3Request): S3Answer {
  existingObject(state, request);
  return callAction(state.actions.getObjectAttributes, asFauxqsRequest(request), state.store);
}

export function headObject(state: S3State, request: S3Request): S3Answer {
  const read = describeObject(state, request);
  return 'answer' in read ? read.answer : { status: read.part === undefined ? 200 : 206, headers: read.headers };
}

export function getObject(state: S3State, request: S3Request): S3Answer {
  const read = describeObject(state, request);
  if ('answer' in read) return read.answer;
  const { object, part, headers } = read;
  if (part === undefined)
    return { status: 200, headers, body: state.store.getObject(request.bucket, request.key).body };
  return { status: 206, headers, body: state.book.slice(object, part) };
}

type Described =
  | { readonly answer: S3Answer }
  | {
      readonly object: KeptObject;
      readonly part: Slice | undefined;
      readonly headers: Record<string, string | number>;
    };

function describeObject(state: S3State, request: S3Request): Described {
  const object = existingObject(state, request);
  if (checkReadConditions(request.headers, object) === 'not-modified') {
    return {
      answer: { status: 304, headers: { etag: object.etag, 'last-modified': object.lastModified.toUTCString() } },
    };
  }
  const part = partAsked(request, object);
  const { headers = {} } = callAction(state.actions.headObject, asFauxqsRequest(request), state.store);
  const described = Object.entries({ ...headers, ...describing(object), ...overrides(request.query) }).filter(
    ([name]) => {
      // S3 tells the number of parts only to who asks for one, and a checksum is of the whole object.
      if (name === 'x-amz-mp-parts-count') return request.query.partNumber !== undefined;
      return part === undefined || !name.startsWith('x-amz-checksum-');
    },
  );
  return { object, part, headers: { ...Object.fromEntries(described), ...(part && partHeaders(part, object)) } };
}

function partHeaders({ offset, length }: Slice, object: KeptObject): Record<string, string | number> {
  const range = `bytes ${offset}-${offset + length - 1}/${object.contentLength}`;
  return { 'content-length': length, 'content-range': range };
}

/** @throws AwsError InvalidPart, InvalidRange (416) */
function partAsked(request: S3Request, object: KeptObject): Slice | undefined {
  const number = request.query.partNumber;
  if (number === undefined) return rangeAsked(request.headers.range, object.contentLength);
  const parts = object.parts ?? [{ partNumber: 1, offset: 0, length: object.contentLength }];
  const part = parts.find((each) => each.partNumber === Number(number));
  if (part === undefined) {
    throw new AwsError('InvalidPartNumber', 'The requested partnumber is not satisfiable', { statusCode: 416 });
  }
  return part.length === 0 ? undefined : part;
}

/** S3 ignores a range that it cannot read, and gives the whole object for a suffix longer than it. */
function rangeAsked(range: string | undefined, sizeBytes: number): Slice | undefined {
  const [whole, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (whole === undefined || (first === '' && last === '')) return undefined;
  if (first !== '' && last !== '' && Number(first) > Number(last)) return undefined;
  const offset = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (offset >= end) {
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', {
      statusCode: 416,
      members: { ActualObjectSize: sizeBytes },
    });
  }
  return { offset, length: end - offset };
}

export function asFauxqsRequest(request: S3Request): FauxqsRequest {
  const { bucket, key, query, headers, body } = request;
  return { params: { bucket, '*': key }, query, headers, body };
}

/** @throws AwsError NoSuchKey, NoSuchVersion */
export function existingObject(state: S3State, request: Pick<S3Request, 'bucket' | 'key' | 'query'>): KeptObject {
  const version = request.query.versionId;
  if (version !== undefined && version !== 'null') {
    throw new AwsError('NoSuchVersion', 'The specified version does not exist.', { statusCode: 404 });
  }
  const object = state.book.object(request.bucket, request.key);
  if (object === undefined) throw noSuchKey();
  return object;
}

function describing(object: KeptObject): Record<string, string | number> {
  const tagCount = Object.keys(object.tags ?? {}).length;
  return { 'accept-ranges': 'bytes', ...(tagCount === 0 ? {} : { 'x-amz-tagging-count': tagCount }) };
}

const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
];

/** `response-content-type` and its like, which presigned URLs carry. */
function overrides(query: S3Request['query']): Record<string, string> {
  return Object.fromEntries(
    OVERRIDES.flatMap((name) => {
      const value = query[`response-${name}`];
      return value === undefined ? [] : [[name, value.replaceAll(/[^ -~]/g, '?')]];
    }),
  );
}
