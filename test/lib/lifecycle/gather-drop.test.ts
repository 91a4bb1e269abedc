import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatherIdOf, heldBack } from '../../../lib/lifecycle/gather-drop.ts';
import { reconcile } from '../../../lib/lifecycle/reconcile.ts';
import { dropIdOf, takeDrop } from '../../../lib/lifecycle/take-drop.ts';
import { loadRouteFile } from '../../../lib/routing/route-file.ts';
import { opaqueId, sha256 } from '../../../lib/runs/identity.ts';
import { createWorld, put, ROUTES, type World } from '../../support/world.ts';

const MORE_ROUTES = ROUTES.replace(
  'schedules:',
  `  - name: marked
    on: { bucket: drops, key: 'bcl/{folder}/{file}.bcl' }
    gather: { by: [folder], needs: { marker: 'bcl/{folder}/CopyComplete.txt' } }
    run: { workflowId: "7654321", parameters: { files: '{uris}' } }
  - name: folder
    on: { bucket: drops, key: 'runs/{folder}/{file}.fastq.gz' }
    gather: { by: [folder], needs: { marker: 'runs/{folder}/CopyComplete.txt' } }
    run: { workflowId: "7654321", parameters: { folder: '{folder}' } }
  - name: quiet
    on: { bucket: drops, key: 'quiet/{set}/{file}' }
    gather: { by: [set], needs: { count: 2 }, quiet: 15m }
    run: { workflowId: "7654321", parameters: { files: '{uris}' } }
schedules:`,
);

let world: World;
beforeEach(async () => {
  const file = loadRouteFile(MORE_ROUTES, { fileName: 'rundrop.yaml', environment: {}, hash: sha256 });
  world = { ...(await createWorld()), routes: { read: async () => file } };
});
afterEach(() => world.stop());

const MINUTE_MS = 60_000;
const requests = () => world.ledger.requests.list(10);

describe('a set with a marker', () => {
  it('starts when the marker comes, and every drop of it belongs to the request', async () => {
    await takeDrop(world, put(world, 'bcl/f1/a.bcl'));
    await takeDrop(world, put(world, 'bcl/f1/b.bcl'));
    expect(await requests()).toEqual([]);
    await takeDrop(world, put(world, 'bcl/f1/CopyComplete.txt', { sizeBytes: 0 }));
    const [request] = await requests();
    expect(JSON.parse(request?.requestText ?? '').parameters.files).toEqual([
      's3://drops/bcl/f1/a.bcl',
      's3://drops/bcl/f1/b.bcl',
    ]);
    const states = (await world.ledger.drops.list(10)).map(({ identity }) => identity);
    expect(states).toEqual([request?.identity, request?.identity, request?.identity]);
  });
});

describe('a set whose places are its keys', () => {
  it('takes a key as long as S3 allows', async () => {
    const longest = `bcl/f1/${'x'.repeat(1_024 - 'bcl/f1/.bcl'.length)}.bcl`;
    await takeDrop(world, put(world, longest));
    await takeDrop(world, put(world, longest));
    await takeDrop(world, put(world, 'bcl/f1/CopyComplete.txt', { sizeBytes: 0 }));
    const [request] = await requests();
    expect(request?.members).toMatchObject([{ key: longest, etag: 'etag-2' }]);
  });
});

describe('a set of more than an item of the ledger takes', () => {
  it('is rejected with the reason, and what is on record of it fits', async () => {
    const names = Array.from({ length: 340 }, (_, number) => `${number}${'x'.repeat(900)}`);
    const route = { name: 'folder' };
    const gatherId = gatherIdOf(route, { folder: 'f' });
    const place = async (name: string) => {
      const drop = put(world, `runs/f/${name}.fastq.gz`);
      const dropId = dropIdOf(drop);
      const member = { slot: drop.key, dropId, drop, wildcards: { folder: 'f', file: name } };
      await world.ledger.gathers.putMember(gatherId, member);
    };
    await Promise.all(names.slice(1).map(place));
    await takeDrop(world, put(world, `runs/f/${names[0]}.fastq.gz`));
    expect(await takeDrop(world, put(world, 'runs/f/CopyComplete.txt'))).toBe('rejected');
    const { header } = await world.ledger.gathers.read(gatherId);
    expect(Buffer.byteLength(JSON.stringify(header))).toBeLessThan(400_000);
    expect(await world.ledger.drops.list(2)).toMatchObject([
      { state: 'REJECTED', reason: expect.stringContaining('The set has 340 objects') },
      { state: 'REJECTED' },
    ]);
    expect(await requests()).toEqual([]);
  });
});

describe('a set with quiet', () => {
  it('starts after the silence, not before', async () => {
    await takeDrop(world, put(world, 'quiet/s/1'));
    await takeDrop(world, put(world, 'quiet/s/2'));
    expect(await requests()).toEqual([]);
    expect((await world.ledger.gathers.open('GATHERING', 10))[0]?.missing[0]).toMatch(/^silence until 2026-/);
    world.clock.now += 14 * MINUTE_MS;
    await reconcile(world);
    expect(await requests()).toEqual([]);
    world.clock.now += 2 * MINUTE_MS;
    await reconcile(world);
    expect(await requests()).toHaveLength(1);
  });
});

describe('more sets than a pass looks at', () => {
  it('are looked at by turns, so that those of before keep no newer one out', async () => {
    const header = {
      route: 'quiet',
      group: {},
      generation: 0,
      firstSeenAt: '2026-01-01T00:00:00.000Z',
      missing: ['x'],
    };
    const many = Array.from({ length: 2_500 }, (_, number) => ({ ...header, gatherId: opaqueId({ number }) }));
    const seen = new Set<string>();
    const gathers = {
      ...world.ledger.gathers,
      open: async (state: string, limit: number) => (state === 'GATHERING' ? many.slice(0, limit) : []),
      read: async (gatherId: string) => {
        seen.add(gatherId);
        return { members: [] };
      },
      waitFor: async () => {},
    };
    for (let minute = 0; minute < 3; minute += 1) {
      const { unfinished } = await reconcile({ ...world, ledger: { ...world.ledger, gathers } });
      expect(unfinished).toBe(many.length);
      world.clock.now += MINUTE_MS;
    }
    expect(seen.size).toBe(many.length);
  });
});

describe('a set that stays incomplete', () => {
  it('is announced once after its time, and still completes when its mate comes late', async () => {
    await takeDrop(world, put(world, 'fastq/SYN-1_R1.fastq.gz'));
    await reconcile(world);
    expect(world.announcer.sent).toEqual([]);
    world.clock.now += 24 * 60 * MINUTE_MS;
    await reconcile(world);
    await reconcile(world);
    expect(world.announcer.sent).toHaveLength(1);
    expect(world.announcer.sent[0]).toMatchObject({ detailType: 'Gather Incomplete', detail: { missing: ['read=2'] } });
    expect(JSON.stringify(world.announcer.sent)).not.toContain('SYN-1');
    await takeDrop(world, put(world, 'fastq/SYN-1_R2.fastq.gz'));
    expect(await requests()).toHaveLength(1);
  });
});

describe.each(['announcer', 'notifier'] as const)('a set that stays incomplete while the %s is ill', (ill) => {
  it('is told by the other one, and by both once', async () => {
    await takeDrop(world, put(world, 'fastq/SYN-1_R1.fastq.gz'));
    world.clock.now += 24 * 60 * MINUTE_MS;
    world[ill].refuse = 2;
    const counts: number[][] = [];
    for (let pass = 0; pass < 4; pass += 1) {
      await reconcile(world);
      const well = ill === 'announcer' ? world.notifier : world.announcer;
      counts.push([well.sent.length, world[ill].sent.length]);
    }
    expect(counts).toEqual([
      [1, 0],
      [1, 0],
      [1, 1],
      [1, 1],
    ]);
    expect(world.notifier.sent[0]?.eventId).toBe(world.announcer.sent[0]?.detail.eventId);
  });
});

describe('a set of which one member changed after it had started', () => {
  it('names a hundred of those that must be newer, so that its header stays an item', async () => {
    const route = (await world.routes.read()).routes.find(({ name }) => name === 'marked');
    const drops = Object.fromEntries(Array.from({ length: 600 }, (_, number) => [`bcl/f/${number}.bcl`, 'd']));
    const at = { gatherId: 'g', route: 'marked', group: {}, generation: 1, firstSeenAt: '', missing: [] };
    const header = { ...at, fired: { identity: 'i', drops } };
    if (route === undefined) throw new Error('there is no such route');
    expect(heldBack(route, header, { drops, members: [], nowMs: 0 })).toHaveLength(100);
  });

  it('starts mixed when a person releases it', async () => {
    for (const read of [1, 2]) await takeDrop(world, put(world, `fastq/SYN-1_R${read}.fastq.gz`));
    await takeDrop(world, put(world, 'fastq/SYN-1_R1.fastq.gz'));
    const [held] = await world.ledger.gathers.open('GATHERING', 10);
    expect(held?.missing).toEqual(['a newer read=2, because another member changed after the set had started']);
    expect(await world.ledger.gathers.release(held?.gatherId ?? '')).toBe(true);
    await reconcile(world);
    expect(await requests()).toHaveLength(2);
    expect(await world.ledger.gathers.release(held?.gatherId ?? '')).toBe(false);
  });

  it('waits no more once what had changed is put back, and a release of before is spent', async () => {
    const drop = (read: number, etag: string) => takeDrop(world, put(world, `fastq/SYN-1_R${read}.fastq.gz`, { etag }));
    for (const [read, etag] of [[1, 'a'] as const, [2, 'b'] as const]) await drop(read, etag);
    expect(await drop(1, 'changed')).toBe('gathering');
    const gatherId = gatherIdOf({ name: 'germline' }, { sample: 'SYN-1' });
    await world.ledger.gathers.release(gatherId);
    expect(await drop(1, 'a')).toBe('started');
    expect(await world.ledger.gathers.open('GATHERING', 10)).toEqual([]);
    world.clock.now += MINUTE_MS;
    expect(await drop(1, 'changed again')).toBe('gathering');
    expect(await world.ledger.gathers.open('GATHERING', 10)).toHaveLength(1);
    expect(await requests()).toHaveLength(1);
  });

  it('loses none of its members while it is held, however long', async () => {
    for (const read of [1, 2]) await takeDrop(world, put(world, `fastq/SYN-1_R${read}.fastq.gz`));
    const gatherId = gatherIdOf({ name: 'germline' }, { sample: 'SYN-1' });
    const expiries = async () => (await world.ledger.gathers.read(gatherId)).members.map(({ expiresAt }) => expiresAt);
    expect(await expiries()).toEqual([expect.any(Number), expect.any(Number)]);
    await takeDrop(world, put(world, 'fastq/SYN-1_R1.fastq.gz'));
    expect(await expiries()).toEqual([undefined, undefined]);
    world.clock.now += 2 * 366 * 24 * 60 * MINUTE_MS;
    await world.ledger.gathers.release(gatherId);
    await reconcile(world);
    expect(await requests()).toHaveLength(2);
  });

  it('is never made up of what is new and of what has expired and is not deleted yet', async () => {
    for (const read of [1, 2]) await takeDrop(world, put(world, `fastq/SYN-1_R${read}.fastq.gz`));
    world.clock.now += 366 * 24 * 60 * MINUTE_MS;
    // Of what has expired DynamoDB deletes the header first.
    const gatherId = gatherIdOf({ name: 'germline' }, { sample: 'SYN-1' });
    const { gathers } = world.ledger;
    const withoutHeader = async (id: string, nowMs?: number) => ({ members: (await gathers.read(id, nowMs)).members });
    const halfGone = {
      ...world,
      ledger: { ...world.ledger, gathers: { ...gathers, read: withoutHeader } },
    };
    const first = put(world, 'fastq/SYN-1_R1.fastq.gz');
    expect(await takeDrop(halfGone, first)).toBe('gathering');
    expect(await takeDrop(world, first)).toBe('gathering');
    const [waits] = await gathers.open('GATHERING', 10);
    expect(waits).toMatchObject({ gatherId, generation: 1, missing: [expect.not.stringContaining('newer')] });
    expect(Date.parse(waits?.firstSeenAt ?? '')).toBe(world.clock.now);
    expect(await takeDrop(world, put(world, 'fastq/SYN-1_R2.fastq.gz'))).toBe('started');
    expect(await requests()).toHaveLength(2);
  });

  it('starts though a delivery of the same set was under way when it was released', async () => {
    for (const read of [1, 2]) await takeDrop(world, put(world, `fastq/SYN-1_R${read}.fastq.gz`));
    const newer = put(world, 'fastq/SYN-1_R1.fastq.gz');
    await takeDrop(world, newer);
    const { gathers } = world.ledger;
    const why = { at: '2026-01-02T04:00:00.000Z', by: 'arn:aws:iam::000000000000:user/ada', reason: 'unchanged' };
    // The person's write comes between what the delivery reads and what it writes.
    const between = async (gatherId: string) => {
      const found = await gathers.read(gatherId);
      expect(await gathers.release(gatherId, why)).toBe(true);
      return found;
    };
    await takeDrop({ ...world, ledger: { ...world.ledger, gathers: { ...gathers, read: between } } }, newer);
    expect(await requests()).toHaveLength(1);
    await reconcile(world);
    expect(await requests()).toHaveLength(2);
    const [request] = await requests();
    const [drop] = (await world.ledger.drops.list(10)).filter(({ identity }) => identity === request?.identity);
    const { header } = await gathers.read(gatherIdOf({ name: 'germline' }, { sample: 'SYN-1' }));
    expect(drop).toMatchObject({ state: 'TAKEN' });
    expect(header).toMatchObject({ generation: 2, release: why });
    expect(header).not.toHaveProperty('released');
  });
});
