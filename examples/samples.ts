/**
 * Small synthetic sequencing samples in the real format: pairs of gzipped FASTQ files with Illumina read names and
 * Phred+33 qualities. The same seed always gives the same reads. Nothing in them comes from a person.
 */
import { gzipSync } from 'node:zlib';

export interface SampleOptions {
  /** Read pairs in the sample. */
  readonly pairs?: number;
  /** Bases a read. */
  readonly readLength?: number;
  /** What makes this sample differ from others. Its name unless given. */
  readonly seed?: string;
}

/** The two files of a paired-end sample, gzipped. */
export interface SamplePair {
  readonly r1: Buffer;
  readonly r2: Buffer;
}

const GENOME_LENGTH = 5_000;
const FLOWCELL = 'SYNTH0001';
const INDEX = 'ATCACGTT+AGGCTATA';
const COMPLEMENT: Readonly<Record<string, string>> = { A: 'T', C: 'G', G: 'C', T: 'A' };

/** Makes a sample: fragments of one random genome, read from both ends. */
export function makeSamplePair(sample: string, options: SampleOptions = {}): SamplePair {
  const { pairs = 250, readLength = 100, seed = sample } = options;
  const random = createRandom(seed);
  const genome = Array.from({ length: GENOME_LENGTH }, () => pick('ACGT', random)).join('');
  const r1: string[] = [];
  const r2: string[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const length = readLength * 2 + Math.floor(random() * readLength);
    const start = Math.floor(random() * (GENOME_LENGTH - length));
    const fragment = genome.slice(start, start + length);
    const name = readName(pair, random);
    r1.push(readRecord(`${name} 1:N:0:${INDEX}`, fragment.slice(0, readLength), random));
    r2.push(readRecord(`${name} 2:N:0:${INDEX}`, reverseComplement(fragment).slice(0, readLength), random));
  }
  return { r1: gzip(r1.join('')), r2: gzip(r2.join('')) };
}

/** instrument:run:flowcell:lane:tile:x:y, as Illumina's instruments write it. */
function readName(pair: number, random: () => number): string {
  const tile = 1101 + Math.floor(pair / 100);
  return `@SIM01:1:${FLOWCELL}:1:${tile}:${1000 + Math.floor(random() * 20_000)}:${1000 + pair}`;
}

/** Four lines. Quality falls towards the end of a read, and a poor base is sometimes a wrong one. */
function readRecord(name: string, bases: string, random: () => number): string {
  let read = '';
  let qualities = '';
  for (let cycle = 0; cycle < bases.length; cycle += 1) {
    const quality = Math.max(2, Math.round(37 - (cycle / bases.length) * 8 - random() * 6));
    const wrong = random() < 10 ** (-quality / 10);
    read += wrong ? pick('ACGT', random) : bases[cycle];
    qualities += String.fromCharCode(33 + quality);
  }
  return `${name}\n${read}\n+\n${qualities}\n`;
}

function reverseComplement(bases: string): string {
  return [...bases]
    .reverse()
    .map((base) => COMPLEMENT[base] ?? 'N')
    .join('');
}

/** Without the time and the operating system that gzip usually notes, which would make equal samples differ. */
function gzip(text: string): Buffer {
  const bytes = gzipSync(text, { level: 6 });
  bytes.fill(0, 4, 8);
  bytes[9] = 255;
  return bytes;
}

function pick(letters: string, random: () => number): string {
  return letters[Math.floor(random() * letters.length)] ?? 'N';
}

/** Uniform in [0, 1): FNV-1a of the seed starts a mulberry32 sequence. Good enough for reads that look like reads. */
function createRandom(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
