/** Drops that a listing found: they have no sequencer, and the object may have been dropped before. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import type { Drop } from '../../../lib/routing/drop.ts';
import { parseDropEvents } from '../../../lib/routing/drop-events.ts';
import { objectCreatedEvent } from '../../../lib/routing/object-created-event.ts';
import { createWorld, put, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

const requests = () => world.ledger.requests.list(10);
const pair = (sample: string) => [1, 2].map((read) => `fastq/${sample}_R${read}.fastq.gz`);

/** The same object as a listing tells it, through the message that replays it. */
function listed({ sequencer: _, ...drop }: Drop): Drop {
  const sender = { id: 'replay', account: '000000000000', region: 'us-east-1' };
  const events = parseDropEvents(objectCreatedEvent(drop, sender));
  const [replayed] = events.kind === 'drops' ? events.drops : [];
  if (replayed === undefined) throw new Error('the event tells of no drop');
  return replayed;
}

describe('an object that ran before', () => {
  it('starts nothing again, alone', async () => {
    const drop = put(world, 'cram/SYN-1.cram');
    await takeDrop(world, drop);
    await takeDrop(world, listed(drop));
    expect(await requests()).toHaveLength(1);
    expect((await world.ledger.drops.list(10)).map(({ state }) => state)).toEqual(['TAKEN', 'TAKEN']);
    expect(world.executions.statuses.size).toBe(1);
  });

  it('starts nothing again in a set, and no drop of it seems to wait', async () => {
    const drops = pair('SYN-1').map((key) => put(world, key));
    for (const drop of drops) await takeDrop(world, drop);
    for (const drop of drops) await takeDrop(world, listed(drop));
    expect(await requests()).toHaveLength(1);
    expect(await world.ledger.gathers.open('GATHERING', 10)).toEqual([]);
    const states = (await world.ledger.drops.list(10)).map(({ state }) => state);
    expect(states.sort()).toEqual(['SUPERSEDED', 'SUPERSEDED', 'TAKEN', 'TAKEN']);
  });

  it('is the very same drop where the bucket keeps versions', async () => {
    const drop = { ...put(world, 'cram/SYN-1.cram'), versionId: 'v1' };
    await takeDrop(world, drop);
    expect(await takeDrop(world, listed(drop))).toBe('known');
    expect(await world.ledger.drops.list(10)).toHaveLength(1);
  });
});

describe('an object whose event was lost', () => {
  it('completes the set that its mate waits in', async () => {
    const [first = '', second = ''] = pair('SYN-1');
    await takeDrop(world, put(world, first));
    await takeDrop(world, listed(put(world, second)));
    expect(await requests()).toHaveLength(1);
  });

  it('takes the place of what it overwrote, although it has no sequencer', async () => {
    const [first = '', second = ''] = pair('SYN-1');
    await takeDrop(world, put(world, first));
    // A multipart upload that began before the other one was dropped has an earlier time.
    const newer = { ...put(world, first, { etag: 'newer' }), timeMs: world.clock.nowMs() - 60_000 };
    await takeDrop(world, listed(newer));
    await takeDrop(world, put(world, second));
    const [request] = await requests();
    expect(request?.members.map(({ etag }) => etag)).toContain('newer');
  });
});
