import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateRoutes, routesThatMayCover } from '../../../lib/routing/route-index.ts';
import { load, ROLE_ARN } from './load-routes.ts';

const PATTERNS = [
  'fastq/{_f}/{_s}_R{_r,[12]}.fastq.gz',
  'fastq/lab-1/{_s}.cram',
  'fastq/{_f}/lab-1/{_s}.bam',
  'fastq/{_f}/LAB1-{_s}.bam',
  '{_s}.cram',
  '{_path,.+}/lab-1/{_s}.cram',
  '{_path,.+}',
  'lab-1/{_path,.*}',
  '{_a}/{_b}/{_c}',
  '{_a}lab-1{_b}',
  'exact/key.txt',
  '{_x,[a-z/]+}.gz',
];

const file = load(`version: 1
defaults: { roleArn: ${ROLE_ARN}, retentionMode: REMOVE, storageType: DYNAMIC, outputUri: s3://acme-results/out/ }
routes:
${PATTERNS.map((key, index) => `  - { name: r${index}, on: { bucket: acme-incoming, key: '${key}' }, run: { workflowId: "1" } }`).join('\n')}
  - name: marked
    on: { bucket: acme-incoming, key: 'bcl/{f}/{_x}.bcl' }
    gather: { by: f, needs: { marker: 'done/{f}/CopyComplete.txt' } }
    run: { workflowId: "1" }
`);

const pieces = fc.constantFrom(
  'fastq',
  'lab-1',
  'LAB1-',
  '/',
  '/',
  'a',
  '_R1',
  '.fastq.gz',
  '.cram',
  '.bam',
  '.gz',
  'exact',
  'key.txt',
  '',
);
const key = fc.array(pieces, { maxLength: 8 }).map((all) => all.join(''));

describe('the routes that are looked at for a key', () => {
  it('are among them all that match it, in the order of the file', () => {
    fc.assert(
      fc.property(key, (text) => {
        const candidates = candidateRoutes(file.routes, 'acme-incoming', text);
        const positions = candidates.map((route) => file.routes.indexOf(route));
        expect(positions).toEqual(positions.toSorted((a, b) => a - b));
        const matching = file.routes.filter(({ pattern }) => pattern.match(text) !== undefined);
        expect(matching.filter((route) => !candidates.includes(route)).map(({ name }) => name)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are found by their marker as well, and only in their bucket', () => {
    const names = (bucket: string) =>
      candidateRoutes(file.routes, bucket, 'done/f1/CopyComplete.txt').map(({ name }) => name);
    expect(names('acme-incoming')).toContain('marked');
    expect(names('acme-other')).toEqual([]);
  });

  it('are few where the routes differ', () => {
    const many = load(`version: 1
defaults: { roleArn: ${ROLE_ARN}, retentionMode: REMOVE, storageType: DYNAMIC, outputUri: s3://acme-results/out/ }
routes:
${Array.from({ length: 200 }, (_, lab) => `  - { name: r${lab}, on: { bucket: acme-incoming, key: 'in/{_f}/lab-${lab}/{_s}_R{_r}.gz' }, run: { workflowId: "1" } }`).join('\n')}
`);
    expect(candidateRoutes(many.routes, 'acme-incoming', 'in/f/lab-7/s_R1.gz').map(({ name }) => name)).toEqual(['r7']);
  });
});

describe('the routes that may stand in the way of another', () => {
  it('are among them every one whose pattern is the same or wider', () => {
    const [pair] = file.routes;
    if (pair === undefined) throw new Error('the file has no route');
    const names = routesThatMayCover(file.routes, 'acme-incoming', pair.pattern).map(({ pattern }) => pattern.text);
    for (const wider of [pair.pattern.text, '{_a}/{_b}/{_c}', '{_path,.+}']) expect(names).toContain(wider);
  });
});
