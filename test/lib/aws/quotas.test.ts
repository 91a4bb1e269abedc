import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQuotas } from '../../../lib/aws/quotas.ts';
import { createServiceQuotas } from '../../../local/servicequotas/servicequotas.ts';
import { type ServedService, serve, serveSilence, testSurroundings } from '../../support/service-server.ts';

const clock = { nowMs: () => 0 };

describe("the account's quotas", () => {
  let served: ServedService;
  beforeAll(async () => {
    served = await serve(createServiceQuotas(testSurroundings(), { initial: { 'L-C9679DBC': 200 } }));
  });
  afterAll(() => served.stop());

  it('are read live', async () => {
    const warnings: string[] = [];
    const log = { info: () => {}, warn: (message: string) => void warnings.push(message), error: () => {} };
    const quotas = createQuotas(clock, log, new ServiceQuotasClient(served.client));
    const { storedRuns, activeRunsStatic } = await quotas.all();
    expect(storedRuns).toEqual({ value: 200, source: 'applied' });
    expect(activeRunsStatic.value).toBe(10);
    expect(warnings).toEqual([]);
  });

  it('fall back to what AWS documents, and say so, when Service Quotas does not answer', async () => {
    const warnings: string[] = [];
    const log = { info: () => {}, warn: (message: string) => void warnings.push(message), error: () => {} };
    const client = new ServiceQuotasClient({ ...served.client, endpoint: 'http://127.0.0.1:9' });
    expect((await createQuotas(clock, log, client).all()).storedRuns).toEqual({ value: 100_000, source: 'documented' });
    expect(warnings).toHaveLength(6);
  });

  it('fall back in time when nothing comes back at all, as in a VPC without a way to Service Quotas', async () => {
    const silent = await serveSilence();
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const client = new ServiceQuotasClient(silent.client);
    expect(await createQuotas(clock, log, client, 20).startRunsPerSecond()).toBe(5);
    client.destroy();
    await silent.stop();
  });
});
