import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { makeExamples } from '../../examples/demo.ts';
import { makeSamplePair } from '../../examples/samples.ts';

interface Read {
  readonly name: string;
  readonly mate: string;
  readonly bases: string;
  readonly qualities: string;
}

/** Parses FASTQ strictly: four lines a record, `@` and `+` lines, as many qualities as bases. */
function parseFastq(gzipped: Buffer): Read[] {
  const text = gunzipSync(gzipped).toString('latin1');
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n');
  expect(lines.length % 4).toBe(0);
  return Array.from({ length: lines.length / 4 }, (_, record) => {
    const [head = '', bases = '', plus, qualities = ''] = lines.slice(record * 4, record * 4 + 4);
    expect(plus).toBe('+');
    expect(bases).toMatch(/^[ACGTN]+$/);
    expect(qualities).toMatch(/^[!-I]+$/);
    expect(qualities).toHaveLength(bases.length);
    const [, name, mate] = /^@([^:\s]+:\d+:[^:\s]+:\d+:\d+:\d+:\d+) ([12]):N:0:[ACGT+]+$/.exec(head) ?? [];
    if (name === undefined || mate === undefined) throw new Error(`not an Illumina read name: ${head}`);
    return { name, mate, bases, qualities };
  });
}

test('makes valid FASTQ whose mates have the same names in the same order', () => {
  const { r1, r2 } = makeSamplePair('SYN-0001', { pairs: 300, readLength: 75 });
  const [first, second] = [parseFastq(r1), parseFastq(r2)];
  expect(first).toHaveLength(300);
  expect(second.map(({ name }) => name)).toEqual(first.map(({ name }) => name));
  expect(new Set(first.map(({ name }) => name)).size).toBe(300);
  expect(first.every(({ mate, bases }) => mate === '1' && bases.length === 75)).toBe(true);
  expect(second.every(({ mate }) => mate === '2')).toBe(true);
});

test('makes the same bytes from the same seed and others from another', () => {
  const [once, again] = [makeSamplePair('SYN-0001'), makeSamplePair('SYN-0001')];
  expect(once.r1.equals(again.r1) && once.r2.equals(again.r2)).toBe(true);
  expect(once.r1.equals(makeSamplePair('SYN-0002').r1)).toBe(false);
  expect(once.r1.equals(makeSamplePair('other', { seed: 'SYN-0001' }).r1)).toBe(true);
});

test('notes neither time nor operating system in the gzip header', () => {
  const { r1 } = makeSamplePair('SYN-0001', { pairs: 1 });
  expect([...r1.subarray(4, 8), r1[9]]).toEqual([0, 0, 0, 0, 255]);
});

test('keeps every example small and under a key of its own', () => {
  const objects = makeExamples().flatMap((example) => example.objects);
  expect(new Set(objects.map(({ key }) => key)).size).toBe(objects.length);
  expect(objects.every(({ body }) => body.length > 0 && body.length < 100_000)).toBe(true);
});
