/**
 * Where objects are kept: the persistence that fauxqs calls before a change shows. It gives each object its sequencer
 * and its checksum, writes it to disk when there is a data folder, and notes the change for its event.
 */
import { join } from 'node:path';
import type { FauxqsObject, FauxqsPersistence, FauxqsS3Store } from '../fauxqs-app.ts';
import { forgetfulJournal, type KeyedJournal, openKeyedJournal } from '../keyed-journal.ts';
import type { Surroundings } from '../ports.ts';
import { type BodyStore, bodiesInFolder, bodiesInMemory, type Slice } from './body-store.ts';
import { computeChecksum, DEFAULT_ALGORITHM } from './checksums.ts';

export type CreationReason = 'PutObject' | 'POST Object' | 'CopyObject' | 'CompleteMultipartUpload';

export interface ObjectChange {
  readonly kind: 'created' | 'deleted';
  readonly bucket: string;
  readonly key: string;
  readonly sequencer: string;
  readonly reason: CreationReason | 'DeleteObject';
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
}

/** Fauxqs copies every member of an object that it stores, so what is ours to know lives on the object itself. */
export interface KeptObject extends FauxqsObject {
  sequencer: string;
  reason: CreationReason;
  tags?: Record<string, string>;
}

export interface ObjectDetails {
  readonly reason: CreationReason;
  readonly tags?: Record<string, string> | undefined;
  readonly checksum?: Pick<FauxqsObject, 'checksumAlgorithm' | 'checksumValue' | 'checksumType' | 'partChecksums'>;
}

export class ObjectBook implements FauxqsPersistence {
  readonly #store: FauxqsS3Store;
  readonly #surroundings: Surroundings;
  readonly #journal: KeyedJournal;
  readonly #bodies: BodyStore;
  #lastSequencer = 0n;
  #details: ObjectDetails = { reason: 'PutObject' };
  #changes: ObjectChange[] = [];
  #closed = false;

  /** Loads what is on disk into the store, and keeps what changes in it from now on. */
  constructor(store: FauxqsS3Store, surroundings: Surroundings) {
    this.#store = store;
    this.#surroundings = surroundings;
    const folder = surroundings.dataDir;
    this.#journal = folder === undefined ? forgetfulJournal : openKeyedJournal(join(folder, 'objects.jsonl'));
    this.#bodies = folder === undefined ? bodiesInMemory() : bodiesInFolder(join(folder, 'bodies'));
    this.#load();
    store.persistence = this;
  }

  /** Runs one change of the store, which happens at once, and gives its result and what it changed. */
  change<T>(details: ObjectDetails, action: () => T): { result: T; changes: readonly ObjectChange[] } {
    this.#details = details;
    this.#changes = [];
    return { result: action(), changes: this.#changes };
  }

  /** All objects, in the order in which they were created. */
  all(): { bucket: string; object: KeptObject }[] {
    const all = [...this.#store.buckets].flatMap(([bucket, objects]) =>
      [...objects.values()].map((object) => ({ bucket, object: object as KeptObject })),
    );
    return all.sort((a, b) => (a.object.sequencer < b.object.sequencer ? -1 : 1));
  }

  object(bucket: string, key: string): KeptObject | undefined {
    return this.#store.buckets.get(bucket)?.get(key) as KeptObject | undefined;
  }

  setTags(bucket: string, object: KeptObject, tags: Record<string, string>): void {
    const changed = { ...object, tags };
    this.#journal.put(objectKey(bucket, object.key), journalEntry(changed));
    object.tags = tags;
  }

  close(): void {
    if (!this.#closed) this.#journal.close();
    this.#closed = true;
  }

  insertBucket(name: string, creationDate: Date): void {
    this.#journal.put(`bucket:${name}`, { createdMs: creationDate.getTime() });
  }

  deleteBucket(name: string): void {
    this.#journal.remove(`bucket:${name}`);
  }

  upsertObject(bucket: string, object: FauxqsObject): void {
    const { reason, tags, checksum } = this.#details;
    const sequencer = this.#nextSequencer();
    const previous = this.object(bucket, object.key);
    Object.assign(
      object,
      checksum ?? defaultChecksum(object),
      { sequencer, reason },
      tags === undefined ? {} : { tags },
    );
    const kept = object as KeptObject;
    kept.lastModified = new Date(this.#surroundings.clock.nowMs());
    // The journal's line is what makes the object exist; a body without one is swept away at the next start.
    this.#bodies.write(sequencer, object.body);
    this.#journal.put(objectKey(bucket, object.key), journalEntry(kept));
    if (previous !== undefined) this.#bodies.remove(previous.sequencer);
    this.#changes.push(changeOf(bucket, kept));
  }

  completeMultipartUpload(_uploadId: string, bucket: string, object: FauxqsObject): void {
    this.upsertObject(bucket, object);
  }

  /** Fauxqs calls this when the object is out of its map already; `remove` has done what is to do. */
  deleteObject(): void {}

  /** Deletes an object if it is there. */
  remove(bucket: string, key: string): readonly ObjectChange[] {
    const object = this.object(bucket, key);
    if (object === undefined) return [];
    const sequencer = this.#nextSequencer();
    this.#journal.remove(objectKey(bucket, key));
    this.#journal.put('sequencer', sequencer);
    this.#store.deleteObject(bucket, key);
    this.#bodies.remove(object.sequencer);
    return [{ ...changeOf(bucket, object), kind: 'deleted', reason: 'DeleteObject', sequencer }];
  }

  readBody(bucket: string, key: string): Buffer {
    const object = this.object(bucket, key);
    return object === undefined ? Buffer.alloc(0) : this.#bodies.read(object.sequencer);
  }

  slice(object: KeptObject, part: Slice): Buffer {
    return this.#bodies.slice(object.sequencer, part);
  }

  // Unfinished uploads live in memory only and end with the process.
  insertMultipartUpload(): void {}
  upsertMultipartPart(): void {}
  deleteMultipartUpload(): void {}

  /** Rises with every change, also across restarts and when the clock stands still. */
  #nextSequencer(): string {
    const byClock = BigInt(Math.floor(this.#surroundings.clock.nowMs())) << 16n;
    this.#lastSequencer = byClock > this.#lastSequencer ? byClock : this.#lastSequencer + 1n;
    return this.#lastSequencer.toString(16).toUpperCase().padStart(16, '0');
  }

  #load(): void {
    const entries = [...this.#journal.loaded];
    for (const [name, value] of entries) {
      if (name === 'sequencer') this.#raiseSequencer(String(value));
      if (!name.startsWith('bucket:')) continue;
      const bucket = name.slice('bucket:'.length);
      this.#store.createBucket(bucket);
      this.#store.setBucketCreationDate(bucket, new Date((value as { createdMs: number }).createdMs));
    }
    const used = new Set<string>();
    for (const [name, value] of entries) {
      if (!name.startsWith('object:')) continue;
      const object = objectOf(value);
      used.add(object.sequencer);
      this.#raiseSequencer(object.sequencer);
      this.#store.restoreObject(name.slice('object:'.length, name.indexOf('/')), object);
    }
    this.#bodies.sweep(used);
  }

  #raiseSequencer(sequencer: string): void {
    const value = BigInt(`0x${sequencer}`);
    if (value > this.#lastSequencer) this.#lastSequencer = value;
  }
}

export function changeOf(bucket: string, object: KeptObject): ObjectChange {
  return {
    kind: 'created',
    bucket,
    key: object.key,
    sequencer: object.sequencer,
    reason: object.reason,
    size: object.contentLength,
    etag: object.etag.replaceAll('"', ''),
  };
}

function defaultChecksum(object: FauxqsObject): ObjectDetails['checksum'] {
  const checksumValue = computeChecksum(DEFAULT_ALGORITHM, [object.body]);
  return { checksumAlgorithm: DEFAULT_ALGORITHM, checksumValue, checksumType: 'FULL_OBJECT' };
}

/** Bucket names hold no slash, so the pair is unambiguous. */
function objectKey(bucket: string, key: string): string {
  return `object:${bucket}/${key}`;
}

function journalEntry(object: KeptObject): Record<string, unknown> {
  const { body: _body, lastModified, ...rest } = object;
  return { ...rest, lastModifiedMs: lastModified.getTime() };
}

/** The journal is our own, so its entries have the shape that `journalEntry` gave them. */
function objectOf(entry: unknown): KeptObject {
  const { lastModifiedMs, ...rest } = entry as Omit<KeptObject, 'body' | 'lastModified'> & { lastModifiedMs: number };
  return { ...rest, body: Buffer.alloc(0), lastModified: new Date(lastModifiedMs) };
}
