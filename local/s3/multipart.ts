import { AwsError } from '../aws-error.ts';
import type { FauxqsUpload } from '../fauxqs-app.ts';
import {
  algorithmNamed,
  badChecksum,
  type Checksum,
  checksumHeader,
  checksumIn,
  compositeChecksum,
  computeChecksum,
} from './checksums.ts';
import { checkCopyConditions, checkWriteConditions } from './conditions.ts';
import { copySourceOf } from './copy-source.ts';
import { metadataIn, refuseHeaders, tagsIn } from './metadata.ts';
import type { ObjectDetails } from './object-book.ts';
import { checksumHeaders, xmlAnswer } from './put-object.ts';
import type { S3Answer, S3Request, S3State, UploadDetails } from './s3-request.ts';
import { malformedXml, xmlContents, xmlDocument, xmlElement, xmlText } from './xml.ts';

const MOST_PARTS = 10_000;
/** The largest object, and the most that unfinished uploads may hold in memory together. */
const MOST_BYTES = 2 * 1024 * 1024 * 1024 - 1;

export function createMultipartUpload(state: S3State, request: S3Request): S3Answer {
  const { bucket, key, headers } = request;
  refuseHeaders(headers);
  const checksum = uploadChecksumOf(request);
  const { contentType, user, system } = metadataIn(headers);
  const uploadId = state.store.createMultipartUpload(bucket, key, contentType, user, system);
  const tags = tagsIn(headers['x-amz-tagging']);
  state.uploads.set(uploadId, { ...checksum, ...(tags === undefined ? {} : { tags }) });
  const inner = xmlElement('Bucket', bucket) + xmlElement('Key', key) + xmlElement('UploadId', uploadId);
  const { algorithm } = checksum;
  return xmlAnswer(xmlDocument('InitiateMultipartUploadResult', inner), {
    headers:
      algorithm === undefined ? {} : { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': checksum.type },
  });
}

function uploadChecksumOf(request: S3Request): UploadDetails {
  const algorithm = algorithmNamed(request.headers['x-amz-checksum-algorithm']);
  const byDefault = algorithm === undefined || algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  const type = request.headers['x-amz-checksum-type'] ?? byDefault;
  const isHash = algorithm === 'SHA1' || algorithm === 'SHA256';
  const possible = type === 'FULL_OBJECT' ? !isHash : type === 'COMPOSITE' && algorithm !== 'CRC64NVME';
  if (!possible) {
    throw new AwsError(
      'InvalidRequest',
      `The ${String(type)} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  }
  return { algorithm, type: type as UploadDetails['type'] };
}

export function uploadPart(state: S3State, request: S3Request): S3Answer {
  if (request.headers['x-amz-copy-source'] !== undefined) return uploadPartCopy(state, request);
  const { result, checksum } = storePart(state, request, request.body);
  return {
    status: 200,
    headers: {
      etag: result.etag,
      ...(checksum === undefined ? {} : { [checksumHeader(checksum.algorithm)]: checksum.value }),
    },
  };
}

function uploadPartCopy(state: S3State, request: S3Request): S3Answer {
  const source = copySourceOf(state, request.headers);
  checkCopyConditions(request.headers, source);
  const whole = state.store.getObject(source.bucket, source.key).body;
  const range = request.headers['x-amz-copy-source-range'];
  const body = range === undefined ? whole : sliceOf(whole, String(range));
  const { result, checksum } = storePart(state, { ...request, checksum: undefined }, body);
  const inner = [
    xmlElement('LastModified', new Date(state.surroundings.clock.nowMs()).toISOString()),
    xmlElement('ETag', result.etag),
    checksum === undefined ? '' : xmlElement(`Checksum${checksum.algorithm}`, checksum.value),
  ];
  return xmlAnswer(xmlDocument('CopyPartResult', inner.join('')));
}

function sliceOf(whole: Buffer, range: string): Buffer {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined || Number(first) > Number(last) || Number(last) >= whole.length) {
    throw new AwsError('InvalidArgument', `Range specified is not valid for source object of size: ${whole.length}`);
  }
  return whole.subarray(Number(first), Number(last) + 1);
}

function storePart(state: S3State, request: S3Request, body: Buffer) {
  const upload = uploadOf(state, request);
  const partNumber = Number(request.query.partNumber);
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > MOST_PARTS) {
    throw new AwsError('InvalidArgument', `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
  }
  if (bytesInUploads(state) + body.length > MOST_BYTES) {
    throw new AwsError(
      'EntityTooLarge',
      `Unfinished uploads may hold ${MOST_BYTES} bytes here; complete or abort some.`,
    );
  }
  const algorithm = state.uploads.get(upload.uploadId)?.algorithm;
  const checksum: Checksum | undefined =
    algorithm === undefined || request.checksum?.algorithm === algorithm
      ? request.checksum
      : { algorithm, value: computeChecksum(algorithm, [body]) };
  const result = state.store.uploadPart(upload.uploadId, partNumber, body, checksum?.value);
  return { result, checksum };
}

function bytesInUploads(state: S3State): number {
  let bytes = 0;
  for (const upload of state.store.multipartUploads.values()) {
    for (const part of upload.parts.values()) bytes += part.body.length;
  }
  return bytes;
}

export function completeMultipartUpload(state: S3State, request: S3Request): S3Answer {
  const { bucket, key, headers } = request;
  const upload = uploadOf(state, request);
  const parts = partsIn(request.body.toString('utf8'));
  checkWriteConditions(headers, state.book.object(bucket, key));
  const details = detailsOf(state, upload, parts);
  checkWholeChecksum(headers, details);
  const { result, changes } = state.book.change(details, () =>
    state.store.completeMultipartUpload(upload.uploadId, parts),
  );
  state.uploads.delete(upload.uploadId);
  const { algorithm, type } = { algorithm: result.checksumAlgorithm ?? '', type: result.checksumType ?? '' };
  const inner = [
    xmlElement('Location', `http://${headers.host ?? 'localhost'}/${bucket}/${encodeURIComponent(key)}`),
    xmlElement('Bucket', bucket),
    xmlElement('Key', key),
    xmlElement('ETag', result.etag),
    xmlElement(`Checksum${algorithm}`, result.checksumValue ?? ''),
    xmlElement('ChecksumType', type),
  ];
  const document = xmlDocument('CompleteMultipartUploadResult', inner.join(''));
  return xmlAnswer(document, { changes, headers: checksumHeaders(result) });
}

function partsIn(document: string): { partNumber: number; etag: string }[] {
  const parts = xmlContents(document, 'Part').map((part) => {
    const partNumber = Number(xmlText(part, 'PartNumber'));
    const etag = xmlText(part, 'ETag');
    if (!Number.isInteger(partNumber) || etag === undefined) throw malformedXml();
    return { partNumber, etag };
  });
  if (parts.length === 0 || parts.length > MOST_PARTS) throw malformedXml();
  return parts;
}

/** What the object will be. Parts that are missing or out of order are for the store to refuse. */
function detailsOf(state: S3State, upload: FauxqsUpload, parts: readonly { partNumber: number }[]): ObjectDetails {
  const { algorithm, type, tags } = state.uploads.get(upload.uploadId) ?? { algorithm: undefined, type: 'FULL_OBJECT' };
  const reason = 'CompleteMultipartUpload';
  if (algorithm === undefined) return { reason, tags };
  const stored = parts.flatMap(({ partNumber }) => upload.parts.get(partNumber) ?? []);
  const partChecksums = stored.map((part) => part.checksumValue ?? computeChecksum(algorithm, [part.body]));
  const checksumValue =
    type === 'COMPOSITE'
      ? compositeChecksum(algorithm, partChecksums)
      : computeChecksum(
          algorithm,
          stored.map((part) => part.body),
        );
  return { reason, tags, checksum: { checksumAlgorithm: algorithm, checksumValue, checksumType: type, partChecksums } };
}

function checkWholeChecksum(headers: S3Request['headers'], details: ObjectDetails): void {
  const expected = checksumIn(headers);
  const actual = details.checksum;
  if (expected === undefined || actual?.checksumAlgorithm !== expected.algorithm) return;
  const value = actual.checksumValue ?? '';
  // A composite value may be sent with or without its number of parts.
  if (expected.value !== value && expected.value !== value.replace(/-\d+$/, '')) throw badChecksum(expected.algorithm);
}

export function abortMultipartUpload(state: S3State, request: S3Request): S3Answer {
  const upload = uploadOf(state, request);
  state.store.abortMultipartUpload(upload.uploadId);
  state.uploads.delete(upload.uploadId);
  return { status: 204 };
}

/** @throws AwsError NoSuchUpload, also for the upload of another key */
function uploadOf(state: S3State, request: S3Request): FauxqsUpload {
  const upload = state.store.multipartUploads.get(request.query.uploadId ?? '');
  if (upload?.bucket === request.bucket && upload.key === request.key) return upload;
  throw new AwsError(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { statusCode: 404 },
  );
}
