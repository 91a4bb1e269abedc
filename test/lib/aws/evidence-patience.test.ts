/** Evidence that nobody answers for fails in time, so that the try is counted and the outcome is told. */
import { OmicsClient } from '@aws-sdk/client-omics';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createEvidenceStore } from '../../../lib/aws/evidence.ts';
import { createRunArchive } from '../../../lib/aws/run-archive.ts';
import { stubFunctionEnvironment } from '../../support/function-environment.ts';
import { type ServedService, serveSilence } from '../../support/service-server.ts';

let silent: ServedService;
beforeEach(async () => {
  silent = await serveSilence();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await silent.stop();
});

const PATIENCE_MS = 20;

it('waits no longer than it may for a bucket from which nothing comes back', async () => {
  stubFunctionEnvironment(silent.client.endpoint);
  const store = createEvidenceStore(PATIENCE_MS);
  await expect(store.put('outcomes/2026/01/a.json', '{}')).rejects.toMatchObject({ name: 'AbortError' });
  const mark = { uri: 's3://evidence/runs/a.json', etag: '', sha256: '' };
  await expect(store.read(mark)).rejects.toMatchObject({ name: 'AbortError' });
});

it('waits no longer than it may for what HealthOmics knows of a run', async () => {
  const omics = new OmicsClient({ ...silent.client, disableHostPrefix: true });
  const archive = createRunArchive(() => omics, PATIENCE_MS);
  for (const ask of [() => archive.run('1'), () => archive.tasks('1'), () => archive.task('1', '2')])
    await expect(ask()).rejects.toMatchObject({ name: 'AbortError' });
  omics.destroy();
});
