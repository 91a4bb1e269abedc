import { UsageError } from './errors.ts';

export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

/** The bucket, and what follows it: a key, a prefix, or nothing. @throws UsageError when it is not an S3 URI. */
export function parsePrefixUri(uri: string): ObjectPlace {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/([\s\S]*))?$/.exec(uri) ?? [];
  if (bucket === undefined) throw new UsageError(`"${uri}" is not of the form s3://bucket/key`);
  return { bucket, key };
}

/** The place of one object. @throws UsageError when the URI names none. */
export function parseObjectUri(uri: string): ObjectPlace {
  const place = parsePrefixUri(uri);
  if (place.key === '') throw new UsageError(`"${uri}" names a bucket: write s3://bucket/key`);
  return place;
}
