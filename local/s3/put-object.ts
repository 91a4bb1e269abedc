import { AwsError } from '../aws-error.ts';
import type { FauxqsObject } from '../fauxqs-app.ts';
import { algorithmNamed, type ChecksumAlgorithm, checksumHeader, computeChecksum } from './checksums.ts';
import { checkCopyConditions, checkWriteConditions } from './conditions.ts';
import { copySourceOf } from './copy-source.ts';
import { metadataIn, refuseHeaders, tagsIn } from './metadata.ts';
import { asFauxqsRequest, callAction } from './read-object.ts';
import type { S3Answer, S3Request, S3State } from './s3-request.ts';
import { xmlDocument, xmlElement } from './xml.ts';

export function putObject(state: S3State, request: S3Request): S3Answer {
  const { bucket, key, body, headers } = request;
  if (headers['x-amz-copy-source'] !== undefined) return copyObject(state, request);
  refuseHeaders(headers);
  const { contentType, user, system } = metadataIn(headers);
  const tags = tagsIn(headers['x-amz-tagging']);
  checkWriteConditions(headers, state.book.object(bucket, key));
  const algorithm =
    request.checksum === undefined ? algorithmNamed(headers['x-amz-sdk-checksum-algorithm']) : undefined;
  const checksum = request.checksum ?? (algorithm && { algorithm, value: computeChecksum(algorithm, [body]) });
  const { result, changes } = state.book.change({ reason: 'PutObject', tags, ...fullObject(checksum) }, () =>
    state.store.putObject(bucket, key, body, contentType, user, system, undefined),
  );
  return { status: 200, headers: { etag: result.etag, ...checksumHeaders(result) }, changes };
}

function copyObject(state: S3State, request: S3Request): S3Answer {
  const { bucket, key, headers } = request;
  refuseHeaders(headers);
  const source = copySourceOf(state, headers);
  checkCopyConditions(headers, source);
  checkWriteConditions(headers, state.book.object(bucket, key));
  const replaced = headers['x-amz-metadata-directive'] === 'REPLACE';
  const { contentType, user, system } = replaced
    ? metadataIn(headers)
    : { ...source, user: source.metadata, system: source };
  if (!replaced && source.bucket === bucket && source.key === key) {
    throw new AwsError(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata.",
    );
  }
  const tags = headers['x-amz-tagging-directive'] === 'REPLACE' ? tagsIn(headers['x-amz-tagging']) : source.tags;
  const asked = algorithmNamed(headers['x-amz-checksum-algorithm']);
  const algorithm = asked ?? (source.checksumAlgorithm as ChecksumAlgorithm | undefined);
  const body = state.store.getObject(source.bucket, source.key).body;
  // A copy is one part, so its checksum is of the whole object even where the source's was of its parts.
  const checksum = algorithm && { algorithm, value: computeChecksum(algorithm, [body]) };
  const { result, changes } = state.book.change({ reason: 'CopyObject', tags, ...fullObject(checksum) }, () =>
    state.store.putObject(bucket, key, body, contentType, user, system, undefined),
  );
  const inner = [
    xmlElement('LastModified', result.lastModified.toISOString()),
    xmlElement('ETag', result.etag),
    xmlElement(`Checksum${result.checksumAlgorithm}`, result.checksumValue ?? ''),
    xmlElement('ChecksumType', 'FULL_OBJECT'),
  ];
  return xmlAnswer(xmlDocument('CopyObjectResult', inner.join('')), { changes });
}

/** A browser's form upload, as fauxqs reads it. */
export function postObject(state: S3State, request: S3Request): S3Answer {
  const form = asFauxqsRequest(request);
  const { result, changes } = state.book.change({ reason: 'POST Object' }, () =>
    callAction(state.actions.postObject, form, state.store),
  );
  return { ...result, changes };
}

export function checksumHeaders(object: FauxqsObject): Record<string, string> {
  if (object.checksumAlgorithm === undefined || object.checksumValue === undefined) return {};
  return {
    [checksumHeader(object.checksumAlgorithm)]: object.checksumValue,
    'x-amz-checksum-type': object.checksumType ?? 'FULL_OBJECT',
  };
}

export function xmlAnswer(document: string, more: Pick<S3Answer, 'changes' | 'headers'> = {}): S3Answer {
  return { status: 200, ...more, headers: { 'content-type': 'application/xml', ...more.headers }, body: document };
}

function fullObject(checksum: { algorithm: ChecksumAlgorithm; value: string } | undefined) {
  if (checksum === undefined) return {};
  const { algorithm, value } = checksum;
  return { checksum: { checksumAlgorithm: algorithm, checksumValue: value, checksumType: 'FULL_OBJECT' as const } };
}
