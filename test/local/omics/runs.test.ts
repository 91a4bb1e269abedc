import {
  CancelRunCommand,
  ConflictException,
  DeleteRunCommand,
  GetRunCommand,
  GetRunTaskCommand,
  ListRunsCommand,
  ListRunTasksCommand,
  paginateListRuns,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  StartRunCommand,
  ValidationException,
} from '@aws-sdk/client-omics';
import { describe, expect, it } from 'vitest';
import { germlineRequest, HOUR_MS } from './harness.ts';
import { laptopForTest } from './laptop-for-test.ts';

describe('StartRun and GetRun', () => {
  it('answers the documented members and gives back all that it was given', async () => {
    const { client } = await laptopForTest();
    const request = germlineRequest({
      priority: 7,
      logLevel: 'ERROR',
      retentionMode: 'REMOVE',
      storageType: 'STATIC',
      storageCapacity: 2400,
      tags: { flowcell: 'HXX' },
    });
    const started = await client.send(new StartRunCommand(request));
    expect(started.id).toMatch(/^\d{7}$/);
    expect(started).toMatchObject({
      arn: `arn:aws:omics:us-east-1:000000000000:run/${started.id}`,
      status: 'PENDING',
      tags: { flowcell: 'HXX' },
      runOutputUri: `s3://acme-results/germline/${started.id}`,
    });
    const { requestId: _, tags, ...kept } = request;
    const run = await client.send(new GetRunCommand({ id: started.id }));
    expect(run).toMatchObject({ ...kept, tags, id: started.id, uuid: started.uuid, workflowType: 'PRIVATE' });
    expect(run.creationTime).toBeInstanceOf(Date);
    expect(run.startTime).toBeUndefined();
  });

  it('retains runs by default', async () => {
    const { client } = await laptopForTest();
    const { id } = await client.send(new StartRunCommand(germlineRequest()));
    expect((await client.send(new GetRunCommand({ id }))).retentionMode).toBe('RETAIN');
  });

  it('starts a READY2RUN workflow only when its type is named', async () => {
    const { client } = await laptopForTest();
    const request = germlineRequest({
      workflowId: '4974161',
      parameters: { inputFASTQ_1: 's3://b/1', inputFASTQ_2: 's3://b/2' },
    });
    await expect(client.send(new StartRunCommand(request))).rejects.toBeInstanceOf(ResourceNotFoundException);
    const started = await client.send(new StartRunCommand({ ...request, workflowType: 'READY2RUN' }));
    expect(started.status).toBe('PENDING');
  });

  it.each([
    ['an unknown workflow', { workflowId: '999' }, ResourceNotFoundException],
    ['a role that is not a role', { roleArn: 'arn:aws:iam::000000000000:user/me' }, ValidationException],
    ['an output that is not in S3', { outputUri: 'file:///results' }, ValidationException],
    ['a missing required parameter', { parameters: { sample: 'A' } }, ValidationException],
    ['a parameter that the template lacks', { parameters: { fastq_1: 's3://b/1', lane: 2 } }, ValidationException],
    ['parameters above 50 KB', { parameters: { fastq_1: 'x'.repeat(51_300) } }, ValidationException],
    ['an unknown run group', { runGroupId: '123' }, ResourceNotFoundException],
    ['a tag key that AWS reserves', { tags: { 'aws:x': 'y' } }, ValidationException],
    ['no workflow at all', { workflowId: undefined }, ValidationException],
  ])('refuses %s', async (_, overrides, error) => {
    const { client } = await laptopForTest();
    await expect(client.send(new StartRunCommand(germlineRequest(overrides)))).rejects.toBeInstanceOf(error);
    expect((await client.send(new ListRunsCommand({}))).items).toEqual([]);
  });

  it('lets a run with wrong parameters fail later when told so', async () => {
    const { client, clock } = await laptopForTest({ settings: { parameterCheck: 'FAIL_RUN' } });
    const { id } = await client.send(new StartRunCommand(germlineRequest({ parameters: {} })));
    clock.advance(2 * HOUR_MS);
    expect(await client.send(new GetRunCommand({ id }))).toMatchObject({
      status: 'FAILED',
      failureReason: 'WORKFLOW_RUN_FAILED',
    });
  });

  it('copies the rest from the run that runId names', async () => {
    const { client } = await laptopForTest();
    const original = germlineRequest({ retentionMode: 'REMOVE', priority: 3, tags: { a: 'b' } });
    const { id } = await client.send(new StartRunCommand(original));
    const { roleArn, outputUri } = original;
    const copy = await client.send(new StartRunCommand({ runId: id, roleArn, outputUri: 's3://other/place' }));
    const run = await client.send(new GetRunCommand({ id: copy.id }));
    expect(run).toMatchObject({
      workflowId: '1234567',
      name: original.name,
      parameters: original.parameters,
      runId: id,
    });
    expect(run).toMatchObject({
      retentionMode: 'REMOVE',
      priority: 3,
      tags: { a: 'b' },
      outputUri: 's3://other/place',
    });
    expect(outputUri).not.toBe(run.outputUri);
  });
});

describe('requestId', () => {
  it('answers the same run for the same request', async () => {
    const { client } = await laptopForTest();
    const request = germlineRequest();
    const first = await client.send(new StartRunCommand(request));
    const second = await client.send(new StartRunCommand(request));
    expect({ id: second.id, uuid: second.uuid }).toEqual({ id: first.id, uuid: first.uuid });
    expect((await client.send(new ListRunsCommand({}))).items).toHaveLength(1);
  });

  it('refuses other parameters with ConflictException', async () => {
    const { client } = await laptopForTest();
    const request = germlineRequest();
    await client.send(new StartRunCommand(request));
    await expect(client.send(new StartRunCommand({ ...request, name: 'other' }))).rejects.toBeInstanceOf(
      ConflictException,
    );
  });

  it('is forgotten after the time that the switch says', async () => {
    const { client, clock } = await laptopForTest({ settings: { requestIdMemorySeconds: 60 } });
    const request = germlineRequest();
    const first = await client.send(new StartRunCommand(request));
    clock.advance(61_000);
    expect((await client.send(new StartRunCommand(request))).uuid).not.toBe(first.uuid);
  });

  it('answers a deleted run as before, or starts a new one when told so', async () => {
    for (const requestIdAfterDelete of ['SAME_ANSWER', 'NEW_RUN'] as const) {
      const { client, clock } = await laptopForTest({ settings: { requestIdAfterDelete } });
      const request = germlineRequest();
      const first = await client.send(new StartRunCommand(request));
      clock.advance(2 * HOUR_MS);
      await client.send(new DeleteRunCommand({ id: first.id }));
      const again = await client.send(new StartRunCommand(request));
      expect(again.uuid === first.uuid).toBe(requestIdAfterDelete === 'SAME_ANSWER');
    }
  });
});

describe('lifecycle', () => {
  it('moves on the clock to COMPLETED, and never by being looked at', async () => {
    const { client, clock, events } = await laptopForTest();
    const { id, arn } = await client.send(new StartRunCommand(germlineRequest()));
    for (let look = 0; look < 5; look += 1) await client.send(new GetRunCommand({ id }));
    expect((await client.send(new GetRunCommand({ id }))).status).toBe('PENDING');
    clock.advance(2 * HOUR_MS);
    const run = await client.send(new GetRunCommand({ id }));
    expect(run.status).toBe('COMPLETED');
    expect(run.stopTime?.getTime()).toBeGreaterThan(run.startTime?.getTime() ?? 0);
    const statuses = events
      .filter((event) => event.detailType === 'Run Status Change')
      .map((event) => event.detail.status);
    expect(statuses).toEqual(['PENDING', 'STARTING', 'RUNNING', 'STOPPING', 'COMPLETED']);
    expect(events[0]).toMatchObject({ source: 'aws.omics', resources: [arn] });
  });

  it('compresses durations by the speed', async () => {
    const { client, clock } = await laptopForTest({ settings: { speed: 3600 } });
    const { id } = await client.send(new StartRunCommand(germlineRequest()));
    clock.advance(2000);
    expect((await client.send(new GetRunCommand({ id }))).status).toBe('COMPLETED');
  });

  it('cancels a run in every status on the way, through STOPPING', async () => {
    const { client, clock } = await laptopForTest({
      settings: { durations: { PENDING: 10, STARTING: 10, RUNNING: 10, STOPPING: 10 } },
    });
    for (const [afterMs, status] of [
      [0, 'PENDING'],
      [15_000, 'STARTING'],
      [25_000, 'RUNNING'],
      [35_000, 'STOPPING'],
    ] as const) {
      const { id } = await client.send(new StartRunCommand(germlineRequest()));
      clock.advance(afterMs);
      expect((await client.send(new GetRunCommand({ id }))).status).toBe(status);
      await client.send(new CancelRunCommand({ id }));
      expect((await client.send(new GetRunCommand({ id }))).status).toBe('STOPPING');
      clock.advance(20_000);
      expect((await client.send(new GetRunCommand({ id }))).status).toBe('CANCELLED');
      await expect(client.send(new CancelRunCommand({ id }))).rejects.toBeInstanceOf(ConflictException);
    }
  });

  it('deletes runs at their end only, and gives their ids again but never their uuids', async () => {
    const { client, clock } = await laptopForTest();
    const first = await client.send(new StartRunCommand(germlineRequest()));
    await expect(client.send(new DeleteRunCommand({ id: first.id }))).rejects.toBeInstanceOf(ConflictException);
    clock.advance(2 * HOUR_MS);
    await client.send(new DeleteRunCommand({ id: first.id }));
    await expect(client.send(new GetRunCommand({ id: first.id }))).rejects.toBeInstanceOf(ResourceNotFoundException);
    const second = await client.send(new StartRunCommand(germlineRequest()));
    expect(second.id).toBe(first.id);
    expect(second.uuid).not.toBe(first.uuid);
  });

  it('queues on the active-run limit of the storage type, higher priority first', async () => {
    const { client, clock, quotas } = await laptopForTest({
      settings: { durations: { PENDING: 1, STARTING: 1, RUNNING: 10, STOPPING: 1 } },
    });
    quotas['L-BE38079A'] = 1;
    const start = async (priority: number) =>
      (await client.send(new StartRunCommand(germlineRequest({ priority })))).id;
    const [running, low, high] = [await start(1), await start(1), await start(9)];
    clock.advance(5000);
    const statusOf = async (id: string | undefined) => (await client.send(new GetRunCommand({ id }))).status;
    expect([await statusOf(running), await statusOf(low), await statusOf(high)]).toEqual([
      'RUNNING',
      'PENDING',
      'PENDING',
    ]);
    clock.advance(12_000);
    expect([await statusOf(running), await statusOf(low), await statusOf(high)]).toEqual([
      'COMPLETED',
      'PENDING',
      'RUNNING',
    ]);
    quotas['L-BE38079A'] = 5;
    clock.advance(3000);
    expect(await statusOf(low)).toBe('RUNNING');
  });

  it('ends a run that is longer than the quota allows with RUN_TIMED_OUT', async () => {
    const { client, clock, quotas } = await laptopForTest();
    quotas['L-7B9E5416'] = 60;
    const { id } = await client.send(new StartRunCommand(germlineRequest()));
    clock.advance(HOUR_MS);
    expect(await client.send(new GetRunCommand({ id }))).toMatchObject({
      status: 'FAILED',
      failureReason: 'RUN_TIMED_OUT',
    });
  });
});

describe('tasks', () => {
  it('live their own lives and are all completed with their run', async () => {
    const { client, clock, events } = await laptopForTest();
    const { id } = await client.send(new StartRunCommand(germlineRequest()));
    expect((await client.send(new ListRunTasksCommand({ id }))).items).toEqual([]);
    clock.advance(2 * HOUR_MS);
    const { items = [] } = await client.send(new ListRunTasksCommand({ id }));
    expect(items.length).toBeGreaterThanOrEqual(3);
    expect(new Set(items.map((task) => task.status))).toEqual(new Set(['COMPLETED']));
    const task = await client.send(new GetRunTaskCommand({ id, taskId: items[0]?.taskId }));
    expect(task).toMatchObject({ name: items[0]?.name, status: 'COMPLETED', cacheHit: false });
    expect(task.logStream).toContain(`run/${id}/task/${items[0]?.taskId}`);
    const completed = events.filter(
      (event) => event.detailType === 'Task Status Change' && event.detail.status === 'COMPLETED',
    );
    expect(completed).toHaveLength(items.length);
  });

  it('page and filter by status', async () => {
    const { client, clock } = await laptopForTest();
    const { id } = await client.send(new StartRunCommand(germlineRequest()));
    clock.advance(2 * HOUR_MS);
    const first = await client.send(new ListRunTasksCommand({ id, maxResults: 2 }));
    const second = await client.send(new ListRunTasksCommand({ id, maxResults: 2, startingToken: first.nextToken }));
    expect(first.items).toHaveLength(2);
    expect(second.items?.[0]?.taskId).not.toBe(first.items?.[1]?.taskId);
    expect((await client.send(new ListRunTasksCommand({ id, status: 'FAILED' }))).items).toEqual([]);
  });

  it('name the one that failed when the run fails', async () => {
    const { client, clock } = await laptopForTest();
    const { id } = await client.send(
      new StartRunCommand(germlineRequest({ tags: { emulate: 'FAILED:OUT_OF_MEMORY_ERROR' } })),
    );
    clock.advance(2 * HOUR_MS);
    const { items = [] } = await client.send(new ListRunTasksCommand({ id, status: 'FAILED' }));
    expect(items.length).toBeLessThanOrEqual(1);
    const run = await client.send(new GetRunCommand({ id }));
    expect(run).toMatchObject({ status: 'FAILED', failureReason: 'OUT_OF_MEMORY_ERROR' });
  });
});

describe('ListRuns', () => {
  it('pages through all runs once, newest first, also while runs are added', async () => {
    const { client } = await laptopForTest();
    const ids: (string | undefined)[] = [];
    for (let i = 0; i < 25; i += 1) ids.unshift((await client.send(new StartRunCommand(germlineRequest()))).id);
    const seen: (string | undefined)[] = [];
    for await (const page of paginateListRuns({ client, pageSize: 10 }, {})) {
      seen.push(...(page.items ?? []).map((run) => run.id));
      await client.send(new StartRunCommand(germlineRequest()));
    }
    expect(seen).toEqual(ids);
  });

  it('filters by name and status', async () => {
    const { client, clock } = await laptopForTest();
    await client.send(new StartRunCommand(germlineRequest({ name: 'one' })));
    clock.advance(2 * HOUR_MS);
    await client.send(new StartRunCommand(germlineRequest({ name: 'two' })));
    const names = async (input: object) =>
      ((await client.send(new ListRunsCommand(input))).items ?? []).map((run) => run.name);
    expect(await names({ name: 'one' })).toEqual(['one']);
    expect(await names({ status: 'PENDING' })).toEqual(['two']);
    expect(await names({ status: 'COMPLETED' })).toEqual(['one']);
    expect(await names({ name: 'two', status: 'COMPLETED' })).toEqual([]);
  });

  it('refuses a token of another list', async () => {
    const { client } = await laptopForTest();
    for (let i = 0; i < 3; i += 1) await client.send(new StartRunCommand(germlineRequest()));
    const { nextToken } = await client.send(new ListRunsCommand({ maxResults: 1 }));
    const other = new ListRunsCommand({ maxResults: 1, startingToken: nextToken, status: 'PENDING' });
    await expect(client.send(other)).rejects.toBeInstanceOf(ValidationException);
    await expect(client.send(new ListRunsCommand({ startingToken: 'nonsense' }))).rejects.toBeInstanceOf(
      ValidationException,
    );
  });

  it('shows no member that AWS does not list', async () => {
    const { client } = await laptopForTest();
    await client.send(new StartRunCommand(germlineRequest({ retentionMode: 'REMOVE', tags: { a: 'b' } })));
    const [item] = (await client.send(new ListRunsCommand({}))).items ?? [];
    for (const absent of ['retentionMode', 'uuid', 'tags', 'runGroupId', 'failureReason'])
      expect(item).not.toHaveProperty(absent);
  });
});

describe('retention mode at the stored-run quota', () => {
  it('removes the oldest REMOVE run for a new one', async () => {
    const { client, clock, quotas } = await laptopForTest();
    quotas['L-C9679DBC'] = 5;
    const ids: (string | undefined)[] = [];
    for (let i = 0; i < 5; i += 1)
      ids.push((await client.send(new StartRunCommand(germlineRequest({ retentionMode: 'REMOVE' })))).id);
    clock.advance(2 * HOUR_MS);
    await client.send(new StartRunCommand(germlineRequest({ retentionMode: 'REMOVE' })));
    const { items = [] } = await client.send(new ListRunsCommand({}));
    expect(items).toHaveLength(5);
    expect(items.slice(1).map((run) => run.id)).toEqual(ids.slice(1).reverse());
  });

  it('refuses when all are RETAIN runs, until some are deleted', async () => {
    const { client, clock, quotas } = await laptopForTest();
    quotas['L-C9679DBC'] = 5;
    const ids: (string | undefined)[] = [];
    for (let i = 0; i < 5; i += 1) ids.push((await client.send(new StartRunCommand(germlineRequest()))).id);
    clock.advance(2 * HOUR_MS);
    for (const retentionMode of ['RETAIN', 'REMOVE'] as const) {
      const refused = client.send(new StartRunCommand(germlineRequest({ retentionMode })));
      await expect(refused).rejects.toMatchObject({
        name: 'ServiceQuotaExceededException',
        $metadata: { httpStatusCode: 402 },
      });
      await expect(refused).rejects.toBeInstanceOf(ServiceQuotaExceededException);
    }
    await client.send(new DeleteRunCommand({ id: ids[0] }));
    await client.send(new StartRunCommand(germlineRequest()));
  });

  it('does not let a RETAIN run remove a REMOVE run, unless told so', async () => {
    for (const retainEvictsRemove of [false, true]) {
      const { client, clock, quotas } = await laptopForTest({ settings: { retainEvictsRemove } });
      quotas['L-C9679DBC'] = 1;
      await client.send(new StartRunCommand(germlineRequest({ retentionMode: 'REMOVE' })));
      clock.advance(2 * HOUR_MS);
      const outcome = await client.send(new StartRunCommand(germlineRequest())).then(
        () => 'started',
        (error: Error) => error.name,
      );
      expect(outcome).toBe(retainEvictsRemove ? 'started' : 'ServiceQuotaExceededException');
    }
  });

  it('leaves active REMOVE runs alone, unless told otherwise', async () => {
    for (const evictActiveRuns of [false, true]) {
      const { client, quotas } = await laptopForTest({ settings: { evictActiveRuns } });
      quotas['L-C9679DBC'] = 1;
      const request = () => new StartRunCommand(germlineRequest({ retentionMode: 'REMOVE' }));
      await client.send(request());
      const outcome = await client.send(request()).then(
        () => 'started',
        (error: Error) => error.name,
      );
      expect(outcome).toBe(evictActiveRuns ? 'started' : 'ServiceQuotaExceededException');
    }
  });
});
