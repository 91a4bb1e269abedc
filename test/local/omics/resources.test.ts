import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateConfigurationCommand,
  CreateRunCacheCommand,
  CreateRunGroupCommand,
  DeleteConfigurationCommand,
  DeleteRunCacheCommand,
  DeleteRunGroupCommand,
  DeleteWorkflowCommand,
  GetRunCacheCommand,
  GetRunCommand,
  GetRunGroupCommand,
  GetWorkflowCommand,
  ListConfigurationsCommand,
  ListRunCachesCommand,
  ListRunGroupsCommand,
  ListRunsCommand,
  ListTagsForResourceCommand,
  paginateListRunGroups,
  StartRunCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateRunCacheCommand,
  UpdateRunGroupCommand,
} from '@aws-sdk/client-omics';
import { describe, expect, it } from 'vitest';
import { germlineRequest, HOUR_MS } from './harness.ts';
import { laptopForTest } from './laptop-for-test.ts';

const NOT_FOUND = { name: 'ResourceNotFoundException' };
const DURATIONS = { PENDING: 1, STARTING: 1, RUNNING: 10, STOPPING: 1 };

describe('run groups', () => {
  it('are created, read, updated, listed and deleted', async () => {
    const { client } = await laptopForTest();
    const { id, arn } = await client.send(new CreateRunGroupCommand({ name: 'small', maxRuns: 2, tags: { a: 'b' } }));
    expect(arn).toBe(`arn:aws:omics:us-east-1:000000000000:runGroup/${id}`);
    await client.send(new UpdateRunGroupCommand({ id, maxCpus: 64 }));
    const group = await client.send(new GetRunGroupCommand({ id }));
    expect(group).toMatchObject({ id, name: 'small', maxRuns: 2, maxCpus: 64, tags: { a: 'b' } });
    expect((await client.send(new ListRunGroupsCommand({ name: 'small' }))).items).toMatchObject([{ id }]);
    await client.send(new DeleteRunGroupCommand({ id }));
    await expect(client.send(new GetRunGroupCommand({ id }))).rejects.toMatchObject(NOT_FOUND);
  });

  it('page', async () => {
    const { client } = await laptopForTest();
    for (let i = 0; i < 5; i += 1) await client.send(new CreateRunGroupCommand({ name: `group ${i}` }));
    const names: (string | undefined)[] = [];
    for await (const page of paginateListRunGroups({ client, pageSize: 2 }, {}))
      names.push(...(page.items ?? []).map((group) => group.name));
    expect(names).toEqual(['group 0', 'group 1', 'group 2', 'group 3', 'group 4']);
  });

  it('hold back runs above maxRuns, and are not deleted while they have runs', async () => {
    const { client, clock } = await laptopForTest({ settings: { durations: DURATIONS } });
    const { id: runGroupId } = await client.send(new CreateRunGroupCommand({ maxRuns: 1 }));
    for (let i = 0; i < 3; i += 1) await client.send(new StartRunCommand(germlineRequest({ runGroupId })));
    clock.advance(5000);
    const count = async (status: 'PENDING' | 'RUNNING' | 'COMPLETED') =>
      (await client.send(new ListRunsCommand({ runGroupId, status }))).items?.length;
    expect([await count('RUNNING'), await count('PENDING')]).toEqual([1, 2]);
    await expect(client.send(new DeleteRunGroupCommand({ id: runGroupId }))).rejects.toMatchObject({
      name: 'ConflictException',
    });
    clock.advance(60_000);
    expect(await count('COMPLETED')).toBe(3);
  });

  it('end runs that last longer than maxDuration', async () => {
    const { client, clock } = await laptopForTest({ settings: { durations: { RUNNING: 600 } } });
    const { id: runGroupId } = await client.send(new CreateRunGroupCommand({ maxDuration: 5 }));
    const { id } = await client.send(new StartRunCommand(germlineRequest({ runGroupId })));
    clock.advance(HOUR_MS);
    expect(await client.send(new GetRunCommand({ id }))).toMatchObject({
      status: 'FAILED',
      failureReason: 'RUN_TIMED_OUT',
    });
  });
});

describe('run caches', () => {
  it('are created, used, updated, listed and deleted', async () => {
    const { client } = await laptopForTest();
    const { id, status } = await client.send(
      new CreateRunCacheCommand({ cacheS3Location: 's3://caches/a', name: 'a' }),
    );
    expect(status).toBe('ACTIVE');
    const run = await client.send(new StartRunCommand(germlineRequest({ cacheId: id, cacheBehavior: 'CACHE_ALWAYS' })));
    expect(await client.send(new GetRunCommand({ id: run.id }))).toMatchObject({
      cacheId: id,
      cacheBehavior: 'CACHE_ALWAYS',
    });
    await client.send(new UpdateRunCacheCommand({ id, description: 'ours' }));
    const cache = { cacheS3Uri: 's3://caches/a', cacheBehavior: 'CACHE_ON_FAILURE', description: 'ours' };
    expect(await client.send(new GetRunCacheCommand({ id }))).toMatchObject(cache);
    expect((await client.send(new ListRunCachesCommand({}))).items).toHaveLength(1);
    await client.send(new DeleteRunCacheCommand({ id }));
    await expect(client.send(new GetRunCacheCommand({ id }))).rejects.toMatchObject(NOT_FOUND);
  });
});

describe('configurations', () => {
  it('are created once by name, named by runs, and deleted', async () => {
    const { client } = await laptopForTest();
    const vpcConfig = { securityGroupIds: ['sg-0a1b2c3d'], subnetIds: ['subnet-0a1b2c3d'] };
    const request = { name: 'lab-vpc', runConfigurations: { vpcConfig } };
    const created = await client.send(new CreateConfigurationCommand(request));
    expect(created).toMatchObject({ name: 'lab-vpc', status: 'ACTIVE', runConfigurations: { vpcConfig } });
    await expect(client.send(new CreateConfigurationCommand(request))).rejects.toMatchObject({
      name: 'ConflictException',
    });
    const { id } = await client.send(
      new StartRunCommand(germlineRequest({ networkingMode: 'VPC', configurationName: 'lab-vpc' })),
    );
    const run = await client.send(new GetRunCommand({ id }));
    expect(run).toMatchObject({
      networkingMode: 'VPC',
      configuration: { name: 'lab-vpc', uuid: created.uuid },
      vpcConfig,
    });
    expect((await client.send(new ListConfigurationsCommand({}))).items).toHaveLength(1);
    await client.send(new DeleteConfigurationCommand({ name: 'lab-vpc' }));
    expect((await client.send(new ListConfigurationsCommand({}))).items).toEqual([]);
  });
});

describe('tags', () => {
  it('are added, replaced, listed and removed on every kind of resource', async () => {
    const { client } = await laptopForTest();
    const arns = [
      (await client.send(new StartRunCommand(germlineRequest({ tags: { old: '1' } })))).arn,
      (await client.send(new CreateRunGroupCommand({ tags: { old: '1' } }))).arn,
      (await client.send(new CreateRunCacheCommand({ cacheS3Location: 's3://caches/a', tags: { old: '1' } }))).arn,
    ];
    for (const resourceArn of arns) {
      await client.send(new TagResourceCommand({ resourceArn, tags: { new: '2', other: '3' } }));
      await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['old', 'other'] }));
      expect((await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ new: '2' });
      await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['new'] }));
      expect((await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({});
    }
  });

  it('answer ResourceNotFoundException for what is not there', async () => {
    const { client } = await laptopForTest();
    for (const resourceArn of [
      'arn:aws:omics:us-east-1:000000000000:run/1',
      'arn:aws:s3:::bucket',
      'arn:aws:omics:us-east-1:000000000000:x/1',
    ]) {
      await expect(client.send(new ListTagsForResourceCommand({ resourceArn }))).rejects.toMatchObject(NOT_FOUND);
    }
  });
});

describe('a restart with a data folder', () => {
  it('brings back every resource, and a deleted seeded workflow stays deleted', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'omics-'));
    try {
      const first = await laptopForTest({ dataDir });
      const request = { name: 'kept', requestId: 'r1' };
      const { id } = await first.client.send(new CreateRunGroupCommand(request));
      await first.client.send(new DeleteWorkflowCommand({ id: '888' }));
      for (let restart = 0; restart < 2; restart += 1) {
        const next = await laptopForTest({ dataDir, clock: first.clock });
        expect((await next.client.send(new GetRunGroupCommand({ id }))).name).toBe('kept');
        expect((await next.client.send(new CreateRunGroupCommand(request))).id).toBe(id);
        await expect(next.client.send(new GetWorkflowCommand({ id: '888' }))).rejects.toMatchObject(NOT_FOUND);
      }
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});
