import { describe, expect, it } from 'vitest';
import type { EvidenceStore } from '../../../lib/lifecycle/evidence-ports.ts';
import { CallsThrottled } from '../../../lib/lifecycle/sweep-ports.ts';
import { sweepRuns } from '../../../lib/lifecycle/sweep-runs.ts';
import type { PruneRules } from '../../../lib/quota/prune-settings.ts';
import { crashing, ledgerOfOwnRuns } from '../../support/crashing-sweep.ts';
import { evidenceProblems } from '../../support/schemas.ts';
import { type AccountRun, createSweeperWorld, randomOf, type SweeperWorld } from '../../support/simulated-account.ts';

const DAY = 24 * 3_600_000;
const ENOUGH = 14 * 60_000;

/** Ended runs of 100 days ago, one a minute, unless the test says otherwise. */
function old(world: SweeperWorld, count: number, change: Partial<AccountRun> = {}): AccountRun[] {
  return Array.from({ length: count }, (_, number) => {
    const createdMs = world.clock.now - 100 * DAY + number * 60_000;
    const ended = { status: 'COMPLETED', stoppedMs: createdMs + 3_600_000, tags: {} };
    const run = world.account.start(createdMs, { ...ended, ...change });
    if (run === undefined) throw new Error('the account is full');
    return run;
  });
}

async function sweep(world: SweeperWorld, rules: Partial<PruneRules> = {}, scan = true) {
  const result = await sweepRuns(world.lasting(ENOUGH, { prune: world.pruning(rules) }), { scan });
  world.clock.now += 60_000;
  return result;
}

/** A bucket beside which something happens as soon as it took an object. */
function puttingThen(store: EvidenceStore, then: () => void | Promise<void>): EvidenceStore {
  return {
    put: async (key, content) => {
      const mark = await store.put(key, content);
      await then();
      return mark;
    },
    read: (mark) => store.read(mark),
  };
}

describe('pruning', () => {
  it('deletes nothing when the route file says nothing of it', async () => {
    const world = createSweeperWorld();
    old(world, 5);
    await sweepRuns(world.lasting(ENOUGH));
    expect(world.account.deleted).toEqual([]);
  });

  it('says what would go and deletes nothing in a dry run, once a day', async () => {
    const world = createSweeperWorld();
    const runs = old(world, 5);
    const { pruned } = await sweep(world, { dryRun: true });
    expect(pruned).toMatchObject({ dryRun: true, candidates: 5, outcomes: { 'would-delete': 5 } });
    expect(pruned?.runs).toEqual(runs.map(({ runId }) => runId));
    expect((await sweep(world, { dryRun: true }, false)).pruned).toBeUndefined();
    expect(world.account.deleted).toEqual([]);
    expect(world.evidence.kept.size).toBe(0);
  });

  it('keeps the evidence of each run, as documented, deletes it, and writes it into the ledger', async () => {
    const world = createSweeperWorld();
    const [run] = old(world, 1);
    const { pruned, storedRuns } = await sweep(world);
    expect(pruned).toMatchObject({ dryRun: false, outcomes: { deleted: 1 } });
    expect(storedRuns).toBe(0);
    const evidence = world.evidence.json(`runs/${run?.uuid}.json`);
    expect(evidenceProblems(evidence)).toEqual([]);
    expect(evidence).toMatchObject({
      runId: run?.runId,
      run: { uuid: run?.uuid },
      tasks: { items: [{ taskId: '7' }], complete: true },
    });
    const uri = `s3://evidence/runs/${run?.uuid}.json`;
    expect(await world.deletions.list(10)).toMatchObject([
      { runId: run?.runId, uuid: run?.uuid, state: 'DELETED', evidence: { uri }, status: 'COMPLETED' },
    ]);
    const gone = world.announcer.sent.find(({ detailType }) => detailType === 'Stored Runs Gone');
    expect(gone?.detail).toMatchObject({ gone: 1, counts: { RETAIN: { pruned: 1 } } });
  });

  it('deletes at most so many a sweep, the oldest first, and leaves the newest', async () => {
    const world = createSweeperWorld();
    const runs = old(world, 12);
    await sweep(world, { mostPerSweep: 5, keepNewest: 4 });
    expect(world.account.deleted.map(({ runId }) => runId)).toEqual(runs.slice(0, 5).map(({ runId }) => runId));
    for (let turn = 0; turn < 3; turn += 1) await sweep(world, { mostPerSweep: 5, keepNewest: 4 }, false);
    expect([...world.account.runs.keys()]).toEqual(runs.slice(8).map(({ runId }) => runId));
  });

  it('comes to those behind many that are kept', async () => {
    const world = createSweeperWorld();
    old(world, 20, { tags: { keep: 'yes' } });
    const createdMs = world.clock.now - 50 * DAY;
    const last = world.account.start(createdMs, { status: 'COMPLETED', stoppedMs: createdMs + 1, tags: {} });
    for (let turn = 0; turn < 6; turn += 1) await sweep(world, { mostPerSweep: 2 }, false);
    expect(world.account.deleted.map(({ uuid }) => uuid)).toEqual([last?.uuid]);
  });

  it('leaves a run alone that got the keep tag after the picture, or between the two looks', async () => {
    const world = createSweeperWorld();
    const [first, second] = old(world, 2);
    await sweep(world, { dryRun: true });
    if (first !== undefined) first.tags = { keep: '' };
    const ports = world.pruning({});
    const evidence = puttingThen(ports.evidence, () => {
      if (second !== undefined) second.tags = { keep: '' };
    });
    await sweepRuns(world.lasting(ENOUGH, { prune: { ...ports, evidence } }), { scan: true });
    expect(world.account.deleted).toEqual([]);
    expect(await world.deletions.list(10)).toMatchObject([{ state: 'NOT_DELETED', reason: 'kept-by-tag' }]);
  });

  it('leaves a run alone whose evidence could not be written, and still takes the picture', async () => {
    const world = createSweeperWorld();
    old(world, 3);
    world.evidence.refuse = 1;
    const result = await sweepRuns(world.lasting(ENOUGH, { prune: world.pruning({}) }), { scan: true });
    expect(result).toMatchObject({ outcome: 'done', storedRuns: 3 });
    expect(world.account.deleted).toEqual([]);
    expect(await world.deletions.list(10)).toEqual([]);
  });

  it('comes to those behind one whose evidence can never be written', async () => {
    const world = createSweeperWorld();
    const [first, second] = old(world, 2);
    const ports = world.pruning({ mostPerSweep: 1 });
    const put: EvidenceStore['put'] = async (key, content) => {
      if (key.includes(first?.uuid ?? '')) throw new Error('the key is taken');
      return ports.evidence.put(key, content);
    };
    const prune = { ...ports, evidence: { put, read: async () => undefined } };
    for (let turn = 0; turn < 2; turn += 1) {
      await sweepRuns(world.lasting(ENOUGH, { prune }), { scan: turn === 0 });
      world.clock.now += 60_000;
    }
    expect(world.account.deleted.map(({ uuid }) => uuid)).toEqual([second?.uuid]);
  });

  it('leaves a run alone of which not all tasks could be kept', async () => {
    const world = createSweeperWorld();
    old(world, 1);
    const ports = world.pruning({});
    const tasks = async () => ({ items: [], token: 'there is always more' });
    const prune = { ...ports, archive: { ...ports.archive, tasks } };
    expect(await sweepRuns(world.lasting(ENOUGH, { prune }), { scan: true })).toMatchObject({
      pruned: { outcomes: { 'record-not-whole': 1 } },
    });
    expect(world.account.deleted).toEqual([]);
    expect(await world.deletions.list(1)).toEqual([]);
  });

  it('stops where a later sweep has taken over, before anything is deleted', async () => {
    const world = createSweeperWorld();
    old(world, 2);
    const ports = world.pruning({});
    const evidence = puttingThen(ports.evidence, async () => {
      world.clock.now += 20 * 60_000;
      await sweepRuns(world.lasting(ENOUGH));
    });
    const first = await sweepRuns(world.lasting(ENOUGH, { prune: { ...ports, evidence } }), { scan: true });
    expect(first.outcome).toBe('overtaken');
    expect(world.account.deleted).toEqual([]);
    // The next one settles what was begun, and the one after it gives that run another turn.
    await sweep(world);
    expect(world.account.deleted).toHaveLength(1);
    await sweep(world);
    expect(world.account.deleted).toHaveLength(2);
    expect((await world.deletions.list(10)).map(({ state }) => state)).toEqual(['DELETED', 'DELETED']);
  });

  it('counts a deleted run as doubted while no look says that it is gone', async () => {
    const world = createSweeperWorld();
    old(world, 3);
    const ports = world.pruning({});
    const remove = async (runId: string) => {
      const answer = await ports.runs.delete(runId);
      world.account.throttle = 100;
      return answer;
    };
    const prune = { ...ports, runs: { ...ports.runs, delete: remove } };
    await sweepRuns(world.lasting(ENOUGH, { prune }), { scan: true });
    expect(world.pictures.at(-1)).toMatchObject({ storedRuns: 3, doubted: 1 });
    world.account.throttle = 0;
    world.clock.now += 60_000;
    await sweepRuns(world.lasting(ENOUGH));
    expect(world.pictures.at(-1)).toMatchObject({ storedRuns: 2, doubted: 0 });
  });

  it('deletes nothing by a look that is older than ten seconds', async () => {
    const world = createSweeperWorld();
    old(world, 1);
    const ports = world.pruning({});
    let calls = 0;
    const remove = async (runId: string) => {
      calls += 1;
      if (calls < 5) throw new CallsThrottled('slow down');
      return ports.runs.delete(runId);
    };
    const prune = { ...ports, runs: { ...ports.runs, delete: remove } };
    expect(await sweepRuns(world.lasting(ENOUGH, { prune }), { scan: true })).toMatchObject({
      pruned: { outcomes: { refused: 1 } },
    });
    expect(world.account.deleted).toEqual([]);
    expect(await world.deletions.list(1)).toMatchObject([
      { state: 'NOT_DELETED', reason: 'the call was held up for too long' },
    ]);
  });

  it('takes only our own runs unless it is told otherwise, and only those whose outcome is announced', async () => {
    const world = createSweeperWorld();
    old(world, 2);
    const [told, untold] = old(world, 2, { name: 'germline-x-0123abcd' });
    const requests = ledgerOfOwnRuns([
      { run: told, isAnnounced: true },
      { run: untold, isAnnounced: false },
    ]);
    const prune = world.pruning({ runs: 'ours' });
    const { pruned } = await sweepRuns(world.lasting(ENOUGH, { requests, prune }), { scan: true });
    expect(pruned).toMatchObject({ candidates: 2, outcomes: { deleted: 1, 'outcome-not-recorded': 1 } });
    expect(world.account.deleted.map(({ uuid }) => uuid)).toEqual([told?.uuid]);
    expect(world.goneRuns).toMatchObject([{ uuid: told?.uuid, how: 'pruned' }]);
    expect([...world.evidence.kept.keys()]).toEqual([`runs/${told?.uuid}.json`]);
  });
});

/** What DeleteRun may have deleted, by the rules of `pruning({})`: `truth` is the account as it was at the call. */
function expectRightDeletions(world: SweeperWorld, context: string): void {
  for (const run of world.account.deleted) {
    expect(run, context).toMatchObject({ status: 'COMPLETED', retentionMode: 'RETAIN' });
    expect(run.tags, context).not.toHaveProperty('keep');
    expect(run.deletedMs - (run.stoppedMs ?? Number.POSITIVE_INFINITY), context).toBeGreaterThanOrEqual(30 * DAY);
    expect(world.evidence.kept.has(`runs/${run.uuid}.json`), context).toBe(true);
  }
}

describe('a crash while runs are pruned', () => {
  it('at any await deletes no run twice or wrongly, and each deletion is in the ledger', async () => {
    for (let crashAt = 1; ; crashAt += 1) {
      const world = createSweeperWorld();
      old(world, 3);
      old(world, 2, { tags: { keep: '' } });
      const crashed = await crashing(world, crashAt, { prune: world.pruning({ mostPerSweep: 3 }) });
      world.clock.now += 20 * 60_000;
      // The freed ids are given to runs that must live.
      const young = old(world, 3, { createdMs: world.clock.now, stoppedMs: world.clock.now });
      for (let turn = 0; turn < 4; turn += 1) await sweep(world, { mostPerSweep: 3 });
      expectRightDeletions(world, `call ${crashAt}`);
      expect(world.account.deleted, `call ${crashAt}`).toHaveLength(3);
      for (const { runId, uuid } of young) expect(world.account.runs.get(runId)?.uuid, `call ${crashAt}`).toBe(uuid);
      const ledger = await world.deletions.list(100);
      expect(ledger.map(({ uuid, state }) => `${uuid} ${state}`).sort(), `call ${crashAt}`).toEqual(
        world.account.deleted.map(({ uuid }) => `${uuid} DELETED`).sort(),
      );
      if (!crashed) break;
    }
  });
});

describe('two sweeps that prune at once', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'never delete a wrong run (overlap at call %i)',
    async (at) => {
      const world = createSweeperWorld();
      old(world, 4);
      old(world, 2, { tags: { keep: '' } });
      const random = randomOf(at);
      let calls = 0;
      let other: Promise<unknown> | undefined;
      world.account.onCall = () => {
        calls += 1;
        if (calls !== at) return;
        // The first one hangs until its lease has run out; meanwhile ids that are free are given away.
        world.clock.now += 20 * 60_000;
        other = sweep(world);
        if (random() < 0.5)
          world.account.start(world.clock.now, { status: 'COMPLETED', stoppedMs: world.clock.now, tags: {} });
      };
      const first = sweepRuns(world.lasting(ENOUGH, { prune: world.pruning({}) }), { scan: true });
      await first;
      await other;
      await sweep(world);
      expectRightDeletions(world, `overlap at ${at}`);
      expect(world.account.deleted).toHaveLength(4);
    },
  );
});

describe('a history with pruning', () => {
  it.each([1, 2, 3, 4])('deletes only what the rules name, with throttling and crashes (seed %i)', async (seed) => {
    const world = createSweeperWorld();
    const random = randomOf(seed);
    world.account.quota = 150;
    for (let day = 0; day < 90; day += 1) {
      live(world, random);
      if (random() < 0.2) world.account.throttle = Math.floor(6 * random());
      const prune = world.pruning({ mostPerSweep: 1 + Math.floor(6 * random()), keepNewest: 10 });
      if (random() < 0.3) await crashing(world, 1 + Math.floor(120 * random()), { prune });
      world.clock.now += DAY;
      await sweepRuns(world.lasting(ENOUGH, { prune }), { scan: random() < 0.5 });
    }
    world.account.throttle = 0;
    await sweep(world, { keepNewest: 10 });
    expectRightDeletions(world, `seed ${seed}`);
    expect(world.account.deleted.length).toBeGreaterThan(30);
    expect(new Set(world.account.deleted.map(({ uuid }) => uuid)).size).toBe(world.account.deleted.length);
    const told = new Set(
      (await world.deletions.list(1_000)).filter(({ state }) => state === 'DELETED').map(({ uuid }) => uuid),
    );
    for (const { uuid } of world.account.deleted) expect(told, `seed ${seed}`).toContain(uuid);
    const picture = world.pictures.at(-1);
    expect(picture?.byRetentionMode, `seed ${seed}`).toEqual(world.account.truth());
  });
});

function live({ account, clock }: SweeperWorld, random: () => number): void {
  for (let count = Math.floor(4 * random()); count > 0; count -= 1) {
    const retentionMode = random() < 0.7 ? 'RETAIN' : 'REMOVE';
    account.start(clock.now, { retentionMode, tags: random() < 0.3 ? { keep: '' } : {} });
    clock.now += 2_000;
  }
  for (const run of account.runs.values()) {
    if (run.status === 'PENDING' && random() < 0.7) run.status = 'RUNNING';
    else if (run.status === 'RUNNING' && random() < 0.7) {
      run.status = random() < 0.2 ? 'FAILED' : 'COMPLETED';
      run.stoppedMs = clock.now;
    } else if (run.stoppedMs !== undefined && random() < 0.004) account.delete(run.runId);
  }
}
