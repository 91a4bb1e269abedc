import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-error.ts';
import type { KeptObject } from './object-book.ts';

/**
 * If-Match and If-None-Match of a request that writes.
 * @throws AwsError PreconditionFailed (412), NoSuchKey, NotImplemented as S3 does
 */
export function checkWriteConditions(headers: IncomingHttpHeaders, existing: KeptObject | undefined): void {
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new AwsError('NotImplemented', 'If-None-Match of a write takes only *.', { statusCode: 501 });
  }
  if (ifNoneMatch === '*' && existing !== undefined) throw preconditionFailed('If-None-Match');
  const ifMatch = headers['if-match'];
  if (ifMatch === undefined) return;
  if (existing === undefined) throw noSuchKey();
  if (!matchesEtag(ifMatch, existing.etag)) throw preconditionFailed('If-Match');
}

/** Whether a read goes on, or ends with 304. @throws AwsError PreconditionFailed (412) */
export function checkReadConditions(headers: IncomingHttpHeaders, object: KeptObject): 'read' | 'not-modified' {
  const modifiedSeconds = Math.floor(object.lastModified.getTime() / 1000);
  const seconds = (value: string) => Math.floor(Date.parse(value) / 1000);
  const { 'if-match': ifMatch, 'if-unmodified-since': ifUnmodified } = headers;
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, object.etag)) throw preconditionFailed('If-Match');
  } else if (ifUnmodified !== undefined && modifiedSeconds > seconds(ifUnmodified)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModified } = headers;
  if (ifNoneMatch !== undefined) return matchesEtag(ifNoneMatch, object.etag) ? 'not-modified' : 'read';
  return ifModified !== undefined && modifiedSeconds <= seconds(ifModified) ? 'not-modified' : 'read';
}

/** The conditions of a copy's source. @throws AwsError PreconditionFailed (412) */
export function checkCopyConditions(headers: IncomingHttpHeaders, source: KeptObject): void {
  const renamed: IncomingHttpHeaders = {};
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const) {
    const value = headers[`x-amz-copy-source-${name}`];
    if (typeof value === 'string') renamed[name] = value;
  }
  if (checkReadConditions(renamed, source) === 'not-modified')
    throw preconditionFailed('x-amz-copy-source-If-None-Match');
}

export function noSuchKey(): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', { statusCode: 404 });
}

function matchesEtag(condition: string, etag: string): boolean {
  const bare = etag.replaceAll('"', '');
  return condition.split(',').some((each) => ['*', bare].includes(each.trim().replace(/^W\//, '').replaceAll('"', '')));
}

function preconditionFailed(condition: string): AwsError {
  return new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    statusCode: 412,
    members: { Condition: condition },
  });
}
