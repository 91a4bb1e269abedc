import { CancelRunCommand, GetRunCommand, ListRunsCommand, StartRunCommand } from '@aws-sdk/client-omics';
import { describe, expect, it } from 'vitest';
import { matchesWildcard } from '../../../local/omics/runs/failure-rules.ts';
import type { OmicsSettings } from '../../../local/omics/settings.ts';
import { germlineRequest, HOUR_MS, type Laptop } from './harness.ts';
import { laptopForTest } from './laptop-for-test.ts';

const laptop = (settings: OmicsSettings) => laptopForTest({ settings });

async function endOf({ client, clock }: Laptop, overrides: Parameters<typeof germlineRequest>[0]) {
  const { id } = await client.send(new StartRunCommand(germlineRequest(overrides)));
  clock.advance(3 * HOUR_MS);
  return client.send(new GetRunCommand({ id }));
}

describe('failure on demand', () => {
  it.each(['STARTING', 'RUNNING', 'STOPPING'] as const)('fails a run in %s as its tag says', async (at) => {
    const run = await endOf(await laptop({}), { tags: { emulate: `FAILED:EXPORT_FAILED@${at}` } });
    expect(run).toMatchObject({ status: 'FAILED', failureReason: 'EXPORT_FAILED' });
    expect(run.statusMessage).toContain('EXPORT_FAILED');
    expect(run.startTime === undefined).toBe(at === 'STARTING');
  });

  it.each(['PENDING', 'STARTING', 'RUNNING', 'STOPPING'] as const)(
    'hangs a run in %s until it is cancelled',
    async (status) => {
      const started = await laptop({});
      const run = await endOf(started, { tags: { emulate: `HANG:${status}` } });
      expect(run.status).toBe(status);
      await started.client.send(new CancelRunCommand({ id: run.id }));
      started.clock.advance(HOUR_MS);
      expect((await started.client.send(new GetRunCommand({ id: run.id }))).status).toBe('CANCELLED');
    },
  );

  it('reports a tag that says nothing, and lets the run be', async () => {
    const started = await laptop({});
    expect((await endOf(started, { tags: { emulate: 'EXPLODE' } })).status).toBe('COMPLETED');
    expect(started.reports[0]).toContain('EXPLODE');
  });

  it('applies a rule to the first runs that fit it', async () => {
    const when = {
      name: 'germline-*',
      workflowId: '1234567',
      tags: { lab: 'a*' },
      parameters: { fastq_1: 's3://acme-*' },
    };
    const started = await laptop({ failures: [{ when, failureReason: 'SERVICE_ERROR', times: 1 }] });
    const fits = { name: 'germline-HXX', tags: { lab: 'abc' } };
    expect((await endOf(started, { ...fits, name: 'other' })).status).toBe('COMPLETED');
    expect((await endOf(started, { ...fits, tags: {} })).status).toBe('COMPLETED');
    expect(await endOf(started, fits)).toMatchObject({ status: 'FAILED', failureReason: 'SERVICE_ERROR' });
    expect((await endOf(started, fits)).status).toBe('COMPLETED');
  });

  it.each([
    ['*', 'anything', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*a', 'a', false],
    ['*b*', 'abc', true],
    ['a*b*c', 'a-c-b', false],
    ['abc', 'abcd', false],
  ])('matches %s against %s: %s', (pattern, text, expected) => {
    expect(matchesWildcard(pattern, text)).toBe(expected);
  });
});

describe('operation faults', () => {
  const names = async (started: Laptop, calls: number) => {
    const outcomes: string[] = [];
    for (let i = 0; i < calls; i += 1) {
      outcomes.push(
        await started.client.send(new ListRunsCommand({})).then(
          () => 'ok',
          (error: Error) => error.name,
        ),
      );
    }
    return outcomes;
  };

  it('throttle a share of the calls, the same ones for the same seed', async () => {
    const settings: OmicsSettings = {
      seed: 7,
      operationFaults: [{ operation: 'ListRuns', share: 0.5, kind: 'THROTTLE' }],
    };
    const first = await names(await laptop(settings), 30);
    expect(new Set(first)).toEqual(new Set(['ok', 'ThrottlingException']));
    expect(await names(await laptop(settings), 30)).toEqual(first);
  });

  it('answer 500, or time out or cut the line once the run is started', async () => {
    for (const [kind, name, stored] of [
      ['SERVER_ERROR', 'InternalServerException', 0],
      ['TIMEOUT_AFTER_SUCCESS', 'RequestTimeoutException', 1],
      ['CUT_AFTER_SUCCESS', 'TimeoutError', 1],
    ] as const) {
      const { client } = await laptop({ operationFaults: [{ operation: 'StartRun', share: 1, kind }] });
      await expect(client.send(new StartRunCommand(germlineRequest()))).rejects.toMatchObject({ name });
      expect((await client.send(new ListRunsCommand({}))).items).toHaveLength(stored);
    }
  });

  it('throttle at the documented rates when asked to', async () => {
    const started = await laptop({ throttling: true });
    const outcomes = await names(started, 12);
    expect(outcomes.slice(0, 10)).toEqual(Array(10).fill('ok'));
    expect(outcomes.slice(10)).toEqual(['ThrottlingException', 'ThrottlingException']);
    started.clock.advance(200);
    expect(await names(started, 3)).toEqual(['ok', 'ok', 'ThrottlingException']);
  });
});

describe('events', () => {
  const statuses = (started: Laptop) =>
    started.events.filter((event) => event.detailType === 'Run Status Change').map((event) => event.detail.status);
  const whole = ['PENDING', 'STARTING', 'RUNNING', 'STOPPING', 'COMPLETED'];

  it('can be lost', async () => {
    const started = await laptop({ eventFaults: { lose: 1 } });
    await endOf(started, {});
    expect(started.events).toEqual([]);
  });

  it('can come twice', async () => {
    const started = await laptop({ eventFaults: { duplicate: 1 } });
    await endOf(started, {});
    expect(statuses(started)).toEqual(whole.flatMap((status) => [status, status]));
  });

  it('can come late', async () => {
    const started = await laptop({ eventFaults: { delay: 1, delayMs: 10 * HOUR_MS } });
    await endOf(started, {});
    expect(started.events).toEqual([]);
    started.clock.advance(10 * HOUR_MS);
    await expect.poll(() => statuses(started)).toEqual(whole);
  });

  it('can come out of order, and none is lost by that', async () => {
    const started = await laptop({ speed: 10_000, eventFaults: { reorder: 0.5 } });
    await endOf(started, {});
    expect([...statuses(started)].sort()).toEqual([...whole].sort());
    expect(statuses(started)).not.toEqual(whole);
  });

  it('are reported when they are refused, and the runs go on', async () => {
    const started = await laptopForTest({ put: () => Promise.reject(new Error('no bus')) });
    expect((await endOf(started, {})).status).toBe('COMPLETED');
    expect(started.reports[0]).toContain('no bus');
  });

  it('carry the documented detail', async () => {
    const started = await laptop({});
    const run = await endOf(started, { tags: { emulate: 'FAILED:OUT_OF_MEMORY_ERROR' } });
    const last = started.events.filter((event) => event.detailType === 'Run Status Change').at(-1);
    expect(last?.detail).toEqual({
      omicsVersion: '1.0.0',
      arn: run.arn,
      uuid: run.uuid,
      runId: run.id,
      runName: run.name,
      status: 'FAILED',
      runOutputUri: run.runOutputUri,
      workflowId: '1234567',
      workflowName: 'germline',
      workflowUuid: run.workflowUuid,
      failureReason: 'OUT_OF_MEMORY_ERROR',
      statusMessage: run.statusMessage,
    });
  });
});
