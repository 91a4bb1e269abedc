import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { dropLines } from '../../../cli/up/banner.ts';
import { fileOf, load, ROLE_ARN } from '../../lib/routing/load-routes.ts';
import { ROOT } from '../command-line.ts';

test('says how to drop a pair, as the README shows it, where a route takes one', async () => {
  const shipped = load(await readFile(`${ROOT}/rundrop.yaml`, 'utf8'), { HEALTHOMICS_ROLE_ARN: ROLE_ARN });
  const readme = await readFile(`${ROOT}/README.md`, 'utf8');
  expect(dropLines(shipped)).toHaveLength(2);
  expect(readme).toContain(dropLines(shipped).join('\n'));
});

test('names the keys of the first route where no route takes a pair, and nothing without routes', () => {
  const cram = load(fileOf("on: { bucket: lab-in, key: 'cram/{_sample}.cram' }"));
  expect(dropLines(cram)).toEqual(["  Drop:   aws s3 cp FILE 's3://lab-in/cram/{_sample}.cram'"]);
  expect(dropLines({ ...cram, routes: [] })).toEqual([]);
});
