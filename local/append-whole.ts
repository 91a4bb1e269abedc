/** Appending to a file of lines, on a disk that may be full. */
import { fstatSync, ftruncateSync, writeSync } from 'node:fs';

/** As `writeSync`: how many of the bytes, from `offset` on, were written. */
export type Write = (file: number, bytes: Buffer, offset: number) => number;

/**
 * Appends all of it or nothing: what a full disk took before it refused is cut off again, since the next line would
 * join it, and neither could be read at the next start. `file` is open for appending ('a').
 * @throws what the disk answers; then nothing must be acknowledged
 */
export function appendWhole(file: number, bytes: Buffer, write: Write = writeSync): void {
  const { size } = fstatSync(file);
  try {
    for (let written = 0; written < bytes.length; ) written += write(file, bytes, written);
  } catch (error) {
    ftruncateSync(file, size);
    throw error;
  }
}
