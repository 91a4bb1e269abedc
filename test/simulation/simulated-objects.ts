/** S3: objects that come, change and go, and the events that say so. */
import type { FaultTally } from './fault-tally.ts';
import type { Journal } from './journal.ts';
import type { Timeline } from './timeline.ts';

export interface StoredObject {
  readonly etag: string;
  readonly sizeBytes: number;
  readonly text: string;
}

/** What happened to one key. */
export interface ObjectChange {
  readonly atMs: number;
  readonly key: string;
  /** Absent when it was deleted. */
  readonly etag?: string;
}

export const BUCKET = 'drops';

export class SimulatedObjects {
  readonly stored = new Map<string, StoredObject>();
  readonly changes: ObjectChange[] = [];
  readonly #timeline: Timeline;
  readonly #journal: Journal;
  readonly #tally: FaultTally;
  readonly #announce: (event: Readonly<Record<string, unknown>>) => void;
  #sequence = 0;

  constructor(
    {
      timeline,
      journal,
      tally,
    }: { readonly timeline: Timeline; readonly journal: Journal; readonly tally: FaultTally },
    announce: (event: Readonly<Record<string, unknown>>) => void,
  ) {
    this.#timeline = timeline;
    this.#journal = journal;
    this.#tally = tally;
    this.#announce = announce;
  }

  put(key: string, text: string, etag = `etag-${this.#sequence + 1}`): void {
    this.#sequence += 1;
    const { nowMs } = this.#timeline;
    if (this.stored.has(key)) this.#tally.add('object overwritten');
    this.stored.set(key, { etag, sizeBytes: text.length, text });
    this.changes.push({ atMs: nowMs, key, etag });
    this.#journal.write(nowMs, `s3 put ${key} ${etag}`);
    const sequencer = this.#sequence.toString(16).toUpperCase().padStart(6, '0');
    this.#announce({
      version: '0',
      source: 'aws.s3',
      'detail-type': 'Object Created',
      time: new Date(nowMs).toISOString(),
      detail: { bucket: { name: BUCKET }, object: { key, size: text.length, etag, sequencer } },
    });
  }

  remove(key: string): void {
    if (!this.stored.delete(key)) return;
    this.#tally.add('object deleted');
    this.changes.push({ atMs: this.#timeline.nowMs, key });
    this.#journal.write(this.#timeline.nowMs, `s3 delete ${key}`);
  }
}
