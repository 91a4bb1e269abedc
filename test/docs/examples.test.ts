/** Every YAML example of the documentation is a route file, or a route of one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadRouteFile, type RouteFile } from '../../lib/routing/route-file.ts';
import { routeFileSchema } from '../../lib/routing/route-file-schema.ts';
import { ROOT } from '../source-tree.ts';

const HEAD = `version: 1
defaults:
  roleArn: \${env:HEALTHOMICS_ROLE_ARN}
  outputUri: s3://acme-results/{route}/
  retentionMode: RETAIN
  storageType: DYNAMIC
routes:
`;

interface Example {
  readonly name: string;
  readonly text: string;
}

const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const examples = pages.flatMap(examplesOf);

function examplesOf(page: string): Example[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
  // settings.yml is YAML, too, and packaging holds it against its own rules.
  const ofRoutes = blocks.filter(([, body = '']) => !/^default:/.test(body));
  return ofRoutes.map((found) => {
    const line = text.slice(0, found.index).split('\n').length;
    const [, body = ''] = found;
    const isRoute = /^- name:/.test(body);
    return { name: `${page}:${line}`, text: isRoute ? HEAD + body.replaceAll(/^(?=.)/gm, '  ') : body };
  });
}

function load(text: string): RouteFile {
  const environment = { HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::123456789012:role/omics' };
  return loadRouteFile(text, { fileName: 'rundrop.yaml', environment, hash: () => '' });
}

describe('examples of the documentation', () => {
  test('are there', () => {
    expect(examples.filter(({ name }) => name.startsWith('README.md'))).not.toEqual([]);
    expect(examples.filter(({ name }) => name.startsWith('docs/routes.md')).length).toBeGreaterThan(9);
  });

  test.each(examples)('$name loads without a warning', ({ text }) => {
    expect(load(text).warnings).toEqual([]);
  });

  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(
    routeFileSchema(),
  );
  test.each(examples)('$name is valid by the schema', ({ text }) => {
    expect(validate(parse(text)) ? [] : validate.errors).toEqual([]);
  });
});

describe('the reference', () => {
  const reference = readFileSync(join(ROOT, 'docs', 'routes.md'), 'utf8');

  test('names every key of the route file and every member of StartRun', () => {
    const keys = new Set<string>();
    const visit = (schema: unknown) => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties } = schema as { properties?: object };
      for (const key of Object.keys(properties ?? {})) keys.add(key);
      for (const inner of Object.values(schema)) visit(inner);
    };
    visit(routeFileSchema());
    expect([...keys].filter((key) => !new RegExp(`[\`{ ]${key}\\b`).test(reference))).toEqual([]);
  });
});

describe('recipes', () => {
  const route = (name: string) => {
    const example = examples.find(({ text }) => text.includes(`- name: ${name}\n`));
    const found = load(example?.text ?? '').routes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no recipe ${name}`);
    return found;
  };

  test.each([
    [
      'four-lanes',
      'fastq/HX7/NA12878_S12_L003_R2_001.fastq.gz',
      { flowcell: 'HX7', sample: 'NA12878', _n: '12', lane: '003', read: '2' },
    ],
    ['run-folder', 'bcl/261122_A01/SampleSheet.csv', { folder: '261122_A01', file: 'SampleSheet.csv' }],
    ['sarek', 'sarek/c1/samplesheet.csv', { cohort: 'c1' }],
    ['cram-with-index', 'cram/A.b.cram.crai', { sample: 'A.b', kind: 'cram.crai' }],
    ['cram-with-index', 'cram/A.b.cram', { sample: 'A.b', kind: 'cram' }],
    ['trio', 'trios/F1/mother_R1.fastq.gz', { family: 'F1', role: 'mother', read: '1' }],
    ['ready2run', 'wgs/S1_R2.fastq.gz', { sample: 'S1', read: '2' }],
  ])('%s takes %s', (name, key, wildcards) => {
    expect(route(name).pattern.match(key)).toEqual(wildcards);
  });
});
