import { setTimeout as pause } from 'node:timers/promises';
import { GetRunCommand, OmicsClient, StartRunCommand } from '@aws-sdk/client-omics';
import { afterEach, describe, expect, it } from 'vitest';
import { createPrunableRuns } from '../../../lib/aws/prunable-runs.ts';
import { CallsThrottled } from '../../../lib/lifecycle/sweep-ports.ts';
import type { OmicsSettings } from '../../../local/omics/settings.ts';
import { type OmicsStack, startOmicsStack } from '../../../local/omics-stack.ts';
import { germlineRequest } from '../../local/omics/harness.ts';

let stack: OmicsStack | undefined;
afterEach(() => stack?.close());

async function start(settings: OmicsSettings = {}) {
  stack = await startOmicsStack({ port: 0, settings: { speed: 20_000, ...settings }, report: () => {} });
  const options = {
    endpoint: stack.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
    maxAttempts: 1,
  };
  const omics = new OmicsClient({ ...options, disableHostPrefix: true });
  return {
    omics,
    runs: createPrunableRuns(
      () => omics,
      () => omics,
    ),
  };
}

async function startRun(omics: OmicsClient, tags?: Record<string, string>): Promise<string> {
  const { id = '' } = await omics.send(new StartRunCommand(germlineRequest(tags === undefined ? {} : { tags })));
  return id;
}

async function ended(omics: OmicsClient, id: string): Promise<void> {
  for (let look = 0; look < 200; look += 1) {
    if ((await omics.send(new GetRunCommand({ id }))).status === 'COMPLETED') return;
    await pause(20);
  }
  throw new Error(`run ${id} has not ended`);
}

describe('runs that may be pruned', () => {
  it('are described with all that the decision needs, tags that are none included', async () => {
    const { omics, runs } = await start();
    const id = await startRun(omics);
    await ended(omics, id);
    expect(await runs.describe(id)).toEqual({
      runId: id,
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdMs: expect.any(Number),
      stoppedMs: expect.any(Number),
      status: 'COMPLETED',
      retentionMode: 'RETAIN',
      tags: {},
    });
    const tagged = await startRun(omics, { keep: 'yes' });
    expect((await runs.describe(tagged))?.tags).toEqual({ keep: 'yes' });
    expect(await runs.describe('9999999')).toBeUndefined();
  });

  it('are deleted once they have ended, and not before', async () => {
    const { omics, runs } = await start({ durations: { RUNNING: 1e9 } });
    const id = await startRun(omics);
    expect(await runs.delete(id)).toBe('refused');
    expect(await runs.delete('9999999')).toBe('gone');
    await stack?.close();
    const other = await start();
    const short = await startRun(other.omics);
    await ended(other.omics, short);
    expect(await other.runs.delete(short)).toBe('deleted');
    expect(await other.runs.describe(short)).toBeUndefined();
  });

  it('say when they are asked too fast, and when nobody knows what became of a deletion', async () => {
    const { runs } = await start({ operationFaults: [{ operation: 'DeleteRun', share: 1, kind: 'THROTTLE' }] });
    await expect(runs.delete('1234567')).rejects.toThrow(CallsThrottled);
    await stack?.close();
    const ill = await start({ operationFaults: [{ operation: 'DeleteRun', share: 1, kind: 'SERVER_ERROR' }] });
    await expect(ill.runs.delete('1234567')).rejects.toThrow(
      expect.objectContaining({ name: 'InternalServerException' }),
    );
  });
});
