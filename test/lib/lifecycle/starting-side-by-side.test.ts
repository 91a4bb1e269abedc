import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { readNudges, writeNudge } from '../../../lib/lifecycle/nudge.ts';
import { sideBySide } from '../../../lib/lifecycle/side-by-side.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const FAR = Number.MAX_SAFE_INTEGER;

async function inLine(keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    world.clock.now += 1_000;
    await takeDrop(world, put(world, key));
    const [record] = await world.ledger.requests.list(1);
    const request = record?.identity ?? '';
    const executionArn = `arn:execution:${key}`;
    await awaitStart(world, { token: key, executionArn, executionName: key, input: { request } });
  }
}

const samples = (route: string, count: number) =>
  Array.from({ length: count }, (_, number) => `${route}/${number}.cram`);

/** The order in which StartRun was called, by the object that each run is to read. */
function recordCalls(): string[] {
  const order: string[] = [];
  const start = world.runs.startRun.bind(world.runs);
  world.runs.startRun = async (input) => {
    order.push(String((input.parameters as { input?: string }).input).replace('s3://drops/', ''));
    return start(input);
  };
  return order;
}

describe('several requests at once', () => {
  it('are looked at side by side, eight at most, and called in their order', async () => {
    await inLine(samples('cram', 12));
    const order = recordCalls();
    let looking = 0;
    let most = 0;
    const head: typeof world.objects.head = async (object) => {
      looking += 1;
      most = Math.max(most, looking);
      // The first ones are the slowest to look at.
      for (let turn = Number(/\d+/.exec(object.key)); turn < 12; turn += 1) await new Promise(setImmediate);
      looking -= 1;
      return world.objects.head(object);
    };
    const quotas = { startRunsPerSecond: async () => 1_000 };
    await startWaiting({ ...world, quotas, objects: { ...world.objects, head } }, FAR);
    expect(order).toEqual(samples('cram', 12));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('are on the way to HealthOmics four at most, however fast the account may start', async () => {
    await inLine(samples('cram', 12));
    let under = 0;
    let most = 0;
    const start = world.runs.startRun.bind(world.runs);
    world.runs.startRun = async (input) => {
      under += 1;
      most = Math.max(most, under);
      for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
      under -= 1;
      return start(input);
    };
    const quotas = { startRunsPerSecond: async () => 1_000_000 };
    expect(await startWaiting({ ...world, quotas }, FAR)).toMatchObject({ started: 12 });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('are looked at one by one where a start takes seconds, so that no look is old when its call goes out', async () => {
    await inLine(samples('cram', 4));
    const looked = new Map<string, number>();
    const gaps: number[] = [];
    const head: typeof world.objects.head = async (object) => {
      looked.set(object.key, world.clock.now);
      return world.objects.head(object);
    };
    const start = world.runs.startRun.bind(world.runs);
    world.runs.startRun = async (input) => {
      const key = String((input.parameters as { input?: string }).input).replace('s3://drops/', '');
      gaps.push(world.clock.now - (looked.get(key) ?? 0));
      return start(input);
    };
    const quotas = { startRunsPerSecond: async () => 0.1 };
    await startWaiting({ ...world, quotas, objects: { ...world.objects, head } }, FAR);
    expect(gaps).toHaveLength(4);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10_000);
  });

  it('of two routes take turns', async () => {
    await inLine([...samples('cram', 4), ...samples('removable', 2)]);
    const order = recordCalls();
    await startWaiting(world, FAR);
    expect(order.map((key) => key.split('/')[0])).toEqual(['cram', 'removable', 'cram', 'removable', 'cram', 'cram']);
    expect((await world.ledger.gate.read()).servedLast).toEqual(['removable', 'single']);
  });
});

describe('a nudge', () => {
  it('names the request, so that it starts though the index does not show it yet', async () => {
    await inLine(['cram/1.cram']);
    const [record] = await world.ledger.requests.list(1);
    const blind = { ...world.ledger.requests, line: async () => [] };
    const ports = { ...world, ledger: { ...world.ledger, requests: blind } };
    expect(await startWaiting(ports, FAR)).toEqual({ started: 0, stopped: 'nothing-waits' });
    const nudged = readNudges([writeNudge(record?.identity)]);
    expect(await startWaiting(ports, FAR, nudged)).toEqual({ started: 1, stopped: 'nothing-waits' });
    expect(await startWaiting(ports, FAR, nudged)).toEqual({ started: 0, stopped: 'nothing-waits' });
  });

  it('may say nothing, or nothing that can be read', () => {
    expect(readNudges(['{}', '', 'not json', '{"request":"a/b"}', writeNudge(undefined)])).toEqual([]);
    const identity = 'a'.repeat(32);
    expect(readNudges([writeNudge(identity), writeNudge(identity)])).toEqual([identity]);
  });
});

describe('work side by side', () => {
  it('is done to its end when some of it fails, and then the first failure is thrown', async () => {
    const done: number[] = [];
    const work = sideBySide([1, 2, 3, 4], 2, async (item) => {
      if (item % 2 === 0) throw new Error(`failed ${item}`);
      done.push(item);
      return item;
    });
    await expect(work).rejects.toThrow('failed 2');
    expect(done).toEqual([1, 3]);
    expect(await sideBySide([3, 1, 2], 2, async (item) => item * 2)).toEqual([6, 2, 4]);
    expect(await sideBySide([], 2, async () => 1)).toEqual([]);
  });
});
