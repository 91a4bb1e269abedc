import type { BusEvent, Surroundings } from '../ports.ts';
import type { ObjectChange } from './object-book.ts';

/** The EventBridge event of a change, as S3 documents its detail. The key is as it is, not percent-encoded. */
export function eventOf(
  change: ObjectChange,
  context: { readonly surroundings: Surroundings; readonly requestId: string; readonly sourceAddress: string },
): BusEvent {
  const { kind, bucket, key, size, etag, sequencer, reason } = change;
  return {
    source: 'aws.s3',
    detailType: kind === 'created' ? 'Object Created' : 'Object Deleted',
    resources: [`arn:aws:s3:::${bucket}`],
    timeMs: context.surroundings.clock.nowMs(),
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: kind === 'created' ? { key, size, etag, sequencer } : { key, sequencer },
      'request-id': context.requestId,
      requester: context.surroundings.accountId,
      'source-ip-address': context.sourceAddress,
      reason,
      ...(kind === 'deleted' ? { 'deletion-type': 'Permanently Deleted' } : {}),
    },
  };
}
