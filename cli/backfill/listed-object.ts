/** Objects that are there already, as a listing tells them. */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { CommandError } from '../errors.ts';
import type { ObjectPlace } from '../s3-uri.ts';

export interface ListedObject extends ObjectPlace {
  /** When it was last written; absent when the listing does not say. */
  readonly timeMs?: number;
}

const PAGE = 1_000;
/** Ten million objects. */
const MOST_PAGES = 10_000;

/** Every object under a prefix. Rejects with the SDK's errors. @throws CommandError when there is no such bucket */
export async function* listPrefix({ bucket, key: prefix }: ObjectPlace, s3: S3Client): AsyncGenerator<ListedObject> {
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const next = token === undefined ? {} : { ContinuationToken: token };
    const request = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: PAGE, ...next });
    const answer = await s3.send(request).catch((error: Error) => {
      if (error.name !== 'NoSuchBucket') throw error;
      throw new CommandError(`There is no bucket ${bucket}.`, { cause: error });
    });
    for (const { Key: key, LastModified: time } of answer.Contents ?? []) {
      if (key !== undefined) yield { bucket, key, ...(time === undefined ? {} : { timeMs: time.getTime() }) };
    }
    token = answer.NextContinuationToken;
    if (token === undefined) return;
  }
}
