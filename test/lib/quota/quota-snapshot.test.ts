import { describe, expect, it } from 'vitest';
import { howGone } from '../../../lib/quota/gone-runs.ts';
import {
  type AccountQuotas,
  holdersOf,
  type QuotaSnapshot,
  removeSurvivalDays,
  retainedBounds,
  retainedShare,
  takeSnapshot,
  whatIf,
} from '../../../lib/quota/quota-snapshot.ts';
import { DAY_MS, dayOf, MOST_DAYS, updateDays } from '../../../lib/quota/retain-days.ts';
import type { StoredRun } from '../../../lib/quota/stored-run.ts';
import { crossThresholds } from '../../../lib/quota/thresholds.ts';

const NOW_MS = Date.UTC(2026, 5, 15, 12);

function run(change: Partial<StoredRun> = {}): StoredRun {
  return {
    runId: '1',
    createdMs: NOW_MS - 10 * DAY_MS,
    status: 'COMPLETED',
    storageType: 'DYNAMIC',
    retentionMode: 'RETAIN',
    uuidPrefix: '',
    owner: {},
    isDoubted: false,
    ...change,
  };
}

const times = (count: number, change: Partial<StoredRun> = {}) => Array.from({ length: count }, () => run(change));

function quotasOf(storedRuns: number): AccountQuotas {
  const applied = (value: number) => ({ value, source: 'applied' as const });
  return { storedRuns: applied(storedRuns), activeRunsDynamic: applied(50), activeRunsStatic: applied(10) };
}

const snapshotOf = (runs: StoredRun[], quota: number): QuotaSnapshot =>
  takeSnapshot(runs, quotasOf(quota), { takenMs: NOW_MS, scannedMs: NOW_MS, basis: 'scan' });

describe('a snapshot', () => {
  it('counts by retention mode and status, and active runs by storage type', () => {
    const runs = [
      ...times(3),
      ...times(2, { retentionMode: 'REMOVE', status: 'FAILED' }),
      ...times(1, { retentionMode: 'REMOVE', status: 'STOPPING', storageType: 'STATIC' }),
      ...times(1, { retentionMode: 'UNKNOWN', status: 'PENDING', createdMs: NOW_MS - 5_000, isDoubted: true }),
    ];
    expect(snapshotOf(runs, 10)).toEqual({
      takenAt: '2026-06-15T12:00:00.000Z',
      scannedAt: '2026-06-15T12:00:00.000Z',
      basis: 'scan',
      storedRuns: 7,
      storedRunsQuota: 10,
      quotas: quotasOf(10),
      byRetentionMode: { RETAIN: { COMPLETED: 3 }, REMOVE: { FAILED: 2, STOPPING: 1 }, UNKNOWN: { PENDING: 1 } },
      activeByStorageType: { STATIC: 1, DYNAMIC: 1 },
      unknownRetention: 1,
      doubted: 1,
      removableRuns: 2,
      startedLastDay: { RETAIN: 0, REMOVE: 0, UNKNOWN: 1 },
    });
  });

  it('says which share of the quota RETAIN runs hold, also of a quota of nothing', () => {
    expect(retainedShare(snapshotOf(times(8), 10))).toBe(0.8);
    expect(retainedShare(snapshotOf([], 0))).toBe(1);
  });

  it('says how long an ended REMOVE run stays readable', () => {
    const today = { createdMs: NOW_MS - 5_000 };
    const runs = [...times(20, today), ...times(30, { retentionMode: 'REMOVE' })];
    expect(removeSurvivalDays(snapshotOf(runs, 100))).toBe((50 + 30) / 20);
    expect(removeSurvivalDays(snapshotOf(times(5), 100))).toBeUndefined();
  });

  it('says what would become of runs started now', () => {
    const full = snapshotOf([...times(90), ...times(5, { retentionMode: 'REMOVE' })], 100);
    expect(whatIf(full, 20, 'RETAIN')).toEqual({ fit: 5, replace: 0, refused: 15 });
    expect(whatIf(full, 20, 'REMOVE')).toEqual({ fit: 5, replace: 15, refused: 0 });
    expect(whatIf(snapshotOf(times(100), 100), 3, 'REMOVE')).toEqual({ fit: 0, replace: 0, refused: 3 });
  });

  it('says who holds the runs, the largest first, and sums up the many small ones', () => {
    const runs = [
      ...times(2, { owner: { route: 'germline', workflowId: '7' } }),
      ...times(3, { owner: { workflowId: '8', startedBy: 'arn:x', runGroupId: '5' }, retentionMode: 'REMOVE' }),
      ...times(1, { owner: { workflowId: '9' }, retentionMode: 'UNKNOWN' }),
    ];
    const holders = holdersOf(runs);
    expect(holders.route.map(({ name }) => name)).toEqual(['(foreign)', 'germline']);
    expect(holders.runGroup).toContainEqual({ name: '(none)', RETAIN: 2, REMOVE: 0, UNKNOWN: 0 });
    expect(holders.startedBy.map(({ name }) => name)).toEqual(['arn:x', 'Rundrop', '(not known)']);
    const many = Array.from({ length: 30 }, (_, number) => run({ owner: { workflowId: String(number) } }));
    expect(holdersOf(many).workflow).toHaveLength(21);
    expect(holdersOf(many).workflow.at(-1)).toMatchObject({ name: '(others)', RETAIN: 10 });
  });
});

describe('thresholds', () => {
  const exactly = (percent: number) => ({ least: percent, most: percent });

  it('are passed once, together, and again only after the share fell two points below', () => {
    const first = crossThresholds({}, exactly(92), [95, 80, 90]);
    expect(first.passed).toEqual([
      { threshold: 80, number: 1 },
      { threshold: 90, number: 1 },
    ]);
    const within = crossThresholds(first.crossings, exactly(88), [80, 90, 95]);
    expect(within).toEqual({ crossings: first.crossings, passed: [] });
    expect(within.crossings).toBe(first.crossings);
    const below = crossThresholds(within.crossings, exactly(87.9), [80, 90, 95]);
    expect(crossThresholds(below.crossings, exactly(90), [80, 90, 95]).passed).toEqual([{ threshold: 90, number: 2 }]);
  });

  it('stay as they were while it is open whether they are passed', () => {
    const doubted = [...times(7), ...times(2, { isDoubted: true }), ...times(1, { retentionMode: 'UNKNOWN' })];
    const open = retainedBounds(snapshotOf(doubted, 10));
    expect(open).toEqual({ least: 70, most: 100 });
    expect(crossThresholds({}, open, [80]).passed).toEqual([]);
    const above = crossThresholds({}, exactly(80), [80]).crossings;
    expect(crossThresholds(above, { least: 60, most: 78 }, [80]).crossings).toBe(above);
    expect(retainedBounds(snapshotOf([], 0))).toEqual(exactly(100));
  });
});

describe('days of RETAIN runs', () => {
  const started = (day: number, count: number) => times(count, { createdMs: day * DAY_MS + 3_600_000 });
  const today = dayOf(NOW_MS);

  it('are counted by creation time from the first picture on, with empty days between', () => {
    const runs = [...started(today - 3, 4), ...started(today, 1), ...times(2, { retentionMode: 'REMOVE' })];
    expect(updateDays([], runs, { nowMs: NOW_MS, deletedNow: 2 })).toEqual([
      { day: today - 3, started: 4, deleted: 0 },
      { day: today - 2, started: 0, deleted: 0 },
      { day: today - 1, started: 0, deleted: 0 },
      { day: today, started: 1, deleted: 2 },
    ]);
  });

  it('keep what had come when it is deleted later, and not more than two months', () => {
    const before = updateDays([], started(today - 3, 4), { nowMs: NOW_MS, deletedNow: 0 });
    const after = updateDays(before, started(today - 200, 1), { nowMs: NOW_MS + DAY_MS, deletedNow: 4 });
    expect(after).toHaveLength(MOST_DAYS);
    expect(after.find(({ day }) => day === today - 3)).toMatchObject({ started: 4 });
    expect(after.at(-1)).toEqual({ day: today + 1, started: 0, deleted: 4 });
  });
});

describe('a run that is gone', () => {
  const remove = run({ retentionMode: 'REMOVE' });
  const full = { storedRuns: 100, quota: 100, oldestRemovableMs: NOW_MS };

  it.each([
    ['deleted when its mode was RETAIN', run(), full, 'deleted'],
    ['unclear when its mode was never known', run({ retentionMode: 'UNKNOWN' }), full, 'unclear'],
    ['removed by retention when it was the oldest of a full account', remove, full, 'retention'],
    [
      'deleted when an older one is still there',
      remove,
      { ...full, oldestRemovableMs: NOW_MS - 20 * DAY_MS },
      'deleted',
    ],
    ['deleted when there was room', remove, { ...full, storedRuns: 50 }, 'deleted'],
    ['unclear when there may have been none', remove, { ...full, storedRuns: 90 }, 'unclear'],
  ] as const)('was %s', (_, gone, remaining, how) => {
    expect(howGone(gone, remaining, 10)).toBe(how);
  });
});
