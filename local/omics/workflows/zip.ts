/** Reads files from a zip archive in memory; enough for workflow definitions. */
import { inflateRawSync } from 'node:zlib';

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const LONGEST_COMMENT_BYTES = 65_535;
const MOST_ENTRIES = 10_000;
const STORED = 0;
const DEFLATED = 8;

export interface ZipEntry {
  readonly name: string;
  /** Throws when the content is damaged, packed in an unknown way, or larger than `limitBytes`. */
  read(limitBytes: number): Buffer;
}

/** The archive's files by name; undefined when it is not a zip. */
export function readZip(archive: Buffer): ReadonlyMap<string, ZipEntry> | undefined {
  const end = findEnd(archive);
  if (end === undefined) return undefined;
  const count = archive.readUInt16LE(end + 10);
  let place = archive.readUInt32LE(end + 16);
  if (count > MOST_ENTRIES) return undefined;
  const entries = new Map<string, ZipEntry>();
  for (let i = 0; i < count; i += 1) {
    if (place + 46 > archive.length || archive.readUInt32LE(place) !== ENTRY_SIGNATURE) return undefined;
    const nameBytes = archive.readUInt16LE(place + 28);
    const name = archive.toString('utf8', place + 46, place + 46 + nameBytes);
    if (!name.endsWith('/')) entries.set(name, entryAt(archive, place, name));
    place += 46 + nameBytes + archive.readUInt16LE(place + 30) + archive.readUInt16LE(place + 32);
  }
  return entries;
}

function findEnd(archive: Buffer): number | undefined {
  const lowest = Math.max(0, archive.length - END_BYTES - LONGEST_COMMENT_BYTES);
  for (let place = archive.length - END_BYTES; place >= lowest; place -= 1) {
    if (archive.readUInt32LE(place) === END_SIGNATURE) return place;
  }
  return undefined;
}

function entryAt(archive: Buffer, place: number, name: string): ZipEntry {
  const method = archive.readUInt16LE(place + 10);
  const packedBytes = archive.readUInt32LE(place + 20);
  const header = archive.readUInt32LE(place + 42);
  return {
    name,
    read(limitBytes) {
      const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
      const packed = archive.subarray(start, start + packedBytes);
      if (method === DEFLATED) return inflateRawSync(packed, { maxOutputLength: limitBytes });
      if (method !== STORED || packed.length > limitBytes) throw new Error(`${name} in the zip cannot be read.`);
      return packed;
    },
  };
}
