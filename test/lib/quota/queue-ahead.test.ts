import { describe, expect, it } from 'vitest';
import { estimateQueue } from '../../../lib/quota/queue-ahead.ts';
import { type QueueLane, type QueueLimits, withRoom } from '../../../lib/quota/queue-picture.ts';
import { DurationCollector, type RunDurations } from '../../../lib/quota/run-durations.ts';
import { randomOf } from '../../support/simulated-account.ts';

const HOUR = 3_600;

function lane(change: Partial<QueueLane> = {}): QueueLane {
  return { storageType: 'DYNAMIC', workflowId: '1', activeSeconds: [], pending: 0, waiting: 0, ...change };
}

const LIMITS: QueueLimits = { activeRunsDynamic: 10, activeRunsStatic: 5, startRunsPerSecond: 5, runGroups: [] };
const EVERY_HOUR: RunDurations = { '1': Array.from({ length: 20 }, (_, index) => [index, HOUR, 0] as const) };

const estimate = (lanes: readonly QueueLane[], limits: Partial<QueueLimits> = {}, durations = EVERY_HOUR) =>
  estimateQueue(lanes, { limits: { ...LIMITS, ...limits }, durations, random: randomOf(7) });

describe('the estimate of the queue ahead', () => {
  it('says nothing while no run has ended', () => {
    expect(estimate([lane({ pending: 3 })], {}, {})).toBeUndefined();
  });

  it('is nothing when nothing waits or runs', () => {
    const none = { early: 0, middle: 0, late: 0 };
    expect(estimate([])).toMatchObject({ allStarted: none, allEnded: none, binds: [] });
  });

  it('takes so many rounds as the account lets run at once', () => {
    const found = estimate([lane({ pending: 35 })]);
    expect(found).toMatchObject({ pending: 35, fromRuns: 20, withoutHistory: 0 });
    expect(found?.allStarted.middle).toBeCloseTo(3 * HOUR, 0);
    expect(found?.allEnded.middle).toBeCloseTo(4 * HOUR, 0);
    expect(found?.binds).toEqual([{ limit: 'ACTIVE_RUNS DYNAMIC', percent: 100 }]);
  });

  it('counts a place as held while a run is STARTING', () => {
    const durations = { '1': EVERY_HOUR['1']?.map(([endedMs, seconds]) => [endedMs, seconds, 600] as const) ?? [] };
    expect(estimate([lane({ pending: 20 })], {}, durations)?.allEnded.middle).toBeCloseTo(2 * (HOUR + 600), 0);
  });

  it('knows that the active ones are on their way', () => {
    const found = estimate([lane({ activeSeconds: Array.from({ length: 10 }, () => HOUR / 2), pending: 1 })]);
    expect(found?.allStarted.middle).toBeCloseTo(HOUR / 2, 0);
  });

  it('names the run group whose maxRuns binds, and caps at its maxDuration', () => {
    const runGroups = [{ runGroupId: '9', maxRuns: 2, maxDuration: 30 }];
    const found = estimate([lane({ runGroupId: '9', pending: 8 }), lane({ pending: 4 })], { runGroups });
    expect(found?.binds[0]).toEqual({ limit: 'RUN_GROUP 9 maxRuns', percent: 100 });
    expect(found?.allEnded.middle).toBeCloseTo(4 * 0.5 * HOUR, 0);
  });

  it('tells each line by itself', () => {
    const runGroups = [{ runGroupId: '9', maxRuns: 1 }];
    const found = estimate([lane({ runGroupId: '9', pending: 6 }), lane({ storageType: 'STATIC', pending: 10 })], {
      runGroups,
    });
    expect(found?.lines).toMatchObject([
      { storageType: 'DYNAMIC', runGroupId: '9', pending: 6 },
      { storageType: 'STATIC', pending: 10 },
    ]);
    expect(found?.lines.map(({ allEnded }) => Math.round(allEnded.middle / HOUR))).toEqual([6, 2]);
    expect(found?.allEnded.middle).toBeCloseTo(6 * HOUR, 0);
  });

  it('takes a group that lets runs wait below its maxRuns to be short of CPUs', () => {
    const runGroups = [{ runGroupId: '9', maxRuns: 50, maxCpus: 64 }];
    const found = estimate([lane({ runGroupId: '9', activeSeconds: [1, 1, 1], pending: 6 })], { runGroups });
    expect(found?.binds[0]?.limit).toBe('RUN_GROUP 9 maxCpus or maxGpus');
    expect(found?.allStarted.middle).toBeCloseTo(2 * HOUR, -1);
    expect(found?.uncounted).toEqual([]);
  });

  it('says which limits of the run groups in use it could not count', () => {
    const runGroups = [
      { runGroupId: '9', maxRuns: 50, maxCpus: 64, maxGpus: 4 },
      { runGroupId: '10', maxCpus: 8 },
    ];
    const found = estimate([lane({ runGroupId: '9', added: 400 })], { runGroups });
    expect(found?.uncounted).toEqual(['RUN_GROUP 9 maxCpus', 'RUN_GROUP 9 maxGpus']);
  });

  it('starts no faster than StartRun may be called', () => {
    const found = estimate([lane({ waiting: 100, added: 20 })], { activeRunsDynamic: 1_000, startRunsPerSecond: 0.1 });
    expect(found).toMatchObject({ waiting: 100, added: 20, binds: [{ limit: 'START_RUN_RATE', percent: 100 }] });
    expect(found?.allStarted.middle).toBeCloseTo(1_190, 0);
  });

  it('is the wider the less is known', () => {
    const spread = (count: number) => {
      const runs = Array.from({ length: count }, (_, index) => [index, HOUR * (0.5 + (index % 5) / 4), 0] as const);
      const { early = 0, late = 0 } = estimate([lane({ pending: 50 })], {}, { '1': runs })?.allEnded ?? {};
      return late / early;
    };
    expect(spread(1)).toBeGreaterThan(1.5);
    expect(spread(3)).toBeGreaterThan(spread(30));
  });

  it('says how many runs are of a workflow that has no history', () => {
    expect(estimate([lane({ workflowId: 'new', pending: 3 }), lane({ pending: 1 })])?.withoutHistory).toBe(3);
  });

  it('answers for a very long queue in bounded time', () => {
    expect(estimate([lane({ pending: 20_000 })])?.allEnded.middle).toBeCloseTo(2_000 * HOUR, 0);
  });
});

describe('what waits for a place among the stored runs', () => {
  it.each([
    ['has one where places are free', { free: 10, removable: 0 }, 0, [4, 3]],
    [
      'waits for deletions where none is free, but for REMOVE runs that others make room for',
      { free: 0, removable: 1 },
      5,
      [1, 1],
    ],
    ['waits for deletions altogether in an account full of RETAIN runs', { free: 0, removable: 0 }, 7, [0, 0]],
    ['takes the free places in turn', { free: 3, removable: 5 }, 2, [4, 1]],
  ])('%s', (_, room, blocked, waiting) => {
    const lanes = [lane({ waiting: 4, waitingRetain: 3 }), lane({ waiting: 3, waitingRetain: 2 })];
    const found = withRoom(lanes, room);
    expect(found.blocked).toBe(blocked);
    expect(found.lanes.map((one) => one.waiting)).toEqual(waiting);
  });
});

describe('durations', () => {
  const times = (ended: number, seconds: number) => ({
    workflowId: '1',
    createdMs: 1_000_000 * ended - 1_000 * seconds - 5_000,
    startedMs: 1_000_000 * ended - 1_000 * seconds,
    stoppedMs: 1_000_000 * ended,
  });

  it('are those of the newest runs that ended, each once', () => {
    const collector = new DurationCollector();
    for (let ended = 1; ended <= 50; ended += 1) collector.add(times(ended, ended));
    collector.add(times(50, 50));
    collector.add(times(1, 1));
    collector.add({ ...times(60, 1), stoppedMs: undefined });
    const runs = collector.durations()['1'] ?? [];
    expect(runs).toHaveLength(30);
    expect(runs.at(-1)).toEqual([50_000_000, 50, 5]);
    expect(runs[0]).toEqual([21_000_000, 21, 5]);
  });

  it('change nothing when all was known', () => {
    const first = new DurationCollector();
    first.add(times(1, 1));
    const second = new DurationCollector(first.durations());
    second.add(times(1, 1));
    expect([first.hasChanged, second.hasChanged]).toEqual([true, false]);
    expect(second.durations()).toEqual(first.durations());
  });
});
