import { CancelRunCommand, GetRunCommand, StartRunCommand } from '@aws-sdk/client-omics';
import { expect, it } from 'vitest';
import { seededRandom } from '../../../local/omics/seeded-random.ts';
import { germlineRequest, HOUR_MS, startLaptop } from './harness.ts';

/** Every legal step of a run; what is not here must never happen. */
const LEGAL: Readonly<Record<string, readonly string[]>> = {
  '': ['PENDING'],
  PENDING: ['STARTING', 'STOPPING'],
  STARTING: ['RUNNING', 'STOPPING'],
  RUNNING: ['STOPPING'],
  STOPPING: ['COMPLETED', 'FAILED', 'CANCELLED'],
  COMPLETED: [],
  FAILED: [],
  CANCELLED: [],
};

const FATES = [
  '',
  '',
  'FAILED:SERVICE_ERROR',
  'FAILED:IMPORT_FAILED@STARTING',
  'FAILED:EXPORT_FAILED@STOPPING',
  'HANG:RUNNING',
  'HANG:PENDING',
];

it('takes legal steps only, over seeded histories of starts, cancels and queueing', async () => {
  const random = seededRandom('histories', 11);
  const laptop = await startLaptop({ settings: { seed: 11 } });
  laptop.quotas['L-BE38079A'] = 7;
  const ids: string[] = [];
  for (let step = 0; step < 400; step += 1) {
    const fate = FATES[Math.floor(random() * FATES.length)] ?? '';
    const tags: Record<string, string> = fate === '' ? {} : { emulate: fate };
    const { id = '' } = await laptop.client.send(new StartRunCommand(germlineRequest({ tags })));
    ids.push(id);
    const victim = ids[Math.floor(random() * ids.length)] ?? '';
    if (random() < 0.3) await laptop.client.send(new CancelRunCommand({ id: victim })).catch(() => undefined);
    laptop.clock.advance(random() * 600_000);
  }
  for (const id of ids) await laptop.client.send(new CancelRunCommand({ id })).catch(() => undefined);
  laptop.clock.advance(HOUR_MS);
  const run = await laptop.client.send(new GetRunCommand({ id: ids[0] }));

  const last = new Map<unknown, string>();
  for (const { detailType, detail } of laptop.events) {
    if (detailType !== 'Run Status Change') continue;
    const before = last.get(detail.uuid) ?? '';
    expect(LEGAL[before], `${before} to ${detail.status}`).toContain(detail.status);
    last.set(detail.uuid, String(detail.status));
  }
  expect(last.size).toBe(400);
  expect([...last.values()].filter((status) => (LEGAL[status] ?? ['']).length > 0)).toEqual([]);
  expect(run.stopTime?.getTime()).toBeGreaterThanOrEqual(run.creationTime?.getTime() ?? 0);
  await laptop.stop();
});
