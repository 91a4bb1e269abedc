import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ListServiceQuotasCommand,
  ListServicesCommand,
  paginateListAWSDefaultServiceQuotas,
  RequestServiceQuotaIncreaseCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { expect, test } from 'vitest';
import { createServiceQuotas, type InitialQuotas } from '../../../local/servicequotas/servicequotas.ts';
import { behindGateway, clientSettings, temporaryFolder, testSurroundings } from '../gateway/behind-gateway.ts';

const STORED_RUNS = { ServiceCode: 'omics', QuotaCode: 'L-C9679DBC' };

async function start(options: { dataDir?: string; initial?: InitialQuotas } = {}) {
  const surroundings = testSurroundings(options.dataDir === undefined ? {} : { dataDir: options.dataDir });
  const quotas = createServiceQuotas(surroundings, options.initial === undefined ? {} : { initial: options.initial });
  const gateway = await behindGateway(surroundings, [quotas]);
  return { quotas, client: new ServiceQuotasClient(clientSettings(gateway)) };
}

test('answers the applied and the default value of a quota', async () => {
  const { client } = await start({ initial: { 'L-C9679DBC': 20 } });
  const applied = await client.send(new GetServiceQuotaCommand(STORED_RUNS));
  expect(applied.Quota).toMatchObject({ Value: 20, QuotaCode: 'L-C9679DBC', ServiceCode: 'omics', Adjustable: true });
  const byDefault = await client.send(new GetAWSDefaultServiceQuotaCommand(STORED_RUNS));
  expect(byDefault.Quota?.Value).toBe(100_000);
});

test('has no applied value of a quota of which AWS tells the default only, until an increase is granted', async () => {
  const { client } = await start({ initial: { 'L-C9679DBC': 'default-only' } });
  const applied = () => client.send(new GetServiceQuotaCommand(STORED_RUNS));
  await expect(applied()).rejects.toMatchObject({ name: 'NoSuchResourceException' });
  expect((await client.send(new GetAWSDefaultServiceQuotaCommand(STORED_RUNS))).Quota?.Value).toBe(100_000);
  const { Quotas = [] } = await client.send(new ListServiceQuotasCommand({ ServiceCode: 'omics' }));
  expect(Quotas.map(({ QuotaCode }) => QuotaCode)).not.toContain('L-C9679DBC');
  await client.send(new RequestServiceQuotaIncreaseCommand({ ...STORED_RUNS, DesiredValue: 200_000 }));
  expect((await applied()).Quota?.Value).toBe(200_000);
});

test('lists the quotas of HealthOmics, page by page', async () => {
  const { client } = await start();
  const { Quotas: all } = await client.send(new ListServiceQuotasCommand({ ServiceCode: 'omics' }));
  expect(all).toHaveLength(8);
  const codes: (string | undefined)[] = [];
  for await (const page of paginateListAWSDefaultServiceQuotas({ client, pageSize: 3 }, { ServiceCode: 'omics' })) {
    codes.push(...(page.Quotas ?? []).map((quota) => quota.QuotaCode));
  }
  expect(codes).toEqual(all?.map((quota) => quota.QuotaCode));
  expect((await client.send(new ListServicesCommand({}))).Services).toEqual([
    { ServiceCode: 'omics', ServiceName: 'AWS HealthOmics' },
  ]);
});

test('grants an increase at once, tells its listeners and keeps it', async () => {
  const dataDir = temporaryFolder();
  const { client, quotas } = await start({ dataDir });
  const changes: unknown[] = [];
  quotas.onChange((change) => changes.push(change));
  const { RequestedQuota: requested } = await client.send(
    new RequestServiceQuotaIncreaseCommand({ ...STORED_RUNS, DesiredValue: 200_000 }),
  );
  expect(requested).toMatchObject({ Status: 'APPROVED', DesiredValue: 200_000 });
  expect(changes).toEqual([{ quotaCode: 'L-C9679DBC', value: 200_000 }]);
  expect(quotas.value('L-C9679DBC')).toBe(200_000);
  const again = await start({ dataDir, initial: { 'L-C9679DBC': 20 } });
  expect(again.quotas.value('L-C9679DBC')).toBe(200_000);
});

test('refuses a request that is no increase', async () => {
  const { client } = await start();
  const request = new RequestServiceQuotaIncreaseCommand({ ...STORED_RUNS, DesiredValue: 5 });
  await expect(client.send(request)).rejects.toMatchObject({ name: 'IllegalArgumentException' });
});

test('answers NoSuchResourceException for a code that it does not know', async () => {
  const { client, quotas } = await start();
  const unknown = new GetServiceQuotaCommand({ ServiceCode: 'omics', QuotaCode: 'L-00000000' });
  await expect(client.send(unknown)).rejects.toMatchObject({ name: 'NoSuchResourceException' });
  const other = new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: 'L-00000000' });
  await expect(client.send(other)).rejects.toMatchObject({ name: 'NoSuchResourceException' });
  expect(() => quotas.value('L-00000000')).toThrow(/L-00000000/);
});
