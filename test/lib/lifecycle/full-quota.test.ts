import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { type QuotaSnapshot, takeSnapshot } from '../../../lib/quota/quota-snapshot.ts';
import { currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const FAR = Number.MAX_SAFE_INTEGER;
const SECOND_MS = 1_000;
const FULL = { kind: 'quota', reason: 'A quota is full.' } as const;

async function inLine(key: string): Promise<string> {
  world.clock.now += SECOND_MS;
  const before = new Set((await world.ledger.requests.list(50)).map(({ identity }) => identity));
  await takeDrop(world, put(world, key));
  const record = (await world.ledger.requests.list(50)).find(({ identity }) => !before.has(identity));
  if (record === undefined) throw new Error('nothing was claimed');
  const executionName = `w-${record.identity}`;
  const input = { request: record.identity };
  await awaitStart(world, {
    token: executionName,
    executionArn: `arn:execution:${executionName}`,
    executionName,
    input,
  });
  return record.identity;
}

const read = async (identity: string): Promise<RequestRecord> => {
  const record = await world.ledger.requests.read(identity);
  if (record === undefined) throw new Error('gone');
  return record;
};

const calls = () => world.runs.calls.filter((call) => call.startsWith('StartRun')).length;

/** HealthOmics refuses every start of a mode. */
function refuseStarts(...modes: readonly string[]): void {
  const start = world.runs.startRun.bind(world.runs);
  world.runs.startRun = async (input) => {
    if (!modes.includes(String(input.retentionMode))) return start(input);
    world.runs.calls.push(`StartRun ${input.requestId}`);
    return FULL;
  };
}

function allowStarts(): void {
  world.runs.startRun = Object.getPrototypeOf(world.runs).startRun.bind(world.runs);
}

/** A picture of so many stored runs of a quota of as many. */
async function picture(mode: 'RETAIN' | 'REMOVE', ageMs: number): Promise<void> {
  const quota = { value: 1, source: 'applied' as const };
  const run = { retentionMode: mode, status: 'COMPLETED', isDoubted: false, createdMs: 0, owner: {} };
  const moment = { takenMs: world.clock.now - ageMs, scannedMs: world.clock.now - ageMs, basis: 'scan' as const };
  const quotas = { storedRuns: quota, activeRunsDynamic: quota, activeRunsStatic: quota };
  const snapshot: QuotaSnapshot = takeSnapshot([run as never], quotas, moment);
  await world.ledger.snapshots.write(snapshot);
}

describe('a full quota', () => {
  it('makes the rest wait, visibly, with one probe a minute however often the starter is nudged', async () => {
    const waiting = [await inLine('cram/a.cram'), await inLine('cram/b.cram'), await inLine('cram/c.cram')];
    refuseStarts('RETAIN');
    expect(await startWaiting(world, FAR)).toEqual({ started: 0, stopped: 'quota' });
    const atFirst = calls();
    expect(atFirst).toBeLessThanOrEqual(4);
    for (const identity of waiting) {
      expect(await read(identity)).toMatchObject({ state: 'WAITING', reason: 'A quota is full.' });
    }
    const endMs = world.clock.now + 10 * 60 * SECOND_MS;
    while (world.clock.now < endMs) {
      world.clock.now += 5 * SECOND_MS;
      await startWaiting(world, FAR);
    }
    expect(calls() - atFirst).toBeGreaterThanOrEqual(9);
    expect(calls() - atFirst).toBeLessThanOrEqual(11);
  });

  it('is not asked again and again where the ledger cannot take that it is full', async () => {
    for (const key of ['cram/SYN-1.cram', 'cram/SYN-2.cram', 'cram/SYN-3.cram']) await inLine(key);
    refuseStarts('RETAIN', 'REMOVE', 'undefined');
    const gate = { ...world.ledger.gate, change: () => Promise.reject(new Error('conflict')) };
    await startWaiting({ ...world, ledger: { ...world.ledger, gate } }, world.clock.now + 20 * SECOND_MS);
    expect(calls()).toBeLessThanOrEqual(4);
  });

  it('is tried with another request each time, so that one that alone finds no room holds up nobody', async () => {
    const large = await inLine('cram/a.cram');
    const others = [await inLine('cram/b.cram'), await inLine('cram/c.cram')];
    const { requestId } = currentAttempt(await read(large));
    const start = world.runs.startRun.bind(world.runs);
    world.runs.startRun = async (input) => (input.requestId === requestId ? FULL : start(input));
    for (let minute = 0; minute < 3; minute += 1) {
      await startWaiting(world, FAR);
      world.clock.now += 60 * SECOND_MS;
    }
    for (const identity of others) expect((await read(identity)).state).toBe('STARTED');
    expect(await read(large)).toMatchObject({ state: 'WAITING', reason: 'A quota is full.' });
  });

  it('lets everything start as soon as a probe got through', async () => {
    const waiting = [await inLine('cram/a.cram'), await inLine('cram/b.cram'), await inLine('cram/c.cram')];
    refuseStarts('RETAIN');
    await startWaiting(world, FAR);
    allowStarts();
    world.clock.now += 60 * SECOND_MS;
    expect(await startWaiting(world, FAR)).toEqual({ started: 3, stopped: 'nothing-waits' });
    expect((await world.ledger.gate.read()).full).toEqual({});
    for (const identity of waiting) expect((await read(identity)).reason).toBeUndefined();
  });

  it('of RETAIN runs does not hold up REMOVE runs, which make room for themselves', async () => {
    const kept = await inLine('cram/a.cram');
    const removable = await inLine('removable/b.cram');
    refuseStarts('RETAIN');
    expect(await startWaiting(world, FAR)).toEqual({ started: 1, stopped: 'quota' });
    expect((await read(kept)).state).toBe('WAITING');
    expect((await read(removable)).state).toBe('STARTED');
  });

  it('of both modes is tried once a minute in all, by turns', async () => {
    await inLine('cram/a.cram');
    await inLine('removable/b.cram');
    refuseStarts('RETAIN', 'REMOVE');
    for (let time = 0; time < 60; time += 1) {
      await startWaiting(world, FAR);
      world.clock.now += 10 * SECOND_MS;
    }
    const asked = world.runs.calls.filter((call) => call.startsWith('StartRun'));
    expect(asked.length).toBeLessThanOrEqual(12);
    const counts = [...Map.groupBy(asked, (call) => call).values()].map(({ length }) => length);
    expect(counts).toHaveLength(2);
    expect(Math.abs((counts[0] ?? 0) - (counts[1] ?? 0))).toBeLessThanOrEqual(1);
  });

  it('is no definite answer to a call whose first answer was lost: the request waits, though its route says reject', async () => {
    const identity = await inLine('reject/a.cram');
    world.runs.answers.push({ kind: 'later', reason: 'timeout' }, FULL);
    await startWaiting(world, FAR);
    expect(await read(identity)).toMatchObject({ state: 'WAITING', attempts: [{ startCalledAt: expect.any(String) }] });
  });
});

describe('a route that says onQuota: reject', () => {
  it('has its requests refused with the reason once HealthOmics has refused, and announced', async () => {
    const identities = [await inLine('reject/a.cram'), await inLine('reject/b.cram'), await inLine('reject/c.cram')];
    refuseStarts('RETAIN');
    await startWaiting(world, FAR);
    for (const identity of identities) {
      const reason = expect.stringContaining('A quota is full. Route reject says onQuota: reject');
      expect(await read(identity)).toMatchObject({ outcome: 'REFUSED', reason, announcedAt: expect.any(String) });
    }
    expect(world.announcer.sent).toHaveLength(3);
    expect(world.runs.all).toEqual([]);
  });

  it('waits for HealthOmics’ own answer: the refusal of another request counts for a minute, a picture never', async () => {
    await picture('RETAIN', 60 * SECOND_MS);
    const identity = await inLine('reject/a.cram');
    expect(await startWaiting(world, FAR)).toEqual({ started: 1, stopped: 'nothing-waits' });
    expect((await read(identity)).state).toBe('STARTED');
  });
});

describe('the picture of the stored runs', () => {
  it('lets one request go first, alone, and the rest as soon as that got through', async () => {
    await inLine('cram/a.cram');
    await inLine('cram/b.cram');
    await picture('RETAIN', 60 * SECOND_MS);
    refuseStarts('RETAIN');
    expect(await startWaiting(world, FAR)).toMatchObject({ stopped: 'quota' });
    expect(calls()).toBe(1);
    allowStarts();
    world.clock.now += 60 * SECOND_MS;
    expect(await startWaiting(world, FAR)).toEqual({ started: 2, stopped: 'nothing-waits' });
  });

  it('forbids nothing: what it says is full starts when HealthOmics has room', async () => {
    await inLine('cram/a.cram');
    await inLine('cram/b.cram');
    await inLine('cram/c.cram');
    await picture('RETAIN', 60 * SECOND_MS);
    expect(await startWaiting(world, FAR)).toEqual({ started: 3, stopped: 'nothing-waits' });
    // That it was wrong is written down once, not for every start; the other write is the last call's time.
    expect(await world.ledger.gate.read()).toMatchObject({ revision: 2 });
  });

  it('is not looked at when it is older than half an hour', async () => {
    await inLine('cram/a.cram');
    await inLine('cram/b.cram');
    await picture('RETAIN', 31 * 60 * SECOND_MS);
    refuseStarts('RETAIN');
    await startWaiting(world, FAR);
    expect(calls()).toBe(2);
  });

  it('changes no retention mode', async () => {
    const identity = await inLine('cram/a.cram');
    await picture('RETAIN', 60 * SECOND_MS);
    await startWaiting(world, FAR);
    expect(JSON.parse((await read(identity)).requestText)).toMatchObject({ retentionMode: 'RETAIN' });
  });
});

describe('throttling', () => {
  const throttleAll = () => {
    world.runs.startRun = async (input) => {
      world.runs.calls.push(`StartRun ${input.requestId}`);
      return { kind: 'later', reason: 'StartRun did not get through, ThrottlingException' };
    };
  };

  it('of several requests in a row lets time pass, visibly and across invocations, at most five minutes', async () => {
    const identities = [await inLine('cram/a.cram'), await inLine('cram/b.cram'), await inLine('cram/c.cram')];
    throttleAll();
    expect(await startWaiting(world, FAR)).toEqual({ started: 0, stopped: 'throttled' });
    const first = calls();
    expect(first).toBeLessThanOrEqual(7);
    expect(await startWaiting(world, FAR)).toEqual({ started: 0, stopped: 'throttled' });
    expect(calls()).toBe(first);
    for (const identity of identities) {
      expect((await read(identity)).reason).toMatch(/StartRun did not get through/);
    }
    for (let time = 0; time < 6; time += 1) {
      world.clock.now += 5 * 60 * SECOND_MS;
      const before = calls();
      await startWaiting(world, FAR);
      expect(calls()).toBeGreaterThan(before);
    }
    allowStarts();
    world.clock.now += 5 * 60 * SECOND_MS;
    expect(await startWaiting(world, FAR)).toMatchObject({ started: 3 });
    expect(await world.ledger.gate.read()).toMatchObject({ slowTimes: 0 });
    expect(await world.ledger.gate.read()).not.toHaveProperty('slowUntil');
  });

  it('of one request alone slows nobody else down', async () => {
    await inLine('cram/a.cram');
    throttleAll();
    expect(await startWaiting(world, FAR)).toMatchObject({ stopped: 'throttled' });
    allowStarts();
    const other = await inLine('cram/b.cram');
    await startWaiting(world, FAR);
    expect((await read(other)).state).toBe('STARTED');
  });
});

describe('the end of a run of ours', () => {
  const endOf = async (identity: string) => {
    world.runs.move(currentAttempt(await read(identity)).runId ?? '', 'COMPLETED');
    await recordOutcome(world, { request: identity, attempt: 1 });
  };

  it('that makes room in a full quota brings the next probe forward', async () => {
    const running = await inLine('removable/a.cram');
    await startWaiting(world, FAR);
    world.runs.move(currentAttempt(await read(running)).runId ?? '', 'RUNNING');
    await inLine('removable/b.cram');
    refuseStarts('REMOVE');
    await startWaiting(world, FAR);
    world.nudges.length = 0;
    await endOf(running);
    expect(world.nudges).toEqual([`room-${running}`]);
    allowStarts();
    world.clock.now += 12 * SECOND_MS;
    expect(await startWaiting(world, FAR)).toMatchObject({ started: 1 });
  });

  it('that stays stored makes none', async () => {
    const running = await inLine('cram/a.cram');
    await startWaiting(world, FAR);
    await inLine('cram/b.cram');
    refuseStarts('RETAIN');
    await startWaiting(world, FAR);
    world.nudges.length = 0;
    await endOf(running);
    expect(world.nudges).toEqual([]);
    expect((await world.ledger.gate.read()).full.RETAIN).not.toHaveProperty('liftedAt');
  });

  it('is no news for the starter while no quota is full', async () => {
    const running = await inLine('removable/a.cram');
    await startWaiting(world, FAR);
    world.nudges.length = 0;
    await endOf(running);
    expect(world.nudges).toEqual([]);
  });
});
