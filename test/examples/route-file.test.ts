import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRouteFile, routingOf } from '../../cli/routing.ts';
import { makeExamples } from '../../examples/demo.ts';

const file = await readRouteFile(join(import.meta.dirname, '..', '..', 'rundrop.yaml'));
const routing = routingOf(file);

test('ships a route file without a warning', () => {
  expect(file.warnings).toEqual([]);
});

test('ships a route for every example', () => {
  for (const { objects } of makeExamples()) {
    for (const { bucket, key, body } of objects) {
      expect(routing.match({ bucket, key, sizeBytes: body.length, etag: 'x' })).toHaveProperty('route');
    }
  }
});

test('lists sample names as sensitive wherever a key carries one', () => {
  for (const route of file.routes) {
    if (route.pattern.names.includes('sample')) expect(route.sensitive).toContain('sample');
  }
});

test.each([
  ['SYN-1_R2.fastq.gz', 'fastq/SYN-1_R2.fastq.gz'],
  ['SYN-1.cram', 'cram/SYN-1.cram'],
  ['order.json', 'requests/order.json'],
])('has a place for the file %s', (name, key) => {
  expect(routing.placeFor(name)).toEqual({ bucket: 'acme-incoming', key });
});

test('has no place for a file that no route would take there', () => {
  expect(routing.placeFor('notes.txt')).toBeUndefined();
});

test('says which route is nearest to a key that none takes, and where they part', () => {
  const object = { bucket: 'acme-incoming', key: 'fastq/SYN-1_R3.fastq.gz', sizeBytes: 1, etag: 'x' };
  expect(routing.match(object)).toEqual({
    problem:
      "no route takes it; nearest is germline: the key matches 'fastq/SYN-1_R' but then '3.fastq.gz' does not match '{read,[12]}.fastq.gz'",
  });
});
