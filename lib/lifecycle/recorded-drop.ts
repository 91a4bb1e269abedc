import type { DropRecord } from '../ledger/drops.ts';
import type { Drop } from '../routing/drop.ts';

/** The drop that the ledger keeps a record of, as far as its event told it. */
export function recordedDrop(record: DropRecord): Drop {
  const { bucket, key, etag, sizeBytes, versionId, sequencer, time } = record;
  return {
    bucket,
    key,
    etag,
    sizeBytes,
    timeMs: Date.parse(time),
    ...(versionId === undefined ? {} : { versionId }),
    ...(sequencer === undefined ? {} : { sequencer }),
  };
}
