import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteRunCommand,
  GetRunCommand,
  ListRunsCommand,
  ListRunTasksCommand,
  StartRunCommand,
} from '@aws-sdk/client-omics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { germlineRequest, HOUR_MS, type Laptop, type LaptopOptions, ManualClock, startLaptop } from './harness.ts';

let dataDir: string;
let running: Laptop | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'omics-'));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(dataDir, { recursive: true });
});

/** Ends the one that runs, without any farewell to the disk, and starts the next on the same folder. */
async function start(clock: ManualClock, options: LaptopOptions = {}): Promise<Laptop> {
  await running?.stop();
  running = await startLaptop({ ...options, dataDir, clock });
  return running;
}

describe('a restart with a data folder', () => {
  it('brings back every run as it was, and its requestId', async () => {
    const clock = new ManualClock();
    const before = await start(clock);
    const request = germlineRequest({ tags: { a: 'b' }, retentionMode: 'REMOVE' });
    const { id, uuid } = await before.client.send(new StartRunCommand(request));
    clock.advance(60_000);
    const { $metadata: _, ...run } = await before.client.send(new GetRunCommand({ id }));
    const after = await start(clock);
    expect(await after.client.send(new GetRunCommand({ id }))).toMatchObject(run);
    expect(await after.client.send(new StartRunCommand(request))).toMatchObject({ id, uuid });
    expect((await after.client.send(new ListRunsCommand({}))).items).toHaveLength(1);
  });

  it('ends a run whose end passed while it was down, with the times that it would have had', async () => {
    const runTwice = async (downMs: number) => {
      const clock = new ManualClock();
      const before = await start(clock);
      const { id } = await before.client.send(new StartRunCommand(germlineRequest()));
      const startedMs = clock.nowMs();
      if (downMs > 0) await before.stop();
      clock.advance(2 * HOUR_MS);
      const after = downMs > 0 ? await start(clock) : before;
      clock.advance(1);
      const run = await after.client.send(new GetRunCommand({ id }));
      const { items = [] } = await after.client.send(new ListRunTasksCommand({ id }));
      await after.client.send(new DeleteRunCommand({ id }));
      return { status: run.status, lasted: (run.stopTime?.getTime() ?? 0) - startedMs, tasks: items.length };
    };
    const down = await runTwice(2 * HOUR_MS);
    expect(down.status).toBe('COMPLETED');
    expect(down.lasted).toBeGreaterThan(0);
    expect(down.lasted).toBeLessThan(HOUR_MS);
  });

  it('continues to move runs that are under way', async () => {
    const clock = new ManualClock();
    const before = await start(clock);
    const { id } = await before.client.send(new StartRunCommand(germlineRequest()));
    clock.advance(300_000);
    const after = await start(clock);
    clock.advance(1);
    expect((await after.client.send(new GetRunCommand({ id }))).status).toBe('RUNNING');
    clock.advance(HOUR_MS);
    expect((await after.client.send(new GetRunCommand({ id }))).status).toBe('COMPLETED');
    expect(
      after.events.filter((event) => event.detail.status === 'RUNNING' && event.detailType === 'Run Status Change'),
    ).toHaveLength(0);
  });

  it('does not bring back deleted runs, nor give their sequence again', async () => {
    const clock = new ManualClock();
    const before = await start(clock);
    const { id } = await before.client.send(new StartRunCommand(germlineRequest()));
    clock.advance(2 * HOUR_MS);
    await before.client.send(new DeleteRunCommand({ id }));
    const after = await start(clock);
    expect((await after.client.send(new ListRunsCommand({}))).items).toEqual([]);
  });

  it('cuts off a torn last line and keeps all that was acknowledged', async () => {
    const clock = new ManualClock();
    const before = await start(clock);
    for (let i = 0; i < 3; i += 1) await before.client.send(new StartRunCommand(germlineRequest()));
    await before.stop();
    appendFileSync(join(dataDir, 'omics.jsonl'), '{"k":"run","run":{"seq":4,"id":"12');
    const after = await start(clock);
    expect((await after.client.send(new ListRunsCommand({}))).items).toHaveLength(3);
    await after.client.send(new StartRunCommand(germlineRequest()));
    const again = await start(clock);
    expect((await again.client.send(new ListRunsCommand({}))).items).toHaveLength(4);
    expect(again.reports).toEqual([]);
  });

  it('writes a run before it answers', async () => {
    const clock = new ManualClock();
    const { client } = await start(clock);
    const { uuid } = await client.send(new StartRunCommand(germlineRequest()));
    expect(readFileSync(join(dataDir, 'omics.jsonl'), 'utf8')).toContain(uuid);
  });

  it('counts on with failure rules', async () => {
    const clock = new ManualClock();
    const settings = { failures: [{ when: { workflowId: '1234567' }, failureReason: 'SERVICE_ERROR', times: 2 }] };
    const ends: (string | undefined)[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { client } = await start(clock, { settings });
      const { id } = await client.send(new StartRunCommand(germlineRequest()));
      clock.advance(2 * HOUR_MS);
      ends.push((await client.send(new GetRunCommand({ id }))).status);
    }
    expect(ends).toEqual(['FAILED', 'FAILED', 'COMPLETED']);
  });
});
