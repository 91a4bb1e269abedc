/** The estimate of the queue ahead beside what the emulator then does. */
import { CreateRunGroupCommand, StartRunCommand } from '@aws-sdk/client-omics';
import { describe, expect, it } from 'vitest';
import { sweepRuns } from '../../../lib/lifecycle/sweep-runs.ts';
import { estimateQueue, type QueueEstimate } from '../../../lib/quota/queue-ahead.ts';
import { germlineRequest } from '../../local/omics/harness.ts';
import { type EmulatedAccount, startEmulatedAccount } from '../../support/emulated-account.ts';
import { randomOf } from '../../support/simulated-account.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Compared {
  readonly estimate: QueueEstimate;
  /** Seconds. */
  readonly actual: number;
}

async function start(account: EmulatedAccount, count: number, runGroupId: string | undefined): Promise<void> {
  const group = runGroupId === undefined ? {} : { runGroupId };
  for (let number = 0; number < count; number += 1)
    await account.laptop.client.send(new StartRunCommand(germlineRequest({ storageType: 'DYNAMIC', ...group })));
}

/** Some history, then a queue; the estimate at that moment, and when the last of it really ended. */
async function compare(seed: number, { grouped }: { grouped: boolean }): Promise<Compared> {
  const account = await startEmulatedAccount({ settings: { seed }, random: randomOf(seed) });
  try {
    const { client, quotas } = account.laptop;
    quotas['L-BE38079A'] = 8;
    const group = new CreateRunGroupCommand({ maxRuns: 3, requestId: `${seed}` });
    const runGroupId = grouped ? (await client.send(group)).id : undefined;
    await start(account, 16, runGroupId);
    account.advance(200 * HOUR);
    await sweepRuns(account.ports(HOUR), { scan: true });
    await start(account, grouped ? 15 : 40, runGroupId);
    account.advance(30 * MINUTE);
    await sweepRuns(account.ports(HOUR), { scan: true });
    account.advance(0);
    const [queue, durations] = [await account.ledger.sweeps.readQueue(), await account.ledger.sweeps.readDurations()];
    if (queue === undefined) throw new Error('no queue was written');
    const estimate = estimateQueue(queue.lanes, { limits: queue.limits, durations, random: randomOf(seed) });
    if (estimate === undefined) throw new Error('no estimate');
    account.advance(1_000 * HOUR);
    const stops = (await account.all()).map(({ stopTime }) => stopTime?.getTime() ?? 0);
    return { estimate, actual: (Math.max(...stops) - Date.parse(queue.takenAt)) / 1_000 };
  } finally {
    await account.stop();
  }
}

describe('how long the emulator takes to drain its queue', () => {
  it.each([
    ['the account lets run at once', false, 'ACTIVE_RUNS DYNAMIC'],
    ['a run group lets run at once', true, 'RUN_GROUP'],
  ] as const)('is within what was estimated, where it waits for how many %s', async (_, grouped, limit) => {
    const errors: number[] = [];
    let inside = 0;
    for (let seed = 1; seed <= 6; seed += 1) {
      const { estimate, actual } = await compare(seed, { grouped });
      expect(estimate.binds[0]?.limit, `seed ${seed}`).toContain(limit);
      const { early, middle, late } = estimate.allEnded;
      errors.push(Math.abs(middle - actual) / actual);
      if (actual >= early && actual <= late) inside += 1;
    }
    expect(errors.toSorted((a, b) => a - b)[3]).toBeLessThan(0.15);
    expect(inside).toBeGreaterThanOrEqual(4);
  });
});
