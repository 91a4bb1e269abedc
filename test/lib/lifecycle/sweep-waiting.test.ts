import { describe, expect, it } from 'vitest';
import { readWaiting, waitingFigures } from '../../../lib/lifecycle/sweep-waiting.ts';
import type { RequestRecord } from '../../../lib/runs/request-record.ts';
import { heldUp, waiting } from '../../../lib/runs/transitions.ts';
import { claimedRequest } from '../../support/request-record.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 4);

function held(identity: string, minutes: number, reason?: string): RequestRecord {
  const at = new Date(NOW_MS - 60_000 * minutes).toISOString();
  const record = waiting(claimedRequest({ identity, createdAt: at }), at);
  return reason === undefined ? record : heldUp(record, reason);
}

describe('what waits for its start', () => {
  it('is counted by reason, with the age of the oldest, and told as none where nothing waits', () => {
    const records = [
      held('1', 1),
      held('2', 50, 'A quota is full, ServiceQuotaExceededException: The maximum number of runs is 200.'),
      held('3', 5, 'A quota is full, by the sweep of 2026-01-02: 200 of 200 stored runs. A probe goes first.'),
      held(
        '4',
        7,
        'Route germline has started its 500 runs of 2026-01-02 (UTC), which is its limit; it goes on the next day.',
      ),
    ];
    expect(waitingFigures(records, NOW_MS)).toEqual([
      { reason: 'IN_LINE', count: 1, oldestSeconds: 60 },
      { reason: 'QUOTA', count: 2, oldestSeconds: 3_000 },
      { reason: 'DAILY_LIMIT', count: 1, oldestSeconds: 420 },
      { reason: 'THROTTLED', count: 0, oldestSeconds: 0 },
    ]);
    const throttled = held('5', 2, 'StartRun did not get through, ThrottlingException: Rate exceeded');
    expect(waitingFigures([throttled], NOW_MS).at(-1)).toEqual({ reason: 'THROTTLED', count: 1, oldestSeconds: 120 });
  });

  it('is what a consistent read says, not what the index nominated', async () => {
    const records = new Map([held('1', 1), claimedRequest({ identity: '2' })].map((one) => [one.identity, one]));
    const requests = {
      open: async () => ['1', '2', '3'],
      read: async (identity: string) => records.get(identity),
      list: async () => [],
      findByRunId: async () => [],
    };
    expect((await readWaiting({ requests })).map(({ identity }) => identity)).toEqual(['1']);
  });
});
