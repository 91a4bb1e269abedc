/** The evidence store and the archive of runs over the laptop's own S3 and HealthOmics. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEvidenceStore } from '../../../lib/aws/evidence.ts';
import { createFauxqsApp } from '../../../local/fauxqs-app.ts';
import { type Gateway, startGateway } from '../../../local/gateway/gateway.ts';
import { createS3 } from '../../../local/s3/s3.ts';
import { testSurroundings } from '../../local/gateway/behind-gateway.ts';
import { stubFunctionEnvironment } from '../../support/function-environment.ts';

let gateway: Gateway;
beforeAll(async () => {
  const surroundings = testSurroundings();
  const s3 = createS3(surroundings, { app: createFauxqsApp(), events: { put: async () => undefined } });
  await s3.createBucket('evidence');
  gateway = await startGateway({ port: 0, services: [s3], surroundings });
  stubFunctionEnvironment(gateway.endpoint);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await gateway.close();
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the evidence store', () => {
  it('writes an object, says which bytes they are, and reads them back', async () => {
    const store = createEvidenceStore();
    const mark = await store.put('outcomes/2026/01/a.json', '{"a":1}');
    expect(mark).toEqual({
      uri: 's3://evidence/outcomes/2026/01/a.json',
      etag: createHash('md5').update('{"a":1}').digest('hex'),
      sha256: sha256('{"a":1}'),
    });
    expect(await store.read(mark)).toBe('{"a":1}');
  });

  it('leaves what is there as it is, and says what that is', async () => {
    const store = createEvidenceStore();
    const first = await store.put('outcomes/2026/01/b.json', 'first');
    expect(await store.put('outcomes/2026/01/b.json', 'second')).toEqual(first);
    expect(first.sha256).toBe(sha256('first'));
    expect(await store.read(first)).toBe('first');
  });

  it('reads nothing where nothing is', async () => {
    const uri = 's3://evidence/runs/none.json';
    expect(await createEvidenceStore().read({ uri, etag: '', sha256: '' })).toBeUndefined();
  });
});
