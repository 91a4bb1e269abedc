import { describe, expect, it } from 'vitest';
import { sweepRuns } from '../../../lib/lifecycle/sweep-runs.ts';
import { createSweeperWorld, randomOf, type SweeperWorld } from '../../support/simulated-account.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ENOUGH = 14 * MINUTE;

function fill(world: SweeperWorld, count: number, change: Parameters<SweeperWorld['account']['start']>[1] = {}): void {
  for (let number = 0; number < count; number += 1) {
    world.account.start(world.clock.now, { status: 'COMPLETED', ...change });
    world.clock.now += 2_000;
  }
}

const sweep = (world: SweeperWorld, options = {}) => sweepRuns(world.lasting(ENOUGH), options);

describe('a sweep', () => {
  it('counts every run by retention mode and status, with one GetRun for each foreign run, once', async () => {
    const world = createSweeperWorld();
    fill(world, 250);
    fill(world, 30, { retentionMode: 'REMOVE', status: 'FAILED' });
    fill(world, 3, { status: 'RUNNING', storageType: 'STATIC' });
    expect(await sweep(world)).toMatchObject({ outcome: 'done', basis: 'scan', listCalls: 3, getCalls: 283 });
    expect(world.pictures.at(-1)).toMatchObject({
      storedRuns: 283,
      storedRunsQuota: 1_000,
      byRetentionMode: world.account.truth(),
      activeByStorageType: { STATIC: 3 },
      unknownRetention: 0,
      removableRuns: 30,
    });
    world.clock.now += 24 * HOUR;
    expect(await sweep(world)).toMatchObject({ basis: 'scan', listCalls: 3, getCalls: 0 });
  });

  it('lists all runs once a day, and by hand', async () => {
    const world = createSweeperWorld();
    fill(world, 120);
    await sweep(world);
    world.clock.now += 15 * MINUTE;
    expect(await sweep(world)).toMatchObject({ basis: 'between', listCalls: 4, getCalls: 0 });
    expect(await sweep(world, { scan: true })).toMatchObject({ basis: 'scan', listCalls: 2 });
  });

  it('follows between two scans what is active, and what ended', async () => {
    const world = createSweeperWorld();
    fill(world, 10);
    await sweep(world);
    const run = world.account.start(world.clock.now, { status: 'RUNNING' });
    await sweep(world);
    expect(world.pictures.at(-1)?.byRetentionMode).toEqual({ RETAIN: { COMPLETED: 10, RUNNING: 1 } });
    if (run !== undefined) run.status = 'FAILED';
    await sweep(world);
    expect(world.pictures.at(-1)?.byRetentionMode).toEqual({ RETAIN: { COMPLETED: 10, FAILED: 1 } });
  });

  it('learns newest runs first, as many as its share of the rate allows, and says how many it does not know', async () => {
    const world = createSweeperWorld();
    fill(world, 400);
    await sweepRuns(world.lasting(60_000));
    const [picture] = world.pictures;
    expect(picture?.unknownRetention).toBeGreaterThan(90);
    expect(picture?.unknownRetention).toBeLessThan(120);
    expect(world.account.getCalls).toBeLessThanOrEqual(60 * 5 + 1);
    const { getCalls } = world.account;
    await sweepRuns(world.lasting(60_000));
    expect(world.account.getCalls).toBe(400);
    expect(world.account.getCalls - getCalls).toBe(picture?.unknownRetention);
    expect(world.pictures.at(-1)).toMatchObject({ unknownRetention: 0, byRetentionMode: world.account.truth() });
  });

  it('asks for the newest first', async () => {
    const world = createSweeperWorld();
    fill(world, 40);
    const asked: number[] = [];
    const look = world.account.look.bind(world.account);
    const storedRuns = {
      page: world.account.page.bind(world.account),
      look: async (runId: string) => {
        const seen = await look(runId);
        asked.push(seen?.createdMs ?? 0);
        return seen;
      },
    };
    await sweepRuns(world.lasting(ENOUGH, { storedRuns }));
    expect(asked).toHaveLength(40);
    expect(asked).toEqual(asked.toSorted((a, b) => b - a));
  });

  it('keeps the old picture while a later scan is not complete', async () => {
    const world = createSweeperWorld();
    world.account.quota = 100_000;
    fill(world, 6_000);
    await sweepRuns(world.lasting(HOUR));
    const before = world.pictures.length;
    world.clock.now += 24 * HOUR;
    fill(world, 500, { retentionMode: 'REMOVE' });
    expect(await sweepRuns(world.lasting(5_000))).toMatchObject({ outcome: 'unfinished' });
    expect(world.pictures).toHaveLength(before);
    await sweepRuns(world.lasting(HOUR));
    expect(world.pictures.at(-1)).toMatchObject({ storedRuns: 6_500, byRetentionMode: world.account.truth() });
  });

  it('goes on where it stopped, and shows nothing of a scan before that is complete', async () => {
    const world = createSweeperWorld();
    world.account.quota = 100_000;
    fill(world, 12_000);
    expect(await sweepRuns(world.lasting(15_000))).toMatchObject({ outcome: 'unfinished', listCalls: 75 });
    expect(world.pictures).toEqual([]);
    expect(await sweepRuns(world.lasting(15_000))).toMatchObject({ outcome: 'done', listCalls: 45 + 4 });
    expect(world.pictures.at(-1)?.storedRuns).toBe(12_000);
  });

  it('begins the listing again when its page token has expired', async () => {
    const world = createSweeperWorld();
    world.account.quota = 100_000;
    fill(world, 8_000);
    expect(await sweepRuns(world.lasting(12_000))).toMatchObject({ outcome: 'unfinished' });
    world.account.tokenEpoch += 1;
    fill(world, 10);
    await sweepRuns(world.lasting(30_000));
    expect(world.pictures.at(-1)?.storedRuns).toBe(8_010);
  });

  it('leaves the rate to others when it is throttled', async () => {
    const world = createSweeperWorld();
    fill(world, 150);
    world.account.throttle = 100;
    expect(await sweep(world)).toMatchObject({ outcome: 'unfinished', listCalls: 5 });
    world.account.throttle = 2;
    await sweep(world);
    expect(world.pictures.at(-1)?.byRetentionMode).toEqual(world.account.truth());
  });

  it('takes a run that a scan missed for stored until GetRun says that it is gone', async () => {
    const world = createSweeperWorld();
    fill(world, 50);
    await sweep(world);
    const [first, second] = [...world.account.runs.keys()];
    const page = world.account.page.bind(world.account);
    const missing = {
      look: world.account.look.bind(world.account),
      page: async (options: { status?: string; token?: string }) => {
        const answer = await page(options);
        return { ...answer, runs: answer.runs.filter(({ runId }) => runId !== first) };
      },
    };
    world.account.delete(second ?? '');
    await sweepRuns(world.lasting(ENOUGH, { storedRuns: missing }), { scan: true });
    expect(world.pictures.at(-1)).toMatchObject({ storedRuns: 49, doubted: 0 });
  });

  it('counts a run that is gone as doubted while no time is left to look', async () => {
    const world = createSweeperWorld();
    fill(world, 50);
    await sweep(world);
    for (const runId of [...world.account.runs.keys()].slice(0, 20)) world.account.delete(runId);
    await sweepRuns(world.lasting(2_000), { scan: true });
    expect(world.pictures.at(-1)).toMatchObject({ storedRuns: 40, doubted: 10 });
    await sweep(world);
    expect(world.pictures.at(-1)).toMatchObject({ storedRuns: 30, doubted: 0 });
  });

  it('notices that an id belongs to another run by now', async () => {
    const world = createSweeperWorld();
    fill(world, 5);
    await sweep(world);
    const [first] = [...world.account.runs.keys()];
    world.account.delete(first ?? '');
    fill(world, 1, { retentionMode: 'REMOVE' });
    expect(world.account.runs.get(first ?? '')?.retentionMode).toBe('REMOVE');
    await sweep(world, { scan: true });
    expect(world.pictures.at(-1)?.byRetentionMode).toEqual({ RETAIN: { COMPLETED: 4 }, REMOVE: { COMPLETED: 1 } });
  });

  it('asks once more for everything when its notes are gone', async () => {
    const world = createSweeperWorld();
    fill(world, 20);
    await sweep(world);
    const { chunks } = (await world.store.readState()) ?? { chunks: [] };
    for (const { key } of chunks) await world.store.removeChunk(key);
    expect(await sweep(world)).toMatchObject({ basis: 'scan', getCalls: 20, storedRuns: 20 });
  });

  it('leaves no chunks behind but those that it uses', async () => {
    const world = createSweeperWorld();
    world.account.quota = 100_000;
    fill(world, 6_000);
    await sweepRuns(world.lasting(10_400));
    for (let day = 0; day < 3; day += 1) {
      await sweep(world);
      world.clock.now += 24 * HOUR;
      fill(world, 50);
    }
    const state = await world.store.readState();
    expect(world.store.chunkCount()).toBe(state?.chunks.length);
  });
});

describe('sweeps side by side', () => {
  it('are kept apart by a lease, which runs out', async () => {
    const world = createSweeperWorld();
    fill(world, 10);
    expect(await world.store.acquireLease('other', { nowMs: world.clock.now, untilMs: world.clock.now + MINUTE })).toBe(
      true,
    );
    expect(await sweep(world)).toMatchObject({ outcome: 'busy' });
    world.clock.now += MINUTE;
    expect(await sweep(world)).toMatchObject({ outcome: 'done' });
  });

  it('do not write over a later one, when the earlier outlived its lease', async () => {
    const world = createSweeperWorld();
    fill(world, 10);
    let overlapping: Promise<unknown> | undefined;
    world.account.onCall = () => {
      if (overlapping !== undefined) return;
      world.clock.now += 20 * MINUTE;
      overlapping = sweep(world);
    };
    const early = sweepRuns(world.lasting(HOUR, { deadlineMs: world.clock.now + ENOUGH }));
    expect(await early).toMatchObject({ outcome: expect.stringMatching(/overtaken|unfinished/) });
    expect(await overlapping).toMatchObject({ outcome: 'done' });
    expect(world.pictures).toHaveLength(1);
  });
});

describe('thresholds', () => {
  const crossings = (world: SweeperWorld) =>
    world.announcer.sent
      .filter(({ detailType }) => detailType === 'Quota Threshold Crossed')
      .map(({ detail }) => detail);

  it('are announced once a crossing, with what to type, and again only after the share fell well below', async () => {
    const world = createSweeperWorld();
    world.account.quota = 200;
    fill(world, 165);
    await sweep(world);
    await sweep(world, { scan: true });
    expect(crossings(world)).toMatchObject([
      { thresholdPercent: 80, retainedRuns: 165, command: expect.stringContaining('--quota-code L-C9679DBC') },
    ]);
    fill(world, 35);
    await sweep(world, { scan: true });
    expect(crossings(world).map(({ thresholdPercent }) => thresholdPercent)).toEqual([80, 90, 95]);
    const ids = [...world.account.runs.keys()];
    for (const runId of ids.slice(0, 42)) world.account.delete(runId);
    await sweep(world, { scan: true });
    fill(world, 10);
    await sweep(world, { scan: true });
    expect(crossings(world)).toHaveLength(3);
    for (const runId of ids.slice(42, 80)) world.account.delete(runId);
    await sweep(world, { scan: true });
    fill(world, 50);
    await sweep(world, { scan: true });
    expect(crossings(world).map(({ thresholdPercent }) => thresholdPercent)).toEqual([80, 90, 95, 80, 90]);
    expect(new Set(crossings(world).map(({ eventId }) => eventId)).size).toBe(5);
  });

  it('are passed by a scan only: what others deleted since the last one fills no quota', async () => {
    const world = createSweeperWorld();
    world.account.quota = 110;
    fill(world, 85);
    await sweep(world);
    for (const runId of [...world.account.runs.keys()].slice(0, 25)) world.account.delete(runId);
    world.account.quota = 90;
    world.clock.now += 15 * MINUTE;
    expect(await sweep(world)).toMatchObject({ basis: 'scan' });
    expect(crossings(world)).toEqual([]);
    expect(world.pictures.at(-1)).toMatchObject({ storedRuns: 60 });
    world.account.quota = 70;
    world.clock.now += 15 * MINUTE;
    expect(await sweep(world)).toMatchObject({ basis: 'scan' });
    expect(crossings(world)).toMatchObject([{ thresholdPercent: 80, retainedRuns: 60 }]);
    expect(await sweep(world)).toMatchObject({ basis: 'between' });
  });

  it('are sent again under the same eventId when the bus did not take them', async () => {
    const world = createSweeperWorld();
    world.account.quota = 100;
    fill(world, 85);
    world.announcer.refuse = 1;
    await sweep(world);
    expect(crossings(world)).toEqual([]);
    await sweep(world);
    expect(crossings(world)).toHaveLength(1);
  });
});

describe('a quota that cannot be read for once', () => {
  it('is replaced by a default, which says so and crosses no threshold', async () => {
    const world = createSweeperWorld();
    world.account.quota = 400;
    fill(world, 90);
    await sweep(world);
    const fallback = {
      ...world.quotas,
      all: async () => ({ ...(await world.quotas.all()), storedRuns: { value: 100, source: 'documented' as const } }),
    };
    await sweep(world, { scan: true });
    await sweepRuns(world.lasting(ENOUGH, { quotas: fallback }), { scan: true });
    expect(world.pictures.at(-1)).toMatchObject({
      storedRunsQuota: 100,
      quotas: { storedRuns: { source: 'documented' } },
    });
    expect(world.announcer.sent).toEqual([]);
    const alone = createSweeperWorld();
    fill(alone, 90);
    await sweepRuns(alone.lasting(ENOUGH, { quotas: fallback }), { scan: true });
    expect(alone.announcer.sent).toHaveLength(2);
  });
});

describe('people', () => {
  it('are told although the bus is ill, and programs although the topic is', async () => {
    const world = createSweeperWorld();
    world.account.quota = 100;
    fill(world, 92);
    world.announcer.refuse = 100;
    await sweep(world);
    expect([world.announcer.sent.length, world.notifier.sent.length]).toEqual([0, 2]);
    world.announcer.refuse = 0;
    await sweep(world);
    expect([world.announcer.sent.length, world.notifier.sent.length]).toEqual([2, 2]);
  });

  it('are told of a crossing after months in which the bus was ill', async () => {
    const world = createSweeperWorld();
    world.account.quota = 100;
    fill(world, 82);
    world.announcer.refuse = 1_000;
    world.notifier.refuse = 1_000;
    await sweep(world);
    for (let day = 0; day < 110; day += 1) {
      const [oldest = ''] = world.account.runs.keys();
      world.account.delete(oldest);
      fill(world, 1);
      await sweep(world, { scan: true });
    }
    world.announcer.refuse = 0;
    world.notifier.refuse = 0;
    await sweep(world);
    expect(world.notifier.sent).toHaveLength(1);
    const sent = world.announcer.sent.map(({ detailType }) => detailType);
    expect(sent).toHaveLength(99);
    expect(sent.filter((detailType) => detailType === 'Quota Threshold Crossed')).toHaveLength(1);
  });

  it('fit into an item of the ledger while the bus is ill', async () => {
    const world = createSweeperWorld();
    await sweep(world);
    const state = await world.store.readState();
    const word = { detailType: 'Stored Runs Gone', detail: { runs: 'x'.repeat(9_000) } };
    if (state !== undefined) await world.store.writeState({ ...state, pending: new Array(90).fill(word) });
    world.announcer.refuse = 1_000;
    await sweep(world);
    expect((await world.store.readState())?.pending).toHaveLength(22);
  });

  it('are told although one word is never taken', async () => {
    const world = createSweeperWorld();
    world.account.quota = 100;
    fill(world, 97);
    const announced: unknown[] = [];
    const announcer = {
      announce: async ({ detail }: { detail: Readonly<Record<string, unknown>> }) => {
        if (detail.thresholdPercent === 80) throw new Error('too large');
        announced.push(detail.thresholdPercent);
      },
    };
    await sweepRuns(world.lasting(ENOUGH, { announcer }));
    expect(announced).toEqual([90, 95]);
    await sweepRuns(world.lasting(ENOUGH, { announcer }));
    expect(announced).toEqual([90, 95]);
    expect((await world.store.readState())?.pending).toMatchObject([{ detail: { thresholdPercent: 80 } }]);
  });

  it('are told of a crossing once, under the eventId of the event, with what happened and what to type', async () => {
    const world = createSweeperWorld();
    world.account.quota = 100;
    fill(world, 92);
    world.notifier.refuse = 2;
    await sweep(world);
    expect(world.notifier.sent).toEqual([]);
    await sweep(world);
    await sweep(world);
    const events = world.announcer.sent.filter(({ detailType }) => detailType === 'Quota Threshold Crossed');
    expect(world.notifier.sent.map(({ eventId }) => eventId)).toEqual(events.map(({ detail }) => detail.eventId));
    expect(world.notifier.sent).toHaveLength(2);
    expect(world.notifier.sent.at(-1)).toMatchObject({
      kind: 'QUOTA',
      about: 'Quota Threshold Crossed',
      subject: 'RETAIN runs hold 92% of the HealthOmics stored-run quota',
      text: expect.stringContaining(
        'aws service-quotas request-service-quota-increase --service-code omics --quota-code L-C9679DBC --desired-value 1000',
      ),
    });
  });
});

describe('a simulated history', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of two months ends each complete sweep with the truth (seed %i)', async (seed) => {
    const world = createSweeperWorld();
    const random = randomOf(seed);
    world.account.quota = 300;
    for (let step = 0; step < 120; step += 1) {
      live(world, random);
      if (random() < 0.1) world.account.throttle = Math.floor(3 * random());
      if (random() < 0.1) world.account.tokenEpoch += 1;
      const result = await sweepRuns(world.lasting(random() < 0.3 ? 3_000 : ENOUGH), { scan: random() < 0.2 });
      const picture = world.pictures.at(-1);
      if (result.basis !== 'scan' || picture === undefined || picture.doubted + picture.unknownRetention > 0) continue;
      expect(picture.byRetentionMode, `seed ${seed}, step ${step}`).toEqual(world.account.truth());
    }
    expect(world.pictures.filter(({ basis }) => basis === 'scan').length).toBeGreaterThan(20);
    const words = world.announcer.sent.map(({ detail }) => detail.eventId);
    expect(new Set(words).size).toBe(words.length);
  });
});

describe('a crash', () => {
  it('at any await costs no second eventId for a crossing, and no run', async () => {
    for (let crashAt = 1; ; crashAt += 1) {
      const world = createSweeperWorld();
      world.account.quota = 100;
      fill(world, 85, { retentionMode: 'RETAIN' });
      const crashed = await crashing(world, crashAt);
      world.clock.now += 20 * MINUTE;
      world.account.delete([...world.account.runs.keys()][0] ?? '');
      expect(await sweep(world, { scan: true })).toMatchObject({ outcome: 'done' });
      await sweep(world);
      expect(world.pictures.at(-1)?.byRetentionMode, `call ${crashAt}`).toEqual(world.account.truth());
      const thresholds = world.announcer.sent.filter(({ detailType }) => detailType === 'Quota Threshold Crossed');
      const eventIds = new Set(thresholds.map(({ detail }) => detail.eventId));
      expect(eventIds.size, `call ${crashAt}`).toBe(1);
      if (!crashed) break;
    }
  });
});

/** Some hours in which runs come, move on, end, are deleted, and the quota changes. */
function live({ account, clock }: SweeperWorld, random: () => number): void {
  const few = (most: number) => Math.floor(most * random());
  for (let count = few(30); count > 0; count -= 1) {
    clock.now += few(2 * HOUR) + 2_000;
    account.start(clock.now, { retentionMode: random() < 0.5 ? 'RETAIN' : 'REMOVE' });
  }
  const next: Record<string, string> = { PENDING: 'RUNNING', RUNNING: 'COMPLETED' };
  for (const run of account.runs.values()) {
    if (random() < 0.5) run.status = random() < 0.05 && next[run.status] ? 'FAILED' : (next[run.status] ?? run.status);
  }
  for (const run of [...account.runs.values()]) {
    if (run.status !== 'PENDING' && run.status !== 'RUNNING' && random() < 0.04) account.delete(run.runId);
  }
  if (random() < 0.05) for (const runId of [...account.runs.keys()].slice(0, 40)) account.delete(runId);
  if (random() < 0.1) account.quota = 250 + few(150);
  clock.now += 2_000;
}

/** One sweep whose process dies at its n-th call of anything; whether it did. */
async function crashing(world: SweeperWorld, crashAt: number): Promise<boolean> {
  let calls = 0;
  const dying = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          calls += 1;
          if (calls > crashAt) throw new Error('the process is dead');
          const answer: unknown = await value.apply(target, args);
          if (calls === crashAt) calls += 1;
          if (calls > crashAt) throw new Error('the process is dead');
          return answer;
        };
      },
    });
  const { store, snapshots, announcer, requests, storedRuns, quotas } = world;
  const ports = world.lasting(ENOUGH, {
    store: dying(store),
    snapshots: dying(snapshots),
    announcer: dying(announcer),
    requests: dying(requests),
    storedRuns: dying(storedRuns),
    quotas: dying(quotas),
  });
  return sweepRuns(ports).then(
    () => calls > crashAt,
    () => true,
  );
}
