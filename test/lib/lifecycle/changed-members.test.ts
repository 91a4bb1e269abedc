/** Objects that became other ones while a request of them was on its way. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitStart } from '../../../lib/lifecycle/await-start.ts';
import { ObjectForbidden } from '../../../lib/lifecycle/object-forbidden.ts';
import { recordOutcome } from '../../../lib/lifecycle/record-outcome.ts';
import { startWaiting } from '../../../lib/lifecycle/start-waiting.ts';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { takeDropAgain } from '../../../lib/lifecycle/take-drop-again.ts';
import { takeDrops } from '../../../lib/lifecycle/take-drops.ts';
import { writeDropAgain } from '../../../lib/routing/drop-again-message.ts';
import { MalformedDropEvent, parseDropEvents } from '../../../lib/routing/drop-events.ts';
import { currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const FAR = Number.MAX_SAFE_INTEGER;
const KEY = 'cram/SYN-1.cram';

const requests = () => world.ledger.requests.list(10);

async function read(identity: string): Promise<RequestRecord> {
  const record = await world.ledger.requests.read(identity);
  if (record === undefined) throw new Error('gone');
  return record;
}

async function inLine(key = KEY): Promise<string> {
  world.clock.now += 1_000;
  await takeDrop(world, put(world, key));
  const [record] = await requests();
  const request = record?.identity ?? '';
  const executionName = `w-${request}`;
  const executionArn = `arn:execution:${executionName}`;
  await awaitStart(world, { token: executionName, executionArn, executionName, input: { request } });
  return request;
}

/** A run that failed because an input changed. */
async function failed(key = KEY): Promise<string> {
  const identity = await inLine(key);
  await startWaiting(world, FAR);
  world.runs.move(currentAttempt(await read(identity)).runId ?? '', 'FAILED', 'MODIFIED_INPUT_RESOURCE');
  return identity;
}

/** What the drops queue brings of what was sent again, a second later: so that what comes of it is the newest. */
async function deliver(): Promise<void> {
  world.clock.now += 1_000;
  const dropIds = world.droppedAgain.splice(0);
  const records = dropIds.map((dropId, number) => ({ messageId: String(number), body: writeDropAgain(dropId) }));
  expect(await takeDrops(world, records)).toEqual({ batchItemFailures: [] });
}

describe('a run that failed because an input changed', () => {
  it('is tried again under the same identity when its objects are what they were', async () => {
    const identity = await failed();
    expect(await recordOutcome(world, { request: identity, attempt: 1 })).toMatchObject({ next: 'retry', attempt: 2 });
    expect(world.droppedAgain).toEqual([]);
  });

  it('is not when one of them is another one: that becomes a request of its own, though its event was lost', async () => {
    const identity = await failed();
    put(world, KEY);
    expect(await recordOutcome(world, { request: identity, attempt: 1 })).toMatchObject({ next: 'failed' });
    const reason = expect.stringMatching(
      /^MODIFIED_INPUT_RESOURCE.*overwritten while the run used it.*drop of its own/,
    );
    expect(await read(identity)).toMatchObject({ outcome: 'FAILED', reason, attempts: [{ attempt: 1 }] });
    await deliver();
    const [newer] = await requests();
    expect(newer?.identity).not.toBe(identity);
    expect(newer?.members.map(({ etag }) => etag)).toEqual([world.store.get(`drops/${KEY}`)?.etag]);
  });

  it('starts nothing twice when the event of the newer object comes as well', async () => {
    const identity = await failed();
    const newer = put(world, KEY);
    await takeDrop(world, newer);
    await recordOutcome(world, { request: identity, attempt: 1 });
    await deliver();
    await takeDrop(world, newer);
    expect(await requests()).toHaveLength(2);
    expect(world.executions.statuses.size).toBe(2);
  });

  it('says so when the object was deleted, and drops nothing again', async () => {
    const identity = await failed();
    world.store.delete(`drops/${KEY}`);
    await recordOutcome(world, { request: identity, attempt: 1 });
    expect(await read(identity)).toMatchObject({ outcome: 'FAILED', reason: expect.stringContaining('deleted while') });
    expect(world.droppedAgain).toEqual([]);
  });

  it('is decided once, and what changed is sent before that: a crash between the two loses nothing', async () => {
    const identity = await failed();
    put(world, KEY);
    let writes = 0;
    // The first write says how the run ended, the second one what became of the request.
    const change: typeof world.ledger.requests.change = (...step) => {
      writes += 1;
      return writes === 2 ? Promise.reject(new Error('died')) : world.ledger.requests.change(...step);
    };
    const dying = { ...world, ledger: { ...world.ledger, requests: { ...world.ledger.requests, change } } };
    await expect(recordOutcome(dying, { request: identity, attempt: 1 })).rejects.toThrow('died');
    expect(world.droppedAgain).toHaveLength(1);
    const answer = await recordOutcome(world, { request: identity, attempt: 1 });
    expect(await recordOutcome(world, { request: identity, attempt: 1 })).toEqual(answer);
    await deliver();
    expect(await requests()).toHaveLength(2);
  });
});

describe('a request that was superseded before its start', () => {
  it('sends what lies there now into the drops queue, by an opaque id', async () => {
    const identity = await inLine();
    put(world, KEY);
    await startWaiting(world, FAR);
    expect(await read(identity)).toMatchObject({ outcome: 'SUPERSEDED', reasonCode: 'INPUT_OVERWRITTEN' });
    expect(world.droppedAgain).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    await deliver();
    expect(await requests()).toHaveLength(2);
    expect(world.runs.all).toEqual([]);
  });

  it('is noticed in a bucket that keeps the version that was dropped, too', async () => {
    const drop = { ...put(world, KEY), versionId: 'v1' };
    await takeDrop(world, drop);
    const [record] = await requests();
    const request = record?.identity ?? '';
    await awaitStart(world, { token: 't', executionArn: 'a', executionName: 'w', input: { request } });
    const older = world.store.get(`drops/${KEY}`);
    put(world, KEY);
    const head: typeof world.objects.head = async (object) =>
      object.versionId === 'v1' ? older : world.objects.head(object);
    await startWaiting({ ...world, objects: { ...world.objects, head } }, FAR);
    expect(await read(request)).toMatchObject({ outcome: 'SUPERSEDED' });
  });
});

describe('an input that may not be looked at any more', () => {
  const forbidden = (): World => {
    const head = async () => {
      throw new ObjectForbidden('S3 does not let this role read the object.');
    };
    return { ...world, objects: { ...world.objects, head } };
  };

  it('does not count as changed: the request starts as it was claimed, and the log names the drop', async () => {
    const request = await inLine();
    await startWaiting(forbidden(), FAR);
    expect(await read(request)).toMatchObject({ state: 'STARTED' });
    expect(world.lines.join('\n')).toContain('an input may not be looked at {"dropId":');
  });

  it('is asked for by nobody when no route looks there, though the drop is to be taken again', async () => {
    await takeDrop(world, put(world, KEY));
    const [drop] = await world.ledger.drops.list(1);
    const file = await world.routes.read();
    const others = file.routes.filter(({ pattern }) => pattern.match(KEY) === undefined);
    const moved = { ...forbidden(), routes: { read: async () => ({ ...file, routes: others }) } };
    expect(await takeDropAgain(moved, drop?.dropId ?? '')).toBe('unmatched');
  });
});

describe('a drop that is to be taken again', () => {
  it('is left to its event where each upload is a drop and the bucket keeps no versions', async () => {
    await takeDrop(world, put(world, 'uploads/a.cram'));
    const [drop] = await world.ledger.drops.list(1);
    put(world, 'uploads/a.cram');
    expect(await takeDropAgain(world, drop?.dropId ?? '')).toBe('unmatched');
    expect(await requests()).toHaveLength(1);
  });

  it('is nothing when it is unknown, or nothing lies there', async () => {
    expect(await takeDropAgain(world, 'a'.repeat(32))).toBe('unmatched');
    await takeDrop(world, put(world, KEY));
    const [drop] = await world.ledger.drops.list(1);
    world.store.delete(`drops/${KEY}`);
    expect(await takeDropAgain(world, drop?.dropId ?? '')).toBe('unmatched');
  });

  it('is a message of ours that holds an id and nothing else', () => {
    const dropId = 'b'.repeat(32);
    expect(parseDropEvents(JSON.parse(writeDropAgain(dropId)))).toEqual({ kind: 'again', dropId });
    for (const detail of [{}, { dropId: '../x' }, undefined]) {
      const event = { source: 'rundrop', 'detail-type': 'Drop Again', detail };
      expect(() => parseDropEvents(event)).toThrow(MalformedDropEvent);
    }
  });
});
