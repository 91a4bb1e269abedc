/** Uploads a file to S3: small ones in one request, large ones in parts. */
import { open, readFile } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

export interface Upload {
  readonly path: string;
  readonly sizeBytes: number;
  readonly bucket: string;
  readonly key: string;
  /** S3 refuses the upload when the bucket is another account's. */
  readonly expectedBucketOwner?: string;
}

export interface UploadLimits {
  /** Above this a file goes up in parts. */
  readonly singleBytes: number;
  readonly partBytes: number;
}

const MEBIBYTE = 1024 * 1024;
const LIMITS: UploadLimits = { singleBytes: 32 * MEBIBYTE, partBytes: 32 * MEBIBYTE };
const MOST_PARTS = 10_000;
/** Parts in memory at the same time; each is read whole, so that a failed request can be repeated. */
const PARTS_AT_ONCE = 4;

/** Uploads and returns the ETag without quotation marks. Rejects with the SDK's error, or the file system's. */
export async function uploadFile(s3: S3Client, upload: Upload, limits: UploadLimits = LIMITS): Promise<string> {
  const etag =
    upload.sizeBytes <= limits.singleBytes
      ? await putWhole(s3, upload)
      : await putInParts(s3, upload, Math.max(limits.partBytes, Math.ceil(upload.sizeBytes / MOST_PARTS)));
  return (etag ?? '').replaceAll('"', '');
}

function placeOf({ bucket, key, expectedBucketOwner }: Upload) {
  return {
    Bucket: bucket,
    Key: key,
    ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
  };
}

/** Read whole, because the SDK does not repeat a failed request whose body is a stream. */
async function putWhole(s3: S3Client, upload: Upload): Promise<string | undefined> {
  const answer = await s3.send(new PutObjectCommand({ ...placeOf(upload), Body: await readFile(upload.path) }));
  return answer.ETag;
}

async function putInParts(s3: S3Client, upload: Upload, partBytes: number): Promise<string | undefined> {
  const place = placeOf(upload);
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
  const file = await open(upload.path, 'r');
  try {
    const count = Math.ceil(upload.sizeBytes / partBytes);
    const parts: { PartNumber: number; ETag?: string }[] = [];
    for (let first = 0; first < count; first += PARTS_AT_ONCE) {
      const numbers = Array.from({ length: Math.min(PARTS_AT_ONCE, count - first) }, (_, offset) => first + offset);
      parts.push(...(await Promise.all(numbers.map((number) => putPart(number)))));
    }
    const answer = await s3.send(
      new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts: parts } }),
    );
    return answer.ETag;
  } catch (error) {
    // Best effort: parts left behind cost money, but the first error is the one to tell.
    await s3.send(new AbortMultipartUploadCommand({ ...place, UploadId })).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }

  async function putPart(number: number) {
    const bytes = Buffer.alloc(Math.min(partBytes, upload.sizeBytes - number * partBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, number * partBytes);
    if (bytesRead !== bytes.length) throw new Error(`${upload.path} became shorter while it was being uploaded`);
    const PartNumber = number + 1;
    const answer = await s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: bytes }));
    return { PartNumber, ...(answer.ETag === undefined ? {} : { ETag: answer.ETag }) };
  }
}
