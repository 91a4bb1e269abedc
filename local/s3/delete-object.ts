import { AwsError } from '../aws-error.ts';
import { checkWriteConditions } from './conditions.ts';
import { xmlAnswer } from './put-object.ts';
import type { S3Answer, S3Request, S3State } from './s3-request.ts';
import { malformedXml, xmlContents, xmlDocument, xmlElement, xmlText } from './xml.ts';

const MOST_KEYS = 1000;

export function deleteObject(state: S3State, request: S3Request): S3Answer {
  const { bucket, key } = request;
  refuseVersion(request.query.versionId);
  if (request.headers['if-match'] !== undefined) checkWriteConditions(request.headers, state.book.object(bucket, key));
  return { status: 204, changes: state.book.remove(bucket, key) };
}

/** DeleteObjects: a key that is not there counts as deleted. */
export function deleteObjects(state: S3State, request: S3Request): S3Answer {
  const document = request.body.toString('utf8');
  const keys = xmlContents(document, 'Object').map((object) => {
    refuseVersion(xmlText(object, 'VersionId'));
    const key = xmlText(object, 'Key');
    if (key === undefined || key === '') throw malformedXml();
    return key;
  });
  if (keys.length === 0 || keys.length > MOST_KEYS) throw malformedXml();
  const changes = keys.flatMap((key) => state.book.remove(request.bucket, key));
  const quiet = xmlText(document, 'Quiet') === 'true';
  const inner = quiet ? '' : keys.map((key) => `<Deleted>${xmlElement('Key', key)}</Deleted>`).join('');
  return xmlAnswer(xmlDocument('DeleteResult', inner), { changes });
}

function refuseVersion(version: string | undefined): void {
  if (version === undefined || version === 'null') return;
  throw new AwsError('NoSuchVersion', 'The specified version does not exist; buckets are not versioned here.', {
    statusCode: 404,
  });
}
