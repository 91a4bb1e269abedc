import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListRunsCommand, StartRunCommand } from '@aws-sdk/client-omics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Write } from '../../../local/append-whole.ts';
import { germlineRequest, HOUR_MS, type Laptop, ManualClock, startLaptop } from './harness.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'omics-full-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

/** A disk that is full from its `from`th write on, counted from `fill` on, for `forMs`. */
function smallDisk(clock: ManualClock, { from, forMs }: { from: number; forMs: number }) {
  let asked = 0;
  let fills = false;
  let untilMs = Number.POSITIVE_INFINITY;
  const write: Write = (file, bytes, offset) => {
    if (fills) asked += 1;
    if (asked === from) untilMs = Math.min(untilMs, clock.nowMs() + forMs);
    if (asked >= from && clock.nowMs() < untilMs) throw new Error('ENOSPC: no space left on device, write');
    return writeSync(file, bytes, offset);
  };
  const fill = () => {
    fills = true;
  };
  return { write, asked: () => asked, fill };
}

const SPEED = 1_000;

/** One run at a time. */
async function startOn(clock: ManualClock, write: Write): Promise<Laptop> {
  const laptop = await startLaptop({ dataDir, clock, write, settings: { speed: SPEED } });
  laptop.quotas['L-BE38079A'] = 1;
  return laptop;
}

async function statusesOf({ client }: Laptop): Promise<unknown[]> {
  const { items = [] } = await client.send(new ListRunsCommand({}));
  return items.map(({ status }) => status);
}

/** Two runs, of which one waits for the other, and a batch of two. */
async function begin({ client, endpoint }: Laptop): Promise<void> {
  for (let run = 0; run < 2; run += 1)
    await client.send(new StartRunCommand(germlineRequest({ storageType: 'DYNAMIC' })));
  const { workflowId, roleArn, outputUri, parameters } = germlineRequest();
  const inlineSettings = ['a', 'b'].map((runSettingId) => ({ runSettingId }));
  const answer = await fetch(`${endpoint}/runBatch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      requestId: 'full-disk',
      defaultRunSetting: { workflowId, roleArn, outputUri, parameters },
      batchRunSettings: { inlineSettings },
    }),
  });
  expect(answer.status).toBeLessThan(300);
}

/** In steps, so that what is read meanwhile gets its turn. Each is some minutes of a run. */
async function letHoursPass(laptop: Laptop): Promise<void> {
  for (let step = 0; step < 200; step += 1) {
    laptop.clock.advance(250);
    await new Promise(setImmediate);
  }
}

async function batchStatus({ endpoint }: Laptop): Promise<unknown> {
  const { items } = (await (await fetch(`${endpoint}/runBatch`)).json()) as { items: { status: string }[] };
  return items[0]?.status;
}

const REFUSED = /omics\.jsonl cannot be written: ENOSPC.* Runs stand still until that is mended/;
const MENDED = 'HealthOmics: the disk takes what is written again; runs go on.';

describe('on a disk that fills up', () => {
  it('tries each step again that was refused, says so once, and brings all to their end', async () => {
    for (let from = 1, wasRefused = true; wasRefused; from += 1) {
      rmSync(dataDir, { recursive: true });
      dataDir = mkdtempSync(join(tmpdir(), 'omics-full-'));
      const clock = new ManualClock();
      const disk = smallDisk(clock, { from, forMs: 5_000 });
      const laptop = await startOn(clock, disk.write);
      await begin(laptop);
      disk.fill();
      await letHoursPass(laptop);
      wasRefused = disk.asked() >= from;
      const told = wasRefused ? [expect.stringMatching(REFUSED), MENDED] : [];
      const ends = { statuses: await statusesOf(laptop), batch: await batchStatus(laptop), reports: laptop.reports };
      const statuses = Array.from({ length: 4 }, () => 'COMPLETED');
      expect(ends, `refused from write ${from} on`).toEqual({ statuses, batch: 'PROCESSED', reports: told });
      await laptop.stop();
      const again = await startLaptop({ dataDir, clock });
      expect(await statusesOf(again), `after a restart, refused from write ${from} on`).toEqual(statuses);
      await again.stop();
      // Each of four runs is moved five times at least.
      expect(wasRefused || from > 20).toBe(true);
    }
  });

  it('asks the disk at most every half minute, and answers meanwhile', async () => {
    const clock = new ManualClock();
    const disk = smallDisk(clock, { from: 1, forMs: 2 * HOUR_MS });
    const laptop = await startOn(clock, disk.write);
    await begin(laptop);
    disk.fill();
    clock.advance(HOUR_MS);
    expect(await statusesOf(laptop)).toEqual(['PENDING', 'PENDING']);
    expect(disk.asked()).toBeGreaterThan(100);
    expect(disk.asked()).toBeLessThan(130);
    expect(laptop.reports).toEqual([expect.stringMatching(REFUSED)]);
    await laptop.stop();
  });
});
