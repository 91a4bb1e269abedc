/** The evidence bucket. With Object Lock its objects stay by its own default retention; the code is the same without. */
import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { EvidenceStore } from '../lifecycle/evidence-ports.ts';
import { config } from './config.ts';
import { withPatience } from './patience.ts';
import { traced } from './tracing.ts';

/** Something else than what would be written lies under the key, and says not what it is. Permanent. */
export class EvidenceUnknown extends Error {
  override readonly name = 'EvidenceUnknown';
}

const MISSING = new Set(['NoSuchKey', 'NoSuchVersion', 'AccessDenied']);

/**
 * Megabytes take a second. A bucket that does not answer, as in a VPC without a way to S3, must fail before Lambda ends the
 * invocation: else no try is ever counted, and the announcement waits for the evidence for ever.
 */
const PATIENCE_MS = 10_000;

let client: S3Client | undefined;

export function createEvidenceStore(patienceMs = PATIENCE_MS): EvidenceStore {
  client ??= traced(new S3Client({}));
  const s3 = client;
  const patience = () => withPatience(patienceMs);
  return {
    async put(key, content) {
      const place = { Bucket: config().evidenceBucket, Key: key };
      const digest = createHash('sha256').update(content).digest();
      try {
        const { ETag, VersionId } = await s3.send(
          new PutObjectCommand({
            ...place,
            Body: content,
            ContentType: typeof content === 'string' ? 'application/json' : 'application/zip',
            // A bucket with Object Lock refuses what comes without a checksum; this one is worth keeping.
            ChecksumSHA256: digest.toString('base64'),
            IfNoneMatch: '*',
          }),
          patience(),
        );
        return markOf(place, { ETag, VersionId, sha256: digest });
      } catch (error) {
        if (!(error instanceof Error && error.name === 'PreconditionFailed')) throw error;
        const { ETag, VersionId, ChecksumSHA256 } = await s3.send(
          new HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' }),
          patience(),
        );
        if (ChecksumSHA256 === undefined)
          throw new EvidenceUnknown(`s3://${place.Bucket}/${key} is there already, and S3 knows no SHA-256 of it.`);
        return markOf(place, { ETag, VersionId, sha256: Buffer.from(ChecksumSHA256, 'base64') });
      }
    },
    async read({ uri, versionId }) {
      const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
      const version = versionId === undefined ? {} : { VersionId: versionId };
      try {
        const answer = await s3.send(new GetObjectCommand({ Bucket, Key, ...version }), patience());
        return await answer.Body?.transformToString('utf-8');
      } catch (error) {
        // Who may not list a bucket is not told that a key is missing, but that it is forbidden.
        if (error instanceof Error && MISSING.has(error.name)) return undefined;
        throw error;
      }
    },
  };
}

function markOf(
  { Bucket, Key }: { readonly Bucket: string; readonly Key: string },
  { ETag, VersionId, sha256 }: { ETag: string | undefined; VersionId: string | undefined; sha256: Buffer },
) {
  return {
    uri: `s3://${Bucket}/${Key}`,
    etag: (ETag ?? '').replaceAll('"', ''),
    ...(VersionId === undefined || VersionId === 'null' ? {} : { versionId: VersionId }),
    sha256: sha256.toString('hex'),
  };
}
