import { describe, expect, it } from 'vitest';
import { listActive, listingIsDue } from '../../../lib/lifecycle/active-runs.ts';
import type { AttemptRecord } from '../../../lib/runs/request-record.ts';
import { claimedRequest } from '../../support/request-record.ts';

const MINUTE_MS = 60_000;
/** The 20th minute of an hour, and one that is not a multiple of twenty. */
const TWENTIETH_MS = Date.UTC(2026, 0, 2, 10, 20, 5);
const OTHER_MS = TWENTIETH_MS + 3 * MINUTE_MS;
const at = (nowMs: number, minutesAgo: number) => new Date(nowMs - minutesAgo * MINUTE_MS).toISOString();

/** A request whose run was started so many minutes before OTHER_MS. */
function started(minutesAgo: number, facts: Partial<AttemptRecord> = {}) {
  const record = claimedRequest({ state: 'STARTED' });
  const attempts = record.attempts.map((one) => ({ ...one, startCalledAt: at(OTHER_MS, minutesAgo), ...facts }));
  return { ...record, attempts };
}
const heard = { heardAt: at(OTHER_MS, 30) };

describe('a listing of the active runs', () => {
  it('is due every minute while no event has told of a run', () => {
    expect(listingIsDue([started(60)], OTHER_MS)).toBe(true);
    expect(listingIsDue([started(1)], OTHER_MS)).toBe(true);
  });

  it('is due every twentieth minute once events have told of all runs', () => {
    expect(listingIsDue([started(60, heard), started(30, heard)], OTHER_MS)).toBe(false);
    expect(listingIsDue([started(60, heard), started(30, heard)], TWENTIETH_MS)).toBe(true);
  });

  it('gives a new run time for its first event', () => {
    expect(listingIsDue([started(60, heard), started(4)], OTHER_MS)).toBe(false);
    expect(listingIsDue([started(60, heard), started(5)], OTHER_MS)).toBe(true);
  });

  it('is due every minute once a listing was ahead of the events', () => {
    const missed = { ...heard, missedAt: at(OTHER_MS, 10) };
    expect(listingIsDue([started(60, heard), started(60, missed)], OTHER_MS)).toBe(true);
  });

  it('is due every minute while a run is followed that somebody else started long ago', () => {
    const foreign = started(60, { creationTime: at(OTHER_MS, 60) });
    const attempts = foreign.attempts.map(({ startCalledAt: _, ...one }) => one);
    expect(listingIsDue([started(60, heard), { ...foreign, attempts }], OTHER_MS)).toBe(true);
  });
});

it('asks for the statuses in the order in which a run moves, and believes the last', async () => {
  const asked: string[] = [];
  const active = await listActive({
    listRuns: async (status) => {
      asked.push(status);
      return [{ runId: '1', status }];
    },
  });
  expect(asked).toEqual(['PENDING', 'STARTING', 'RUNNING', 'STOPPING']);
  expect(active.get('1')?.status).toBe('STOPPING');
});
