/** Invariant 2: every drop that the queue took has ended in a visible place. */
import type { RequestData, Violate } from './oracle-ledger.ts';
import type { World } from './world.ts';

type Item = Readonly<Record<string, unknown>>;

interface AcceptedDrop {
  readonly key: string;
  readonly etag: string;
  readonly sequencer: string;
}

export function checkDrops(world: World, requests: readonly RequestData[], violate: Violate): void {
  const drops = [...world.store.items.values()].filter(({ sk }) => sk === 'DROP');
  const identities = new Set(requests.map(({ identity }) => identity));
  const dead = new Set(world.drops.deadLetters.map(({ body }) => body));
  const bodies = new Set(world.drops.accepted.map(({ body }) => body));
  for (const body of bodies) {
    const accepted = read(body);
    if (accepted === 'own') continue;
    if (accepted === undefined) {
      if (!dead.has(body)) violate(`2: a message that is no event is not among the dead letters`);
      continue;
    }
    if (accepted.key.startsWith('nowhere/')) continue;
    const drop = drops.find(
      ({ key, etag, sequencer }) => key === accepted.key && etag === accepted.etag && sequencer === accepted.sequencer,
    );
    if (drop === undefined) violate(`2: the drop of ${accepted.key} ${accepted.etag} is nowhere`);
    else checkDrop(world, drop, identities, violate);
  }
  checkSets(world, drops, violate);
}

/** No set waits of which every drop has its request. */
function checkSets({ store }: World, drops: readonly Item[], violate: Violate): void {
  const taken = new Set(drops.filter(({ state }) => state === 'TAKEN').map(({ dropId }) => dropId));
  const items = [...store.items.values()];
  for (const { pk, sk, open, missing } of items) {
    if (sk !== 'HEADER' || open !== 'GATHERING') continue;
    const members = items.filter((item) => item.pk === pk && item.sk !== sk);
    if (members.every(({ dropId }) => taken.has(dropId))) violate(`2: set ${pk} waits for ${missing}, and is taken`);
  }
}

/** `undefined`: not an event; `own`: a message that Rundrop sends itself. */
export function read(body: string): AcceptedDrop | 'own' | undefined {
  try {
    const event = JSON.parse(body) as { source?: string; detail: { object: AcceptedDrop } };
    if (event.source === 'rundrop') return 'own';
    const { key, etag, sequencer } = event.detail.object;
    return { key, etag, sequencer };
  } catch {
    return undefined;
  }
}

function checkDrop(world: World, drop: Item, identities: ReadonlySet<string>, violate: Violate): void {
  const { key, etag, state, reason, identity, sheet } = drop;
  const place = `the drop of ${key} ${etag}`;
  switch (state) {
    case 'TAKEN':
      if (sheet === undefined && !identities.has(String(identity))) violate(`2: ${place} is TAKEN by no request`);
      return;
    case 'SUPERSEDED':
    case 'REJECTED':
      if (typeof reason !== 'string' || reason === '') violate(`2: ${place} is ${state} without a reason`);
      if (!isChanged(world, drop) && !isTakenOtherwise(world, drop) && !String(key).startsWith('requests/'))
        violate(`2: ${place} is ${state}: ${reason}`);
      return;
    case 'GATHERING':
      checkGathering(world, drop, place, violate);
      return;
    case 'READING':
      // A person finds it, and has been told.
      if (!isToldStuck(world, drop)) violate(`2: ${place} rests in READING, and that was not told`);
      return;
    case 'REPLAYED':
      // The command that was to send it died: a person finds it where it was found before.
      if (drop.acts === undefined) violate(`2: ${place} was sent round again by nobody`);
      return;
    default:
      violate(`2: ${place} rests in ${state}`);
  }
}

/** 8: everybody, and since the last time that a person did something about it. */
function isToldStuck(
  { announced, notices }: World,
  { dropId, acts = [], receivedAt, stuckAnnouncedAt, stuckSince }: Item,
) {
  const since = (acts as readonly { readonly at: string }[]).at(-1)?.at ?? receivedAt;
  const events = announced.filter(({ detailType }) => detailType === 'Sheet Unfinished').map(({ detail }) => detail);
  const event = events.find((detail) => detail.dropId === dropId && detail.since === since);
  const isMarked = stuckAnnouncedAt !== undefined && stuckSince !== undefined;
  return isMarked && event !== undefined && notices.some(({ eventId }) => eventId === event.eventId);
}

/** A person named the same object, and that came first; its set may still wait. */
function isTakenOtherwise(world: World, { key, etag, dropId }: Item): boolean {
  return [...world.store.items.values()].some(
    (one) =>
      one.sk === 'DROP' &&
      one.key === key &&
      one.etag === etag &&
      one.dropId !== dropId &&
      (one.state === 'TAKEN' || one.state === 'GATHERING'),
  );
}

/** Its object was overwritten, deleted, or written again, or one of its set was. */
function isChanged(world: World, drop: Item): boolean {
  const family = String(drop.key).replace(/_R[12]\..*$/, '');
  const changes = world.objects.changes.filter(({ key }) => key.replace(/_R[12]\..*$/, '') === family);
  return (
    changes.some(({ key }, index) => changes.findIndex((one) => one.key === key) < index) ||
    changes.some(({ etag }) => etag === undefined)
  );
}

function checkGathering(world: World, drop: Item, place: string, violate: Violate): void {
  const items = [...world.store.items.values()];
  const member = items.find(({ sk, dropId }) => String(sk).startsWith('MEMBER#') && dropId === drop.dropId);
  if (member === undefined) {
    violate(`2: ${place} is GATHERING, and member of no set`);
    return;
  }
  const header = items.find(({ pk, sk }) => pk === member.pk && sk === 'HEADER');
  const missing = (header?.missing ?? []) as readonly string[];
  if (header?.open !== 'GATHERING' || missing.length === 0) {
    violate(`2: ${place} waits in a set that lacks nothing`);
    return;
  }
  const members = items.filter(({ pk, sk }) => pk === member.pk && String(sk).startsWith('MEMBER#'));
  if (!isWhole(String(header.route), members)) return;
  if (header.released === true) violate(`2: ${place} waits in a complete set that was released`);
  const fired = header.fired as { identity: string } | undefined;
  if (fired === undefined || world.store.get({ pk: `REQUEST#${fired.identity}`, sk: 'REQUEST' }) === undefined)
    violate(`2: ${place} waits in a complete set, of which none has started`);
}

/** Whether all that its route waits for is there. */
function isWhole(route: string, members: readonly Item[]): boolean {
  switch (route) {
    case 'counted':
      return members.length >= 3;
    case 'marked':
      // The events of all parts may have been lost.
      return members.length >= 2 && members.some((member) => JSON.stringify(member).includes('/_SUCCESS'));
    case 'quiet':
      return members.length >= 1;
    default:
      return members.length >= 2;
  }
}
