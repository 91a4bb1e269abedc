import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-error.ts';
import type { FauxqsS3, FauxqsS3Store } from '../fauxqs-app.ts';
import type { Surroundings } from '../ports.ts';
import type { Checksum, ChecksumAlgorithm } from './checksums.ts';
import type { ObjectBook, ObjectChange } from './object-book.ts';

/** What a request is about, before its body was read. */
export interface S3Target {
  readonly method: string;
  /** `''` for the service itself. */
  readonly bucket: string;
  /** `''` for the bucket itself. */
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
}

export interface S3Request extends S3Target {
  readonly headers: IncomingHttpHeaders;
  /** Without its framing, and verified against the digests that came with it. */
  readonly body: Buffer;
  readonly checksum: Checksum | undefined;
}

/** What the operations work on. */
export interface S3State {
  readonly store: FauxqsS3Store;
  readonly actions: FauxqsS3['actions'];
  readonly book: ObjectBook;
  /** What each unfinished multipart upload was created with, beside what the store knows. */
  readonly uploads: Map<string, UploadDetails>;
  /** Buckets that do not send their events to EventBridge. */
  readonly quiet: Set<string>;
  readonly surroundings: Surroundings;
}

export interface UploadDetails {
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
  /** Tags that the object will have. */
  readonly tags?: Record<string, string>;
}

export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Buffer;
  /** Events that the client's answer waits for. */
  readonly changes?: readonly ObjectChange[];
}

const MAX_KEY_BYTES = 1024;

/**
 * Path style (`/bucket/key`) and virtual-hosted style (`bucket.localhost`). The path is not normalised: `..` and empty
 * segments are parts of a key like any other.
 * @throws AwsError InvalidURI, KeyTooLongError
 */
export function targetOf(request: {
  method?: string | undefined;
  url?: string | undefined;
  host?: string | undefined;
}): S3Target {
  const [path = '/', ...search] = (request.url ?? '/').split('?');
  const hosted = bucketInHost(request.host ?? '');
  const parts = (hosted === undefined ? path.slice(1) : `${hosted}${path}`).split('/');
  const bucket = decode(parts[0] ?? '');
  const key = decode(parts.slice(1).join('/'));
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new AwsError('KeyTooLongError', 'Your key is too long');
  const query = Object.fromEntries(new URLSearchParams(search.join('?')));
  return { method: request.method ?? 'GET', bucket, key, query };
}

function bucketInHost(host: string): string | undefined {
  const name = /^(.+)\.localhost(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || /^s3(?:\.[a-z0-9-]+)?$/.test(name)) return undefined;
  return name.replace(/\.s3(?:\.[a-z0-9-]+)?$/, '');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new AwsError('InvalidURI', 'Could not parse the specified URI: it is not percent-encoded UTF-8.', {
      cause: error,
    });
  }
}
