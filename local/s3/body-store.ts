import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Slice {
  readonly offset: number;
  readonly length: number;
}

/** Bodies under names of our own making (sequencers); an object's key never becomes a file name. */
export interface BodyStore {
  write(name: string, body: Buffer): void;
  read(name: string): Buffer;
  /** A part of a body, without reading the rest of it. */
  slice(name: string, part: Slice): Buffer;
  remove(name: string): void;
  /** Removes all but the bodies in use. */
  sweep(used: ReadonlySet<string>): void;
}

export function bodiesInMemory(): BodyStore {
  const bodies = new Map<string, Buffer>();
  return {
    // A small body is a view of a larger block of the socket's; keeping the view would keep the block.
    write: (name, body) => void bodies.set(name, body.buffer.byteLength > 2 * body.length ? Buffer.from(body) : body),
    read: (name) => bodies.get(name) ?? Buffer.alloc(0),
    slice: (name, { offset, length }) => (bodies.get(name) ?? Buffer.alloc(0)).subarray(offset, offset + length),
    remove: (name) => void bodies.delete(name),
    sweep: () => {},
  };
}

/** One file a body, in 256 folders so that none grows huge. */
export function bodiesInFolder(root: string): BodyStore {
  const made = new Set<string>();
  const folderOf = (name: string) => join(root, name.slice(-2));
  const fileOf = (name: string) => join(folderOf(name), name);
  mkdirSync(root, { recursive: true });
  return {
    write(name, body) {
      const folder = folderOf(name);
      if (!made.has(folder)) mkdirSync(folder, { recursive: true });
      made.add(folder);
      writeFileSync(fileOf(name), body);
    },
    read: (name) => readFileSync(fileOf(name)),
    slice: (name, part) => sliceOfFile(fileOf(name), part),
    remove: (name) => rmSync(fileOf(name), { force: true }),
    sweep(used) {
      for (const folder of readdirSync(root)) {
        for (const name of readdirSync(join(root, folder))) {
          if (!used.has(name)) rmSync(join(root, folder, name), { force: true });
        }
      }
    },
  };
}

function sliceOfFile(file: string, { offset, length }: Slice): Buffer {
  const slice = Buffer.alloc(length);
  const descriptor = openSync(file, 'r');
  try {
    return slice.subarray(0, readSync(descriptor, slice, 0, length, offset));
  } finally {
    closeSync(descriptor);
  }
}
