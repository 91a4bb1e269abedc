/** S3, as the lifecycle uses it. */
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { ObjectForbidden } from '../lifecycle/object-forbidden.ts';
import type { ObjectHead, Objects } from '../lifecycle/ports.ts';
import { traced } from './tracing.ts';

const GONE = new Set(['NotFound', 'NoSuchKey', 'NoSuchBucket', 'NoSuchVersion', 'PreconditionFailed']);

const NOT_OURS = new Set(['AccessDenied', 'NoSuchBucket', 'PermanentRedirect']);

let clientOfFunction: S3Client | undefined;

/** Over the given client; in a function, over one that is made once. */
export function createObjects(given?: S3Client): Objects {
  const s3 = given ?? sharedClient();
  return {
    async head({ bucket, key, versionId }) {
      const version = versionId === undefined ? {} : { VersionId: versionId };
      const head = await unlessGone(
        s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED', ...version })),
      );
      return head === undefined ? undefined : headOf(head);
    },
    async someUnder({ bucket, prefix }) {
      try {
        const answer = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }));
        return (answer.KeyCount ?? 0) > 0 ? 'yes' : 'no';
      } catch (error) {
        // Another account's bucket, another region's, or one that the laptop does not hold: HealthOmics judges those.
        if (error instanceof Error && NOT_OURS.has(error.name)) return 'unknown';
        throw error;
      }
    },
    async tags({ bucket, key, versionId }) {
      const version = versionId === undefined ? {} : { VersionId: versionId };
      const answer = await unlessGone(s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key, ...version })));
      return Object.fromEntries((answer?.TagSet ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
    },
    async read({ bucket, key, etag }, limitBytes) {
      const answer = await unlessGone(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag })));
      if (answer?.Body === undefined) return undefined;
      if ((answer.ContentLength ?? 0) > limitBytes) {
        (answer.Body as { destroy?: () => void }).destroy?.();
        return 'too-large';
      }
      return answer.Body.transformToString('utf-8');
    },
  };
}

function sharedClient(): S3Client {
  clientOfFunction ??= traced(new S3Client({}));
  return clientOfFunction;
}

function headOf(head: HeadObjectCommandOutput): ObjectHead {
  const checksum = head.ChecksumType === 'FULL_OBJECT' ? checksumOf(head) : undefined;
  return {
    etag: (head.ETag ?? '').replaceAll('"', ''),
    sizeBytes: head.ContentLength ?? 0,
    ...(checksum === undefined ? {} : { checksum }),
    ...(head.VersionId === undefined ? {} : { versionId: head.VersionId }),
    // S3 leaves the header out for the class that most objects have.
    storageClass: head.StorageClass ?? 'STANDARD',
    ...(head.LastModified === undefined ? {} : { lastModifiedMs: head.LastModified.getTime() }),
  };
}

/** The strongest of the checksums that S3 keeps of the whole object. */
function checksumOf(head: HeadObjectCommandOutput): string | undefined {
  if (head.ChecksumSHA256 !== undefined) return `sha256:${head.ChecksumSHA256}`;
  if (head.ChecksumCRC64NVME !== undefined) return `crc64nvme:${head.ChecksumCRC64NVME}`;
  if (head.ChecksumSHA1 !== undefined) return `sha1:${head.ChecksumSHA1}`;
  if (head.ChecksumCRC32C !== undefined) return `crc32c:${head.ChecksumCRC32C}`;
  return head.ChecksumCRC32 === undefined ? undefined : `crc32:${head.ChecksumCRC32}`;
}

async function unlessGone<T>(sent: Promise<T>): Promise<T | undefined> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof Error && GONE.has(error.name)) return undefined;
    // A HEAD has no body, and its errors no names.
    if ((error as S3ServiceException).$metadata?.httpStatusCode === 403) {
      throw new ObjectForbidden('S3 does not let this role read the object.', { cause: error });
    }
    throw error;
  }
}
