import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-error.ts';
import { noSuchKey } from './conditions.ts';
import type { KeptObject } from './object-book.ts';
import type { S3State } from './s3-request.ts';

/**
 * The object that `x-amz-copy-source` names: `[/]bucket/key`, percent-encoded, perhaps with `?versionId=`.
 * @throws AwsError InvalidArgument, NoSuchBucket, NoSuchKey, NoSuchVersion
 */
export function copySourceOf(state: S3State, headers: IncomingHttpHeaders): KeptObject & { readonly bucket: string } {
  const [path = '', version] = String(headers['x-amz-copy-source']).split('?versionId=');
  let decoded: string;
  try {
    decoded = decodeURIComponent(path).replace(/^\//, '');
  } catch (error) {
    throw new AwsError('InvalidArgument', 'The copy source is not percent-encoded UTF-8.', { cause: error });
  }
  const slash = decoded.indexOf('/');
  if (slash < 1)
    throw new AwsError('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  if (version !== undefined && version !== 'null') {
    throw new AwsError('NoSuchVersion', 'The specified version does not exist.', { statusCode: 404 });
  }
  const bucket = decoded.slice(0, slash);
  if (!state.store.hasBucket(bucket)) throw noSuchBucket(bucket);
  const object = state.book.object(bucket, decoded.slice(slash + 1));
  if (object === undefined) throw noSuchKey();
  return { ...object, bucket };
}

export function noSuchBucket(bucket: string): AwsError {
  return new AwsError('NoSuchBucket', 'The specified bucket does not exist', {
    statusCode: 404,
    members: { BucketName: bucket },
  });
}
