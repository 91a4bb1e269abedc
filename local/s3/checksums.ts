import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../aws-error.ts';

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; of a composite checksum followed by `-` and the number of parts. */
  readonly value: string;
}

/** S3 computes this one itself when the client sends none. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = 'CRC64NVME';

/** The checksum of all pieces one after the other, in base64. */
export function computeChecksum(algorithm: ChecksumAlgorithm, pieces: readonly Buffer[]): string {
  switch (algorithm) {
    case 'CRC32': {
      const crc = pieces.reduce((sum, piece) => crc32(piece, sum), 0);
      return bigEndian([crc]);
    }
    case 'CRC32C':
      return bigEndian([crc32c(pieces)]);
    case 'CRC64NVME':
      return bigEndian(crc64nvme(pieces));
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm.toLowerCase());
      for (const piece of pieces) hash.update(piece);
      return hash.digest('base64');
    }
    default:
      return algorithm satisfies never;
  }
}

/** The checksum of the parts' checksums, as S3 gives it for multipart uploads of type COMPOSITE. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, partChecksums: readonly string[]): string {
  const raw = partChecksums.map((value) => Buffer.from(value, 'base64'));
  return `${computeChecksum(algorithm, raw)}-${partChecksums.length}`;
}

/**
 * The `x-amz-checksum-*` value among headers or trailers.
 * @throws AwsError InvalidRequest when there are several, or it cannot be one.
 */
export function checksumIn(headers: Readonly<Record<string, string | string[] | undefined>>): Checksum | undefined {
  const found = CHECKSUM_ALGORITHMS.flatMap((algorithm): Checksum[] => {
    const value = headers[checksumHeader(algorithm)];
    return typeof value === 'string' ? [{ algorithm, value }] : [];
  });
  if (found.length > 1) throw new AwsError('InvalidRequest', 'Expecting a single x-amz-checksum- header.');
  const [checksum] = found;
  if (checksum !== undefined && !/^[A-Za-z0-9+/]+={0,2}(-\d{1,5})?$/.test(checksum.value)) {
    throw new AwsError('InvalidRequest', `Value for ${checksumHeader(checksum.algorithm)} header is invalid.`);
  }
  return checksum;
}

/** @throws AwsError BadDigest when the body does not have the checksum that the client sent with it. */
export function verifyChecksum(expected: Checksum, pieces: readonly Buffer[]): void {
  const actual = computeChecksum(expected.algorithm, pieces);
  if (actual !== expected.value) throw badChecksum(expected.algorithm);
}

export function badChecksum(algorithm: ChecksumAlgorithm): AwsError {
  return new AwsError('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}

export function checksumHeader(algorithm: string): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** @throws AwsError InvalidRequest for a name that S3 does not know. */
export function algorithmNamed(name: unknown): ChecksumAlgorithm | undefined {
  if (name === undefined) return undefined;
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === String(name).toUpperCase());
  if (algorithm === undefined) {
    throw new AwsError(
      'InvalidRequest',
      `Checksum algorithm provided is unsupported: ${CHECKSUM_ALGORITHMS.join(', ')} are known.`,
    );
  }
  return algorithm;
}

function bigEndian(words: readonly number[]): string {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, index * 4);
  return bytes.toString('base64');
}

let crc32cTable: Uint32Array | undefined;

/** CRC-32 with Castagnoli's polynomial, bits reflected. */
function crc32c(pieces: readonly Buffer[]): number {
  crc32cTable ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    return value;
  });
  const table = crc32cTable;
  let crc = 0xffffffff;
  for (const piece of pieces) {
    for (let index = 0; index < piece.length; index++) {
      crc = (crc >>> 8) ^ (table[(crc ^ (piece[index] as number)) & 0xff] as number);
    }
  }
  return ~crc;
}

let crc64Tables: { readonly high: Uint32Array; readonly low: Uint32Array } | undefined;

/** CRC-64/NVME, bits reflected, in two halves because a bigint a byte would be some fifty times slower. */
function crc64nvme(pieces: readonly Buffer[]): [high: number, low: number] {
  crc64Tables ??= makeCrc64Tables();
  const { high: highTable, low: lowTable } = crc64Tables;
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const piece of pieces) {
    for (let index = 0; index < piece.length; index++) {
      const entry = (low ^ (piece[index] as number)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (lowTable[entry] as number);
      high = (high >>> 8) ^ (highTable[entry] as number);
    }
  }
  return [~high, ~low];
}

function makeCrc64Tables() {
  const tables = { high: new Uint32Array(256), low: new Uint32Array(256) };
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
    tables.high[byte] = Number(value >> 32n);
    tables.low[byte] = Number(value & 0xffffffffn);
  }
  return tables;
}
