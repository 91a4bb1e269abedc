/**
 * Sets of drops that wait for each other: one item a member, and one header whose generation is bumped, under a
 * condition, when a set is complete. So no two deliveries fire the same set, and no transaction is needed.
 */
import { compareSequencers, type Drop } from '../routing/drop.ts';
import { sha256 } from '../runs/identity.ts';
import type { Item, Table } from './table.ts';

export interface GatherMember {
  readonly slot: string;
  readonly dropId: string;
  readonly drop: Drop;
  readonly wildcards: Readonly<Record<string, string>>;
  /** Of what fired. Seconds since 1970. */
  readonly expiresAt?: number;
}

/** When, in ISO, and why a person released a set. */
export interface Release {
  readonly at: string;
  readonly reason?: string;
  /** The caller's ARN. */
  readonly by?: string;
}

export interface GatherHeader {
  readonly gatherId: string;
  readonly route: string;
  readonly group: Readonly<Record<string, string>>;
  /** Counts the sets that fired. */
  readonly generation: number;
  readonly firstSeenAt: string;
  /** When it was last found waiting, ISO. */
  readonly seenAt?: string;
  /** What the current set lacks, for people; empty when complete. */
  readonly missing: readonly string[];
  /** When programs, and when people, were told that the set stays incomplete. ISO. */
  readonly incompleteSince?: string;
  readonly peopleToldAt?: string;
  /** A person let the set start although not every member is newer. */
  readonly released?: boolean;
  /** The last time that a person did. */
  readonly release?: Release;
  /** The set that fired last: slot to drop id, and what is to be claimed for it if whoever fired it died. */
  readonly fired?: {
    readonly identity: string;
    readonly drops: Readonly<Record<string, string>>;
    readonly claim?: object;
  };
}

export interface Gathers {
  /** Keeps the newest object of each slot. `false` when the slot keeps another drop: a newer one, or the same object by another event. */
  putMember(
    gatherId: string,
    member: GatherMember,
    /** Is told of the drop that loses its place, before it does: so a repeat after a crash tells it again. */
    onReplace?: (dropId: string) => Promise<void>,
    /** What has expired by then keeps nothing out. */
    nowMs?: number,
  ): Promise<boolean>;
  /**
   * A consistent read of the header, if any, and all members. DynamoDB deletes what has expired by `nowMs` one by one,
   * within days: without it nothing of a set is known before the rest is gone.
   */
  read(
    gatherId: string,
    nowMs?: number,
  ): Promise<{ readonly header?: GatherHeader; readonly members: readonly GatherMember[] }>;
  /** Says what is missing, so that people can see what waits. Never touches what fired. */
  waitFor(header: GatherHeader, at: string): Promise<void>;
  /** Fires a set: `false` when another delivery bumped the generation first. */
  fire(header: GatherHeader, fired: NonNullable<GatherHeader['fired']>): Promise<boolean>;
  /**
   * What has changed since a set fired was put back: it is that set again, and is to be settled again, members and all.
   * `false` when somebody has found something missing since the header was read.
   */
  fireAgain(header: GatherHeader): Promise<boolean>;
  /** Lets a complete set start that `onChange: hold` keeps back. `false` when no set waits under that id. */
  release(gatherId: string, by?: Release): Promise<boolean>;
  /** What fired has its claim: nothing is left to do for this generation, and a year later its header expires. */
  settle(header: GatherHeader, nowMs: number): Promise<void>;
  /** Lets a member of what fired expire with it, unless it was replaced meanwhile. */
  expireMember(gatherId: string, member: Pick<GatherMember, 'slot' | 'dropId'>, nowMs: number): Promise<void>;
  /** Lets a member that was to expire stay, because its set waits again; unless it was replaced meanwhile. */
  keepMember(gatherId: string, member: Pick<GatherMember, 'slot' | 'dropId'>): Promise<void>;
  /** What the index nominates of the sets that wait, or that fired and have no claim yet; oldest first. */
  open(state: 'GATHERING' | 'FIRED', limit: number): Promise<readonly GatherHeader[]>;
}

/** A set that waits does not expire. One that has fired is in its request, which is kept for ever. */
const FIRED_LIFE_SECONDS = 365 * 24 * 3600;
const LONGEST_SLOT_BYTES = 1_000;
/** A member is replaced only by a newer one; two that replace each other for ever would be a fault. */
const MOST_CONFLICTS = 20;

export function createGathers(table: Table): Gathers {
  const pk = (gatherId: string) => `GATHER#${gatherId}`;
  const header = (gatherId: string) => ({ pk: pk(gatherId), sk: 'HEADER' });
  const memberKey = (gatherId: string, slot: string) => ({ pk: pk(gatherId), sk: `MEMBER#${sortable(slot)}` });
  return {
    async putMember(gatherId, member, onReplace, nowMs = 0) {
      const key = memberKey(gatherId, member.slot);
      for (let conflict = 0; conflict < MOST_CONFLICTS; conflict += 1) {
        const known = await table.get(key);
        const isGone = known === undefined || isOver(known, nowMs);
        if (!isGone && known.dropId === member.dropId) return true;
        if (!isGone && !replacesMember(member, memberOf(known))) return false;
        if (!isGone) await onReplace?.(String(known.dropId));
        const condition =
          known === undefined
            ? { expression: 'attribute_not_exists(pk)' }
            : { expression: 'dropId = :known', values: { ':known': known.dropId } };
        if (await table.put({ ...key, ...member }, condition)) return true;
      }
      throw new Error(
        `Gather ${gatherId}: slot ${member.slot} was replaced ${MOST_CONFLICTS} times in a row. Try again.`,
      );
    },
    async read(gatherId, nowMs = 0) {
      const items = await table.partition(pk(gatherId));
      const members = items
        .filter((item) => String(item.sk).startsWith('MEMBER#') && !isOver(item, nowMs))
        .map(memberOf);
      const found = items.find((item) => item.sk === 'HEADER');
      if (found === undefined) return { members };
      const { fired, ...rest } = headerOf(found);
      return { header: fired === undefined || isOver(found, nowMs) ? rest : { ...rest, fired }, members };
    },
    async waitFor(wanted, at) {
      const open = { open: 'GATHERING', openSince: wanted.firstSeenAt, seenAt: at };
      await table.update(
        header(wanted.gatherId),
        inGeneration(wanted, { ...attributesOf(wanted), ...open }, ['expiresAt']),
      );
    },
    fire(wanted, fired) {
      const { incompleteSince: _told, peopleToldAt: _people, ...waited }: Item = attributesOf(wanted);
      const bumped = { ...waited, missing: [], generation: wanted.generation + 1, fired };
      const open = { open: 'FIRED', openSince: wanted.firstSeenAt };
      const removed = ['incompleteSince', 'peopleToldAt', 'released', 'expiresAt'];
      return table.update(header(wanted.gatherId), inGeneration(wanted, { ...bumped, ...open }, removed));
    },
    release(gatherId, by) {
      const why = by === undefined ? '' : ', #release = :by';
      return table.update(header(gatherId), {
        UpdateExpression: `SET released = :true${why}`,
        expression: '#open = :gathering',
        names: { '#open': 'open', ...(by === undefined ? {} : { '#release': 'release' }) },
        values: { ':true': true, ':gathering': 'GATHERING', ...(by === undefined ? {} : { ':by': by }) },
      });
    },
    fireAgain: (wanted) => table.update(header(wanted.gatherId), againAs(wanted)),
    async settle({ gatherId, generation }, nowMs) {
      await table.update(header(gatherId), {
        UpdateExpression: 'SET expiresAt = :at REMOVE #open, openSince',
        expression: 'generation = :generation AND #open = :fired',
        names: { '#open': 'open' },
        values: { ':at': expiryOf(nowMs), ':generation': generation, ':fired': 'FIRED' },
      });
    },
    async expireMember(gatherId, { slot, dropId }, nowMs) {
      await table.update(memberKey(gatherId, slot), ofDrop(dropId, 'SET expiresAt = :at', { ':at': expiryOf(nowMs) }));
    },
    async keepMember(gatherId, { slot, dropId }) {
      await table.update(memberKey(gatherId, slot), ofDrop(dropId, 'REMOVE expiresAt'));
    },
    async open(state, limit) {
      return (await table.nominated('open', state, { limit })).map(headerOf);
    },
  };
}

/** A change to a member, unless it was replaced meanwhile. */
function ofDrop(dropId: string, UpdateExpression: string, values: Item = {}) {
  return { UpdateExpression, expression: 'dropId = :dropId', values: { ...values, ':dropId': dropId } };
}

/** What a delivery may write of a header. What a person wrote meanwhile, `released` and `release`, is not among it. */
function attributesOf(header: GatherHeader) {
  const { gatherId, route, group, generation, firstSeenAt, missing, incompleteSince, peopleToldAt } = header;
  const told = incompleteSince === undefined ? {} : { incompleteSince };
  const people = peopleToldAt === undefined ? {} : { peopleToldAt };
  return { gatherId, route, group, generation, firstSeenAt, missing, ...told, ...people };
}

/** Back among those that fired, unless somebody has found something missing since it was read. */
function againAs({ generation, firstSeenAt, seenAt }: GatherHeader) {
  const left = 'expiresAt, released, incompleteSince, peopleToldAt';
  return {
    UpdateExpression: `SET #open = :fired, openSince = :since, #missing = :none REMOVE ${left}`,
    expression: `generation = :known AND ${seenAt === undefined ? 'attribute_not_exists(seenAt)' : 'seenAt = :seenAt'}`,
    names: { '#open': 'open', '#missing': 'missing' },
    values: {
      ...{ ':fired': 'FIRED', ':since': firstSeenAt, ':none': [], ':known': generation },
      ...(seenAt === undefined ? {} : { ':seenAt': seenAt }),
    },
  };
}

/** Sets these attributes and no others, unless the set has fired meanwhile. */
function inGeneration({ generation }: GatherHeader, attributes: Item, removed: readonly string[] = []) {
  const sets = Object.keys(attributes);
  const removes = removed.length === 0 ? '' : ` REMOVE ${removed.map((name) => `#${name}`).join(', ')}`;
  return {
    UpdateExpression: `SET ${sets.map((name) => `#${name} = :${name}`).join(', ')}${removes}`,
    expression: 'attribute_not_exists(pk) OR #generation = :known',
    names: Object.fromEntries([...sets, ...removed].map((name) => [`#${name}`, name])),
    values: { ...Object.fromEntries(sets.map((name) => [`:${name}`, attributes[name]])), ':known': generation },
  };
}

/** A place may be an object's key, which has up to 1,024 bytes; that is all that a sort key may have, prefix included. */
function sortable(slot: string): string {
  return Buffer.byteLength(slot) <= LONGEST_SLOT_BYTES ? slot : sha256(slot);
}

/** Whether a drop takes the place of the one that its slot has. Both were found in S3 when they came. */
export function replacesMember(
  { drop }: Pick<GatherMember, 'drop'>,
  { drop: known }: Pick<GatherMember, 'drop'>,
): boolean {
  // Sequencers say nothing across keys.
  if (drop.key !== known.key) return drop.timeMs > known.timeMs;
  if (drop.sequencer !== undefined && known.sequencer !== undefined) {
    return compareSequencers(drop.sequencer, known.sequencer) > 0;
  }
  // A listing has no sequencers, and a multipart upload's time is that of its beginning: what was just seen in S3 counts.
  if (drop.versionId !== undefined && known.versionId !== undefined) return drop.versionId !== known.versionId;
  return drop.etag !== known.etag || drop.sizeBytes !== known.sizeBytes;
}

/** Seconds since 1970, as DynamoDB's TTL wants it. */
function expiryOf(firedMs: number): number {
  return Math.ceil(firedMs / 1000) + FIRED_LIFE_SECONDS;
}

function isOver({ expiresAt }: Item, nowMs: number): boolean {
  return typeof expiresAt === 'number' && expiresAt * 1000 <= nowMs;
}

function memberOf(item: Item): GatherMember {
  const { pk: _pk, sk: _sk, ...member } = item;
  return member as unknown as GatherMember;
}

function headerOf(item: Item): GatherHeader {
  const { pk: _pk, sk: _sk, open: _open, openSince: _since, expiresAt: _at, ...header } = item;
  return header as unknown as GatherHeader;
}
