import type { Drop } from './drop.ts';

/**
 * The body of an SQS message as EventBridge makes it of S3's `Object Created`, for an object that is there already.
 * Without a sequencer unless the drop has one: only S3's own events do.
 */
export function objectCreatedEvent(
  drop: Drop,
  sender: { readonly id: string; readonly account: string; readonly region: string },
): string {
  const { bucket, key, sizeBytes, etag, versionId, sequencer } = drop;
  return JSON.stringify({
    version: '0',
    id: sender.id,
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: sender.account,
    time: new Date(drop.timeMs).toISOString(),
    region: sender.region,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        size: sizeBytes,
        etag,
        ...(versionId === undefined ? {} : { 'version-id': versionId }),
        ...(sequencer === undefined ? {} : { sequencer }),
      },
    },
  });
}
