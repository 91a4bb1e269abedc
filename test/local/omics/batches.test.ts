import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { germlineRequest, HOUR_MS, type Laptop } from './harness.ts';
import { laptopForTest } from './laptop-for-test.ts';

// The installed SDK may be older than the batch operations, so these speak HTTP.
type Json = Record<string, unknown>;

async function call(
  started: Laptop,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; type: string | null; json: Json }> {
  const response = await fetch(`${started.endpoint}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('x-amzn-errortype'),
    json: text === '' ? {} : JSON.parse(text),
  };
}

function batchRequest(batchRunSettings: object, overrides: object = {}): object {
  const { workflowId, roleArn, outputUri } = germlineRequest();
  const parameters = { sample: 'default' };
  const defaultRunSetting = {
    workflowId,
    roleArn,
    outputUri,
    name: 'cohort',
    parameters,
    runTags: { lab: 'x' },
    ...overrides,
  };
  return { requestId: crypto.randomUUID(), batchName: 'cohort', defaultRunSetting, batchRunSettings };
}

const inline = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    runSettingId: `s${i}`,
    parameters: { fastq_1: `s3://b/${i}` },
    runTags: { sample: `${i}` },
  }));

const listed = (started: Laptop) => call(started, 'GET', '/run').then(({ json }) => json.items as Json[]);

/** Lets hours pass in steps, so that what reads S3 gets its turn. */
async function settle(started: Laptop, batchId: unknown, status: string): Promise<Json> {
  await expect
    .poll(async () => {
      started.clock.advance(HOUR_MS);
      return (await call(started, 'GET', `/runBatch/${batchId}`)).json.status;
    })
    .toBe(status);
  return (await call(started, 'GET', `/runBatch/${batchId}`)).json;
}

describe('StartRunBatch', () => {
  it('starts inline runs, merged with the default, and is PROCESSED when all are at their end', async () => {
    const started = await laptopForTest();
    const { status, json } = await call(started, 'POST', '/runBatch', batchRequest({ inlineSettings: inline(3) }));
    expect(status).toBe(201);
    expect(json).toMatchObject({ status: 'PENDING', arn: `arn:aws:omics:us-east-1:000000000000:runBatch/${json.id}` });
    expect(await listed(started)).toEqual([]);
    const batch = await settle(started, json.id, 'PROCESSED');
    expect(batch).toMatchObject({
      totalRuns: 3,
      submissionSummary: {
        successfulStartSubmissionCount: 3,
        failedStartSubmissionCount: 0,
        pendingStartSubmissionCount: 0,
      },
      runSummary: { completedRunCount: 3, pendingRunCount: 0 },
    });
    const runs = (await call(started, 'GET', `/run?batchId=${json.id}`)).json.items as Json[];
    const run = (await call(started, 'GET', `/run/${runs[2]?.id}`)).json;
    expect(run).toMatchObject({ name: 'cohort', batchId: json.id, tags: { lab: 'x', sample: '0' } });
    expect(run.parameters).toEqual({ sample: 'default', fastq_1: 's3://b/0' });
    const statuses = started.events
      .filter((event) => event.detailType === 'RunBatch Status Change')
      .map((event) => event.detail.status);
    expect(statuses).toEqual(['PENDING', 'SUBMITTING', 'INPROGRESS', 'PROCESSED']);
    expect(started.events[0]?.detail.totalRuns).toBe('3');
  });

  it('paces its runs at the StartRun rate', async () => {
    const started = await laptopForTest();
    await call(started, 'POST', '/runBatch', batchRequest({ inlineSettings: inline(20) }));
    started.clock.advance(3000);
    await expect.poll(async () => (await listed(started)).length).toBe(1);
    started.clock.advance(1000);
    expect(await listed(started)).toHaveLength(6);
  });

  it('answers the same batch for the same requestId', async () => {
    const started = await laptopForTest();
    const request = batchRequest({ inlineSettings: inline(1) });
    const first = await call(started, 'POST', '/runBatch', request);
    expect((await call(started, 'POST', '/runBatch', request)).json.id).toBe(first.json.id);
  });

  it('reads its settings from S3, and records each run that cannot start', async () => {
    const started = await laptopForTest();
    const settings = [...inline(2), { runSettingId: 'bad', parameters: { nonsense: 1 } }];
    started.objects.set('s3://sheets/batch.json', Buffer.from(JSON.stringify(settings)));
    const { json } = await call(
      started,
      'POST',
      '/runBatch',
      batchRequest({ s3UriSettings: 's3://sheets/batch.json' }),
    );
    const batch = await settle(started, json.id, 'PROCESSED');
    expect(batch).toMatchObject({
      totalRuns: 3,
      submissionSummary: { successfulStartSubmissionCount: 2, failedStartSubmissionCount: 1 },
    });
    const { runs } = (await call(started, 'GET', `/runBatch/${json.id}/run?submissionStatus=FAILED`)).json as {
      runs: Json[];
    };
    expect(runs).toMatchObject([{ runSettingId: 'bad', submissionFailureReason: 'ValidationException' }]);
  });

  it.each([
    ['changed', Buffer.from('[{"runSettingId":"x"}]')],
    ['deleted', undefined],
  ])('fails when its file is %s after submission', async (_, content) => {
    const started = await laptopForTest();
    started.objects.set('s3://sheets/batch.json', Buffer.from(JSON.stringify(inline(1))));
    const { json } = await call(
      started,
      'POST',
      '/runBatch',
      batchRequest({ s3UriSettings: 's3://sheets/batch.json' }),
    );
    if (content === undefined) started.objects.clear();
    else started.objects.set('s3://sheets/batch.json', content);
    expect(await settle(started, json.id, 'FAILED')).toMatchObject({
      failureReason: expect.stringContaining('batch.json'),
    });
    expect(await call(started, 'DELETE', `/runBatch/${json.id}`)).toMatchObject({ status: 202 });
  });

  it.each([
    ['a READY2RUN workflow', { inlineSettings: inline(1) }, { workflowType: 'READY2RUN', workflowId: '4974161' }],
    ['a repeated runSettingId', { inlineSettings: [...inline(1), ...inline(1)] }, {}],
    ['no outputUri anywhere', { inlineSettings: inline(1) }, { outputUri: undefined }],
    ['both kinds of settings', { inlineSettings: inline(1), s3UriSettings: 's3://b/k' }, {}],
    ['a file that does not exist', { s3UriSettings: 's3://b/none' }, {}],
    ['more than 100 inline runs', { inlineSettings: inline(101) }, {}],
  ])('refuses %s', async (_, settings, overrides) => {
    const answer = await call(await laptopForTest(), 'POST', '/runBatch', batchRequest(settings, overrides));
    expect(answer).toMatchObject({ status: 400, type: 'ValidationException' });
  });
});

describe('a batch', () => {
  it('is cancelled with all its runs, started or not', async () => {
    const started = await laptopForTest();
    const { json } = await call(started, 'POST', '/runBatch', batchRequest({ inlineSettings: inline(10) }));
    started.clock.advance(4000);
    expect(await call(started, 'POST', '/runBatch/cancel', { batchId: json.id })).toMatchObject({
      status: 202,
      json: {},
    });
    expect((await call(started, 'POST', '/runBatch/cancel', { batchId: json.id })).type).toBe('ConflictException');
    const batch = await settle(started, json.id, 'CANCELLED');
    expect(batch).toMatchObject({
      submissionSummary: { successfulCancelSubmissionCount: 10, pendingStartSubmissionCount: 0 },
    });
    expect(new Set((await listed(started)).map((run) => run.status))).toEqual(new Set(['CANCELLED']));
  });

  it('loses its runs, then itself, when asked to', async () => {
    const started = await laptopForTest();
    const { json } = await call(started, 'POST', '/runBatch', batchRequest({ inlineSettings: inline(3) }));
    expect((await call(started, 'DELETE', `/runBatch/${json.id}`)).type).toBe('ConflictException');
    await settle(started, json.id, 'PROCESSED');
    await call(started, 'POST', '/runBatch/delete', { batchId: json.id });
    const batch = await settle(started, json.id, 'RUNS_DELETED');
    expect(batch).toMatchObject({
      runSummary: { deletedRunCount: 3 },
      submissionSummary: { successfulDeleteSubmissionCount: 3 },
    });
    expect(await listed(started)).toEqual([]);
    expect(await call(started, 'DELETE', `/runBatch/${json.id}`)).toMatchObject({ status: 202 });
    expect((await call(started, 'GET', `/runBatch/${json.id}`)).type).toBe('ResourceNotFoundException');
  });

  it('goes on after a restart without starting a run twice', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'omics-'));
    try {
      const first = await laptopForTest({ dataDir });
      const { json } = await call(first, 'POST', '/runBatch', batchRequest({ inlineSettings: inline(8) }));
      first.clock.advance(3500);
      expect((await listed(first)).length).toBeGreaterThan(0);
      await first.stop();
      const second = await laptopForTest({ dataDir, clock: first.clock });
      await settle(second, json.id, 'PROCESSED');
      expect(await listed(second)).toHaveLength(8);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});
