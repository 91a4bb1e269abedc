import { CreateRunCacheCommand, GetRunCommand, ListRunsCommand, StartRunCommand } from '@aws-sdk/client-omics';
import { expect, it } from 'vitest';
import type { OmicsSettings } from '../../../local/omics/settings.ts';
import { germlineRequest, type Laptop } from './harness.ts';
import { laptopForTest } from './laptop-for-test.ts';

const laptop = (settings: OmicsSettings) => laptopForTest({ settings });

async function idsIn({ client }: Laptop, status: 'RUNNING' | 'PENDING'): Promise<(string | undefined)[]> {
  const { items = [] } = await client.send(new ListRunsCommand({ status }));
  return items.map(({ id }) => id);
}

it('gives the place of an active run that was removed to the next one', async () => {
  const started = await laptop({ evictActiveRuns: true, reuseRunIds: false });
  started.quotas['L-C9679DBC'] = 2;
  started.quotas['L-BE38079A'] = 1;
  const remove = () => new StartRunCommand(germlineRequest({ retentionMode: 'REMOVE' }));
  const { id: first } = await started.client.send(remove());
  const { id: second } = await started.client.send(remove());
  started.clock.advance(300_000);
  expect([await idsIn(started, 'RUNNING'), await idsIn(started, 'PENDING')]).toEqual([[first], [second]]);
  await started.client.send(remove());
  started.clock.advance(300_000);
  expect(await idsIn(started, 'RUNNING')).toEqual([second]);
});

it('binds nothing by quotas when they are switched off', async () => {
  const started = await laptop({ enforceQuotas: false });
  for (const code of ['L-C9679DBC', 'L-BE38079A', 'L-35CE76C9', 'L-7B9E5416']) started.quotas[code] = 1;
  const ids: (string | undefined)[] = [];
  for (let count = 0; count < 3; count += 1) {
    ids.push((await started.client.send(new StartRunCommand(germlineRequest()))).id);
  }
  const large = germlineRequest({ storageType: 'STATIC', storageCapacity: 100_000 });
  expect((await started.client.send(new StartRunCommand(large))).status).toBe('PENDING');
  started.clock.advance(300_000);
  expect(await idsIn(started, 'RUNNING')).toEqual(expect.arrayContaining(ids));
});

it('gives a run the behavior of its cache when it names none', async () => {
  const { client } = await laptop({});
  const cache = { cacheS3Location: 's3://acme-cache/a/', cacheBehavior: 'CACHE_ALWAYS', requestId: 'cache' } as const;
  const { id: cacheId } = await client.send(new CreateRunCacheCommand(cache));
  const { id } = await client.send(new StartRunCommand(germlineRequest({ cacheId })));
  expect(await client.send(new GetRunCommand({ id }))).toMatchObject({ cacheId, cacheBehavior: 'CACHE_ALWAYS' });
});
