import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rundrop } from './command-line.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rundrop-check-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function routes(text: string): Promise<string> {
  const path = join(folder, 'routes.yaml');
  await writeFile(path, text);
  return path;
}

const SOUND = `version: 1
defaults: { roleArn: 'arn:aws:iam::123456789012:role/omics', outputUri: s3://acme-results/, retentionMode: REMOVE, storageType: DYNAMIC }
routes:
  - name: one
    on: { bucket: acme-incoming, key: 'cram/{sample}.cram' }
    run: { workflowId: "1", parameters: { cram: '{uri}', sample: '{sample}' } }
`;

test('finds nothing wrong with the file that ships, and speaks to no target', async () => {
  const { exitStatus, stdout, stderr } = await rundrop(['check', '--strict']);
  expect({ exitStatus, stderr }).toEqual({ exitStatus: 0, stderr: '' });
  expect(stdout).toMatch(/rundrop\.yaml: 4 routes, 1 schedule: 0 errors, 0 warnings\n$/);
});

test('names line, column and what was meant, every problem at once, and ends with 1', async () => {
  const file = await routes(SOUND.replace('workflowId', 'workflowID').replace("'{sample}'", "'{sampel}'"));
  const { exitStatus, stdout } = await rundrop(['check', '--routes', file]);
  expect(exitStatus).toBe(1);
  expect(stdout).toContain(`error: ${file}:6:12: routes[0].run.workflowID: unknown member`);
  expect(stdout).toContain('did you mean "workflowId"?');
  expect(stdout).toContain('did you mean "{sample}"?');
  expect(stdout).toMatch(/3 errors, 0 warnings\n$/);
});

test('warnings fail only with --strict', async () => {
  const past =
    "schedules: [{ name: once, at: '2020-01-01T00:00:00', run: { workflowId: '1', storageType: DYNAMIC } }]\n";
  const file = await routes(SOUND.replace('storageType: DYNAMIC', 'logLevel: ALL') + past);
  const lenient = await rundrop(['check', '--routes', file]);
  expect(lenient.exitStatus).toBe(0);
  expect(lenient.stdout).toContain(`warning: ${file}:6:10: routes[0].run: storageType is not given`);
  expect(lenient.stdout).toContain('"once" will never run: 2020-01-01T00:00:00 has passed in UTC');
  expect(await rundrop(['check', '--routes', file, '--strict'])).toMatchObject({ exitStatus: 1 });
});

test('says what prune would delete, and what it deletes', async () => {
  const dry = await rundrop(['check', '--routes', await routes(`${SOUND}prune: { olderThan: 90d }\n`)]);
  expect(dry.stdout).toContain('prune is a dry run: it would delete RETAIN runs that Rundrop started, 90 days after');
  const real = 'prune: { olderThan: 30d, runs: all, dryRun: false }\n';
  const { stdout } = await rundrop(['check', '--routes', await routes(SOUND + real)]);
  expect(stdout).toContain(
    'prune deletes RETAIN runs whoever started them, 30 days after they ended COMPLETED, at most 50',
  );
});

test('prints errors, warnings and notes as JSON', async () => {
  const good = await rundrop(['check', '--routes', await routes(SOUND), '--json']);
  expect(JSON.parse(good.stdout)).toMatchObject({
    ok: true,
    routes: 1,
    schedules: 0,
    errors: [],
    warnings: [],
    notes: [expect.stringContaining('ETag')],
  });
  const bad = await rundrop(['check', '--routes', await routes('version: 1\nroutes: x\n'), '--json']);
  expect(bad.exitStatus).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({
    ok: false,
    errors: [{ line: 2, column: 9, path: 'routes', message: expect.stringContaining('list') }],
  });
});

test('says that a file is not there', async () => {
  const { exitStatus, stderr } = await rundrop(['check', '--routes', join(folder, 'none.yaml')]);
  expect(exitStatus).toBe(1);
  expect(stderr).toContain('there is no such file');
});

test('notes where the rule of a bucket takes more than its routes ask for', async () => {
  const file = await routes(SOUND.replace('cram/{sample}.cram', '{sample,.*}'));
  const { stdout } = await rundrop(['check', '--routes', file]);
  expect(stdout).toContain(
    'note: acme-incoming: its rule takes every object of the bucket, because a route says neither',
  );
});
