import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, type PruneFacts, pruneCandidates } from '../../../lib/quota/prune-rules.ts';
import type { PruneRules } from '../../../lib/quota/prune-settings.ts';
import type { StoredRun } from '../../../lib/quota/stored-run.ts';

const DAY_MS = 24 * 3_600_000;
const NOW_MS = Date.UTC(2026, 5, 15);
const UUID = 'abcdef01-0000-4000-8000-000000000000';

const RULES: PruneRules = {
  olderThanMs: 30 * DAY_MS,
  statuses: ['COMPLETED'],
  keepNewest: 0,
  keepTag: 'keep',
  runs: 'all',
  mostPerSweep: 50,
  dryRun: false,
};

function run(change: Partial<StoredRun> = {}): StoredRun {
  return {
    runId: '1',
    createdMs: NOW_MS - 40 * DAY_MS,
    status: 'COMPLETED',
    storageType: 'DYNAMIC',
    retentionMode: 'RETAIN',
    uuidPrefix: UUID.slice(0, 8),
    owner: {},
    isDoubted: false,
    ...change,
  };
}

function facts(change: Partial<PruneFacts> = {}): PruneFacts {
  return {
    runId: '1',
    uuid: UUID,
    createdMs: NOW_MS - 40 * DAY_MS,
    stoppedMs: NOW_MS - 39 * DAY_MS,
    status: 'COMPLETED',
    retentionMode: 'RETAIN',
    tags: {},
    ...change,
  };
}

const verdict = (said: PruneFacts | undefined, change: Partial<PruneRules> = {}, known: Partial<StoredRun> = {}) =>
  judge(run(known), said, { rules: { ...RULES, ...change }, nowMs: NOW_MS });

describe('the verdict on a run', () => {
  it('is to prune an old RETAIN run that ended as the rules name', () => {
    expect(verdict(facts())).toEqual({ prune: true });
    expect(verdict(facts({ status: 'FAILED' }), { statuses: ['FAILED'] })).toEqual({ prune: true });
  });

  it.each([
    ['gone', undefined],
    ['another-run', facts({ uuid: 'ffffffff-0000-4000-8000-000000000000' })],
    ['another-run', facts({ createdMs: NOW_MS - 41 * DAY_MS })],
    ['another-run', facts({ runId: '2' })],
    ['not-identified', facts({ uuid: undefined })],
    ['not-identified', facts({ createdMs: 0 })],
    ['not-retain', facts({ retentionMode: undefined })],
    ['not-retain', facts({ retentionMode: 'REMOVE' })],
    ['not-at-its-end', facts({ status: 'RUNNING' })],
    ['not-at-its-end', facts({ status: 'UNKNOWN' })],
    ['status-not-listed', facts({ status: 'FAILED' })],
    ['end-not-known', facts({ stoppedMs: undefined })],
    ['too-young', facts({ stoppedMs: NOW_MS - 30 * DAY_MS + 1 })],
    ['tags-not-known', facts({ tags: undefined })],
    ['kept-by-tag', facts({ tags: { keep: '' } })],
    ['kept-by-tag', facts({ tags: { keep: 'false' } })],
  ] as const)('is to keep it: %s', (because, said) => {
    expect(verdict(said)).toEqual({ prune: false, because });
  });

  it('is to keep a run whose uuid was never seen', () => {
    expect(verdict(facts(), {}, { uuidPrefix: '' })).toEqual({ prune: false, because: 'not-identified' });
  });
});

const STATUSES = [
  'PENDING',
  'STARTING',
  'RUNNING',
  'STOPPING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'DELETED',
  'UNKNOWN',
];
const rulesOf = fc.record({
  olderThanMs: fc.integer({ min: DAY_MS, max: 90 * DAY_MS }),
  statuses: fc.subarray(['COMPLETED', 'FAILED', 'CANCELLED'] as const, { minLength: 1 }),
  keepNewest: fc.integer({ min: 0, max: 6 }),
  keepTag: fc.constantFrom('keep', 'hold', 'toString'),
  runs: fc.constantFrom('ours' as const, 'all' as const),
});
/** Mostly what lets a run go, so that each condition alone is often the one that decides. */
function mostly<T, U>(good: T, bad: fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: bad });
}
const endOf = fc.integer({ min: NOW_MS - 95 * DAY_MS, max: NOW_MS + DAY_MS });
const tagsOf = fc.dictionary(fc.constantFrom('keep', 'hold', 'project'), fc.string());
const factsOf = fc.record({
  runId: mostly('1', fc.constant('2')),
  uuid: mostly(UUID, fc.constantFrom('ffffffff-0000-4000-8000-000000000000', undefined)),
  createdMs: mostly(NOW_MS - 100 * DAY_MS, fc.constantFrom(NOW_MS - 99 * DAY_MS, 0)),
  stoppedMs: fc.oneof({ weight: 4, arbitrary: endOf }, { weight: 1, arbitrary: fc.constant(undefined) }),
  status: mostly('COMPLETED', fc.constantFrom(...STATUSES)),
  retentionMode: mostly('RETAIN', fc.constantFrom('REMOVE', undefined, 'retain')),
  tags: fc.oneof(fc.constant({}), tagsOf, fc.constant(undefined)),
});
const runOf = fc.record({
  runId: fc.integer({ min: 1, max: 1_000_000 }).map(String),
  createdMs: fc.oneof(fc.constant(0), fc.integer({ min: NOW_MS - 200 * DAY_MS, max: NOW_MS })),
  status: mostly('COMPLETED', fc.constantFrom(...STATUSES)),
  storageType: fc.constant('DYNAMIC'),
  retentionMode: mostly('RETAIN' as const, fc.constantFrom('REMOVE' as const, 'UNKNOWN' as const)),
  uuidPrefix: mostly('abcdef01', fc.constant('')),
  owner: mostly({ route: 'germline' }, fc.constantFrom({}, { startedBy: 'somebody' })),
  isDoubted: mostly(false, fc.constant(true)),
});

describe('pruning, whatever the account says', () => {
  it('never takes a run that is active, unknown, kept, another one, or younger than it says', () => {
    const taken: PruneFacts[] = [];
    fc.assert(
      fc.property(rulesOf, factsOf, (given, said) => {
        const rules = { ...RULES, ...given };
        const known = run({ createdMs: NOW_MS - 100 * DAY_MS });
        if (!judge(known, said, { rules, nowMs: NOW_MS }).prune) return;
        taken.push(said);
        expect(rules.statuses).toContain(said.status);
        expect(said).toMatchObject({
          runId: known.runId,
          uuid: UUID,
          createdMs: known.createdMs,
          retentionMode: 'RETAIN',
        });
        expect(NOW_MS - (said.stoppedMs ?? NOW_MS)).toBeGreaterThanOrEqual(rules.olderThanMs);
        expect(Object.keys(said.tags ?? { [rules.keepTag]: '' })).not.toContain(rules.keepTag);
      }),
      { numRuns: 5_000, seed: 6 },
    );
    // Otherwise it would say nothing.
    expect(taken.length).toBeGreaterThan(200);
  });

  it('nominates nothing that is active, unknown, doubted or too young, and leaves the newest', () => {
    let nominated = 0;
    fc.assert(
      fc.property(rulesOf, fc.array(runOf, { maxLength: 30 }), (given, runs) => {
        const rules = { ...RULES, ...given };
        const retained = runs.filter(({ retentionMode }) => retentionMode === 'RETAIN');
        for (const one of pruneCandidates(runs, rules, NOW_MS)) {
          nominated += 1;
          expect(rules.statuses).toContain(one.status);
          expect(one).toMatchObject({ retentionMode: 'RETAIN', isDoubted: false, uuidPrefix: 'abcdef01' });
          expect(NOW_MS - one.createdMs).toBeGreaterThanOrEqual(rules.olderThanMs);
          expect(retained.filter(({ createdMs }) => createdMs >= one.createdMs).length).toBeGreaterThan(
            rules.keepNewest,
          );
          if (rules.runs === 'ours') expect(one.owner).toHaveProperty('route');
        }
      }),
      { numRuns: 2_000, seed: 6 },
    );
    expect(nominated).toBeGreaterThan(200);
  });
});
