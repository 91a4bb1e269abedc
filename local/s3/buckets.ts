import { AwsError } from '../aws-error.ts';
import { xmlAnswer } from './put-object.ts';
import type { S3Answer, S3Request, S3State } from './s3-request.ts';
import { xmlContents, xmlDocument, xmlElement } from './xml.ts';

export function listBuckets(state: S3State): S3Answer {
  const { accountId } = state.surroundings;
  const buckets = state.store
    .listBuckets()
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, creationDate }) => {
      const created = xmlElement('CreationDate', creationDate.toISOString());
      return `<Bucket>${xmlElement('Name', name)}${created}</Bucket>`;
    });
  const owner = `<Owner>${xmlElement('ID', accountId)}</Owner>`;
  return xmlAnswer(xmlDocument('ListAllMyBucketsResult', `${owner}<Buckets>${buckets.join('')}</Buckets>`));
}

/** Making a bucket that is there already succeeds, as it does for its owner in us-east-1. */
export function createBucket(state: S3State, request: S3Request): S3Answer {
  state.store.createBucket(request.bucket);
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

export function deleteBucket(state: S3State, request: S3Request): S3Answer {
  state.store.deleteBucket(request.bucket);
  return { status: 204 };
}

export function headBucket(state: S3State): S3Answer {
  return { status: 200, headers: { 'x-amz-bucket-region': state.surroundings.region } };
}

/** S3 says nothing for us-east-1. */
export function getBucketLocation(state: S3State): S3Answer {
  const { region } = state.surroundings;
  return xmlAnswer(xmlDocument('LocationConstraint', region === 'us-east-1' ? '' : region));
}

/** No bucket was ever versioned here, which S3 says by an empty document. */
export function getBucketVersioning(): S3Answer {
  return xmlAnswer(xmlDocument('VersioningConfiguration', ''));
}

/** What S3 has done by itself with every bucket since 2023; here bodies are as they came. */
export function getBucketEncryption(): S3Answer {
  const rule =
    '<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>';
  return xmlAnswer(xmlDocument('ServerSideEncryptionConfiguration', `<Rule>${rule}</Rule>`));
}

/** A bucket sends its events to EventBridge here, unless it was made quiet, and nowhere else. */
export function getBucketNotification(state: S3State, request: S3Request): S3Answer {
  const configuration = state.quiet.has(request.bucket) ? '' : '<EventBridgeConfiguration/>';
  return xmlAnswer(xmlDocument('NotificationConfiguration', configuration));
}

export function putBucketNotification(state: S3State, request: S3Request): S3Answer {
  const document = request.body.toString('utf8');
  const other = ['QueueConfiguration', 'TopicConfiguration', 'CloudFunctionConfiguration'].find(
    (name) => xmlContents(document, name).length > 0,
  );
  if (other !== undefined) {
    throw new AwsError(
      'NotImplemented',
      `${other} is not offered by S3 on this laptop AWS; every bucket sends to EventBridge.`,
      {
        statusCode: 501,
      },
    );
  }
  if (/<(?:\w+:)?EventBridgeConfiguration\b/.test(document)) state.quiet.delete(request.bucket);
  return { status: 200 };
}
