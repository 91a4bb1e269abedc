/** Evidence that nobody answers for fails in time, so that the try is counted and the outcome is told. */
import { OmicsClient } from '@aws-sdk/client-omics';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEvidenceStore } from '../../../lib/aws/evidence.ts';
import { createRunArchive } from '../../../lib/aws/run-archive.ts';
import { type ServedService, serveSilence } from '../../support/service-server.ts';

let silent: ServedService;
beforeEach(async () => {
  silent = await serveSilence();
});
afterEach(() => silent.stop());

const PATIENCE = { patienceMs: 20 };

it('waits no longer than it may for a bucket from which nothing comes back', async () => {
  const s3 = new S3Client({ ...silent.client, forcePathStyle: true });
  const store = createEvidenceStore({ s3, bucket: 'evidence', ...PATIENCE });
  await expect(store.put('outcomes/2026/01/a.json', '{}')).rejects.toMatchObject({ name: 'AbortError' });
  const mark = { uri: 's3://evidence/runs/a.json', etag: '', sha256: '' };
  await expect(store.read(mark)).rejects.toMatchObject({ name: 'AbortError' });
  s3.destroy();
});

it('waits no longer than it may for what HealthOmics knows of a run', async () => {
  const omics = new OmicsClient({ ...silent.client, disableHostPrefix: true });
  const archive = createRunArchive(() => omics, PATIENCE.patienceMs);
  for (const ask of [() => archive.run('1'), () => archive.tasks('1'), () => archive.task('1', '2')])
    await expect(ask()).rejects.toMatchObject({ name: 'AbortError' });
  omics.destroy();
});
