import { checkTags } from './metadata.ts';
import { xmlAnswer } from './put-object.ts';
import { existingObject } from './read-object.ts';
import type { S3Answer, S3Request, S3State } from './s3-request.ts';
import { malformedXml, xmlContents, xmlDocument, xmlElement, xmlText } from './xml.ts';

export function getObjectTagging(state: S3State, request: S3Request): S3Answer {
  const tags = Object.entries(existingObject(state, request).tags ?? {});
  const set = tags.map(([key, value]) => `<Tag>${xmlElement('Key', key)}${xmlElement('Value', value)}</Tag>`);
  return xmlAnswer(xmlDocument('Tagging', `<TagSet>${set.join('')}</TagSet>`));
}

export function putObjectTagging(state: S3State, request: S3Request): S3Answer {
  const object = existingObject(state, request);
  const pairs = xmlContents(request.body.toString('utf8'), 'Tag').map((tag) => {
    const key = xmlText(tag, 'Key');
    const value = xmlText(tag, 'Value');
    if (key === undefined || value === undefined) throw malformedXml();
    return [key, value] as const;
  });
  state.book.setTags(request.bucket, object, checkTags(pairs));
  return { status: 200 };
}

export function deleteObjectTagging(state: S3State, request: S3Request): S3Answer {
  state.book.setTags(request.bucket, existingObject(state, request), {});
  return { status: 204 };
}
