/** Which operation a request is, by method, level and subresource; and what each needs of the body. */
import { AwsError } from '../aws-error.ts';
import * as buckets from './buckets.ts';
import { deleteObject, deleteObjects } from './delete-object.ts';
import { listObjects } from './list-objects.ts';
import * as multipart from './multipart.ts';
import { postObject, putObject } from './put-object.ts';
import { getObject, getObjectAttributes, headObject } from './read-object.ts';
import type { S3Answer, S3Request, S3State, S3Target } from './s3-request.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './tagging.ts';

export interface S3Operation {
  readonly run: (state: S3State, request: S3Request) => S3Answer;
  readonly body: 'none' | 'document' | 'object';
  /** Whether the bucket need not be there yet. */
  readonly makesBucket?: true;
}

const none = (run: S3Operation['run']): S3Operation => ({ run, body: 'none' });
const document = (run: S3Operation['run']): S3Operation => ({ run, body: 'document' });
const object = (run: S3Operation['run']): S3Operation => ({ run, body: 'object' });

const OPERATIONS: Readonly<Record<string, S3Operation>> = {
  'GET service': none(buckets.listBuckets),
  'PUT bucket': { ...document(buckets.createBucket), makesBucket: true },
  'HEAD bucket': none(buckets.headBucket),
  'DELETE bucket': none(buckets.deleteBucket),
  'GET bucket': none(listObjects),
  'GET bucket location': none(buckets.getBucketLocation),
  'GET bucket versioning': none(buckets.getBucketVersioning),
  'GET bucket encryption': none(buckets.getBucketEncryption),
  'GET bucket notification': none(buckets.getBucketNotification),
  'PUT bucket notification': document(buckets.putBucketNotification),
  'POST bucket delete': document(deleteObjects),
  'POST bucket': object(postObject),
  'PUT object': object(putObject),
  'GET object': none(getObject),
  'HEAD object': none(headObject),
  'DELETE object': none(deleteObject),
  'GET object attributes': none(getObjectAttributes),
  'GET object tagging': none(getObjectTagging),
  'PUT object tagging': document(putObjectTagging),
  'DELETE object tagging': none(deleteObjectTagging),
  'POST object uploads': none(multipart.createMultipartUpload),
  'PUT object uploadId': object(multipart.uploadPart),
  'POST object uploadId': document(multipart.completeMultipartUpload),
  'DELETE object uploadId': none(multipart.abortMultipartUpload),
};

/** Parameters that do not choose an operation. */
const PLAIN_PARAMETERS =
  /^(?:x-id|x-amz-.*|awsaccesskeyid|signature|expires|versionid|partnumber|prefix|delimiter|marker|max-keys|list-type|continuation-token|start-after|encoding-type|fetch-owner|max-buckets|bucket-region|response-.*)$/i;

/**
 * @throws AwsError NotImplemented (501) that names the subresource. An unknown parameter counts as one: S3 would
 * ignore it, but then `PUT key?newsubresource` would overwrite the object.
 */
export function operationOf(target: S3Target): S3Operation {
  const level = target.bucket === '' ? 'service' : target.key === '' ? 'bucket' : 'object';
  const subresources = Object.keys(target.query).filter((name) => !PLAIN_PARAMETERS.test(name));
  const name = [target.method, level, ...subresources].join(' ');
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation !== undefined) return operation;
  const asked =
    target.query['x-id'] ?? `${target.method} of a ${level}${subresources.map((each) => ` ?${each}`).join('')}`;
  throw new AwsError('NotImplemented', `${asked.slice(0, 100)} is not offered by S3 on this laptop AWS.`, {
    statusCode: 501,
  });
}
