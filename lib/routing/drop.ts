/** One version of one object that arrived in a bucket, as its event (and, where a route asks, HeadObject) told it. */
export interface Drop {
  readonly bucket: string;
  /** Raw, never URL-encoded. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Without the quotation marks that HTTP puts around it. */
  readonly etag: string;
  readonly versionId?: string;
  /** S3's own order of the events of one key, in hexadecimal digits. */
  readonly sequencer?: string;
  readonly timeMs: number;
  /** Full-object checksum, `ALGORITHM:value`, where S3 has one. */
  readonly checksum?: string;
  /** Absent means unknown, not STANDARD: no event carries it. */
  readonly storageClass?: string;
  /** Absent means unknown, not untagged: no event carries them. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Orders two sequencers of the same key as S3 says: the shorter is padded with zeros on the left, then they compare
 * as strings. A drop without a sequencer is older than any with one. Negative when `a` is older.
 */
export function compareSequencers(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const length = Math.max(a.length, b.length);
  return compareTexts(a.padStart(length, '0'), b.padStart(length, '0'));
}

/**
 * A total order of the deliveries of one key: by sequencer, else by time, then by content, last by how the sequencer is
 * written, so that whichever order they came in, the same one is the newest.
 */
export function compareDeliveries(a: Drop, b: Drop): number {
  return (
    compareSequencers(a.sequencer, b.sequencer) ||
    a.timeMs - b.timeMs ||
    compareTexts(a.versionId ?? '', b.versionId ?? '') ||
    compareTexts(a.etag, b.etag) ||
    a.sizeBytes - b.sizeBytes ||
    compareTexts(a.sequencer ?? '', b.sequencer ?? '')
  );
}

/** By UTF-16 code units: the same on every machine, unlike locale order. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
