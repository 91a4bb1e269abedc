import { describe, expect, it } from 'vitest';
import { listActive, statusesToList } from '../../../lib/lifecycle/active-runs.ts';
import type { AttemptRecord } from '../../../lib/runs/request-record.ts';
import { ACTIVE_RUN_STATUSES, type ActiveRunStatus } from '../../../lib/runs/run-status.ts';
import { claimedRequest } from '../../support/request-record.ts';

const MINUTE_MS = 60_000;
/** The 20th minute of an hour, and one that is not a multiple of five. */
const FIFTH_MS = Date.UTC(2026, 0, 2, 10, 20, 5);
const OTHER_MS = FIFTH_MS + 3 * MINUTE_MS;
const at = (nowMs: number, minutesAgo: number) => new Date(nowMs - minutesAgo * MINUTE_MS).toISOString();

/** A request whose run was started so many minutes before OTHER_MS. */
function started(minutesAgo: number, facts: Partial<AttemptRecord> = {}) {
  const record = claimedRequest({ state: 'STARTED' });
  const attempts = record.attempts.map((one) => ({ ...one, startCalledAt: at(OTHER_MS, minutesAgo), ...facts }));
  return { ...record, attempts };
}
const heard = { heardAt: at(OTHER_MS, 30) };

/** One that events told of, so many minutes before FIFTH_MS last. */
function heardIn(status: ActiveRunStatus, minutesAgo: number) {
  return started(60, { ...heard, status, statuses: { [status]: at(FIFTH_MS, minutesAgo) } });
}

describe('a listing of the active runs', () => {
  it('is of all statuses and due every minute while no event has told of a run', () => {
    expect(statusesToList([started(60)], OTHER_MS)).toEqual(ACTIVE_RUN_STATUSES);
    expect(statusesToList([started(1)], OTHER_MS)).toEqual(ACTIVE_RUN_STATUSES);
  });

  it('is due every fifth minute once events have told of all of few runs', () => {
    const running = [heardIn('RUNNING', 40), heardIn('RUNNING', 10)];
    const minutes = [1, 2, 3, 4, 5, 6, 9, 10].map((minute) => FIFTH_MS + minute * MINUTE_MS);
    expect(minutes.map((nowMs) => statusesToList(running, nowMs).length)).toEqual([0, 0, 0, 0, 1, 0, 0, 1]);
  });

  it('is due more seldom when many runs share its cost, and of statuses in which a run costs less', () => {
    const few = Array.from({ length: 50 }, () => heardIn('RUNNING', 40));
    const fifthMs = FIFTH_MS + 5 * MINUTE_MS;
    expect(statusesToList(few, fifthMs)).toEqual(['RUNNING']);
    expect(statusesToList([...few, heardIn('RUNNING', 40)], fifthMs)).toEqual([]);
    expect(statusesToList([...few, heardIn('RUNNING', 40)], FIFTH_MS)).toEqual(['RUNNING']);
    const others = [heardIn('PENDING', 40), heardIn('STARTING', 40), heardIn('STOPPING', 40)];
    expect(statusesToList(others, fifthMs)).toEqual([]);
    expect(statusesToList(others, FIFTH_MS + 10 * MINUTE_MS)).toEqual(['STOPPING']);
    expect(statusesToList(others, FIFTH_MS)).toEqual(['PENDING', 'STARTING', 'STOPPING']);
  });

  it('is then only of statuses in which a run of ours has been for a while', () => {
    expect(statusesToList([heardIn('RUNNING', 40), heardIn('STARTING', 1)], FIFTH_MS)).toEqual(['RUNNING']);
    expect(statusesToList([heardIn('RUNNING', 1), heardIn('PENDING', 4)], FIFTH_MS)).toEqual(['PENDING']);
    expect(statusesToList([heardIn('RUNNING', 3)], FIFTH_MS)).toEqual([]);
  });

  it('gives a new run time for its first event', () => {
    expect(statusesToList([started(60, heard), started(4)], OTHER_MS)).toEqual([]);
    expect(statusesToList([started(60, heard), started(5)], OTHER_MS)).toEqual(ACTIVE_RUN_STATUSES);
  });

  it('is due every minute once a listing was ahead of the events, until an event tells of that run again', () => {
    const missed = { ...heard, missedAt: at(OTHER_MS, 10) };
    expect(statusesToList([started(60, heard), started(60, missed)], OTHER_MS)).toEqual(ACTIVE_RUN_STATUSES);
    const again = { ...missed, heardAt: at(OTHER_MS, 9) };
    expect(statusesToList([started(60, heard), started(60, again)], OTHER_MS)).toEqual([]);
  });

  it('is due every minute for a new run that a listing was ahead of', () => {
    const missed = started(4, { missedAt: at(OTHER_MS, 1) });
    expect(statusesToList([started(60, heard), missed], OTHER_MS)).toEqual(ACTIVE_RUN_STATUSES);
  });

  it('is due every minute while a run is followed that somebody else started long ago', () => {
    const foreign = started(60, { creationTime: at(OTHER_MS, 60) });
    const attempts = foreign.attempts.map(({ startCalledAt: _, ...one }) => one);
    expect(statusesToList([started(60, heard), { ...foreign, attempts }], OTHER_MS)).toEqual(ACTIVE_RUN_STATUSES);
  });
});

it('asks for the statuses in the order in which a run moves, and believes the last', async () => {
  const asked: string[] = [];
  const runs = {
    listRuns: async (status: string) => {
      asked.push(status);
      return [{ runId: '1', status }];
    },
  };
  const active = await listActive(runs, ['STOPPING', 'RUNNING']);
  expect(asked).toEqual(['RUNNING', 'STOPPING']);
  expect(active.statuses).toEqual(['STOPPING', 'RUNNING']);
  expect(active.runs.get('1')?.status).toBe('STOPPING');
});
