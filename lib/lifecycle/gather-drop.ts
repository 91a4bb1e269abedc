/** Waiting until a set of drops is complete, and firing each complete set once. */
import { REPLACED_IN_SET } from '../ledger/drops.ts';
import type { GatherHeader, GatherMember } from '../ledger/gathers.ts';
import { fillRequest, RequestRefused } from '../routing/fill-request.ts';
import { assessGather, gatherPlace } from '../routing/gather.ts';
import type { Matched } from '../routing/match-drop.ts';
import type { Route, RouteFile } from '../routing/route-file.ts';
import { identityOf, opaqueId } from '../runs/identity.ts';
import type { Claim } from './claim-request.ts';
import { claimFor, claimOf, type DroppedMember, originOf } from './claim-set.ts';
import { sentences } from './sentences.ts';
import { sideBySide } from './side-by-side.ts';
import type { TakeDropPorts, Taken } from './take-drop.ts';

/** Deliveries of one set that meet: each but one reads again and finds the set fired. */
const MOST_CONFLICTS = 10;
const WRITES_AT_ONCE = 8;
/** An item may have 400 KB: the set's header holds the claim and the ids of its drops, and the request grows by its attempts. */
const LARGEST_SET_BYTES = 350_000;
/** Of the members that must be newer, so many are named: their names lie beside the claim. */
const MOST_NAMED = 100;
/** Of a set that is too large, so many drops are remembered: enough to tell that it was refused already. */
const DROPS_OF_TOO_LARGE = 100;

/** The id of the set whose members have these values of the route's `by`. */
export function gatherIdOf(route: Pick<Route, 'name'>, group: Readonly<Record<string, string>>): string {
  return opaqueId({ route: route.name, group });
}

export async function addToGather(
  ports: TakeDropPorts,
  file: RouteFile,
  match: Matched,
  dropped: DroppedMember,
): Promise<Taken> {
  const { group, slot } = gatherPlace(match.route, match);
  const gatherId = gatherIdOf(match.route, group);
  const supersede = (dropId: string, reason: string) =>
    ports.ledger.drops.change(dropId, { state: 'SUPERSEDED', reason, reasonCode: REPLACED_IN_SET });
  const onReplace = (replaced: string) =>
    supersede(replaced, 'A newer object took its place in its set before the set started.');
  const member = { slot, ...dropped };
  const isKept = await ports.ledger.gathers.putMember(gatherId, member, onReplace, ports.clock.nowMs());
  const taken = await fireIfComplete(ports, file, match.route, { gatherId, group });
  if (!isKept) {
    await supersede(dropped.dropId, 'Its set has a newer object in this place, or the same one by another event.');
  }
  return taken;
}

/** Fires the set if it is complete and has not fired. Safe to repeat: after every delivery, and from reconciliation. */
export async function fireIfComplete(
  ports: TakeDropPorts,
  file: RouteFile,
  route: Route,
  { gatherId, group }: Pick<GatherHeader, 'gatherId' | 'group'>,
): Promise<Taken> {
  for (let conflict = 0; conflict < MOST_CONFLICTS; conflict += 1) {
    const nowMs = ports.clock.nowMs();
    const at = new Date(nowMs).toISOString();
    const { header, members } = await ports.ledger.gathers.read(gatherId, nowMs);
    const current = header ?? { gatherId, route: route.name, group, generation: 0, firstSeenAt: at, missing: [] };
    const assessed = assessGather(route, members);
    const set = assessed.set.map((member) => droppedOf(members, member));
    const drops = dropsOf(set);
    const identity = identityOf(originOf(route, set));
    if (assessed.complete && current.fired?.identity === identity) {
      if (!(await ports.ledger.gathers.fireAgain(current))) continue;
      return claimFired(ports, file, route, { header: current, set, members });
    }
    if (current.fired !== undefined) await claimLeftOver(ports, current.fired);
    const missing = assessed.complete ? heldBack(route, current, { drops, members, nowMs }) : assessed.missing;
    if (missing.length > 0) {
      const expiring = members.filter(({ expiresAt }) => expiresAt !== undefined);
      await sideBySide(expiring, WRITES_AT_ONCE, (member) => ports.ledger.gathers.keepMember(gatherId, member));
      await ports.ledger.gathers.waitFor({ ...waitingAnew(current, at), missing }, at);
      return 'gathering';
    }
    const fired = { identity, ...frozen(file, route, set) };
    if (await ports.ledger.gathers.fire(current, fired)) {
      const bumped = { ...current, generation: current.generation + 1, missing: [], fired };
      return claimFired(ports, file, route, { header: bumped, set, members });
    }
  }
  throw new Error(
    `Gather ${gatherId} of route ${route.name} was fired by others ${MOST_CONFLICTS} times in a row. Try again.`,
  );
}

/** Frozen with the set, since its members may be replaced before the claim is made. No claim if it would be refused. */
function frozen(
  file: RouteFile,
  route: Route,
  members: readonly GatherMember[],
): Pick<NonNullable<GatherHeader['fired']>, 'drops' | 'claim'> {
  const drops = dropsOf(members);
  try {
    return { drops, claim: claimOfSet(file, route, members) };
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    if (bytesOf(drops) <= LARGEST_SET_BYTES) return { drops };
    return { drops: Object.fromEntries(Object.entries(drops).slice(0, DROPS_OF_TOO_LARGE)) };
  }
}

/** @throws RequestRefused */
function claimOfSet(file: RouteFile, route: Route, members: readonly GatherMember[]): Claim {
  const request = fillRequest(route, { members, timeMs: Math.max(...members.map(({ drop }) => drop.timeMs)) });
  const claim = claimOf({ file, route, members, request });
  if (bytesOf({ drops: dropsOf(members), claim }) <= LARGEST_SET_BYTES) return claim;
  throw new RequestRefused([
    `The set has ${members.length} objects, and what has to be on record of them is more than one item of the ledger takes (400 KB). Gather fewer: by more wildcards, or by a key pattern that fewer objects match.`,
  ]);
}

function dropsOf(members: readonly GatherMember[]): Readonly<Record<string, string>> {
  return Object.fromEntries(members.map(({ slot, dropId }) => [slot, dropId]));
}

/** About what DynamoDB counts: JSON's punctuation outweighs its overhead. */
function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Another set fired before this one, and whoever fired it may have died before the claim: it is made now. */
async function claimLeftOver(ports: TakeDropPorts, fired: NonNullable<GatherHeader['fired']>): Promise<void> {
  if (fired.claim === undefined || (await ports.ledger.requests.read(fired.identity)) !== undefined) return;
  await claimFor(ports, fired.claim as Claim, Object.values(fired.drops));
}

/** The route is gone from the file, but what had fired before is owed its run all the same. Returns whether it was. */
export async function claimWithoutRoute(ports: TakeDropPorts, { gatherId }: GatherHeader): Promise<boolean> {
  const { header, members } = await ports.ledger.gathers.read(gatherId);
  if (header?.fired?.claim === undefined) return false;
  await claimLeftOver(ports, header.fired);
  await settle(ports, header, members);
  return true;
}

/** Members first: with the header settled nobody comes back to them. */
async function settle(ports: TakeDropPorts, header: GatherHeader, members: readonly GatherMember[]): Promise<void> {
  const { gathers } = ports.ledger;
  const nowMs = ports.clock.nowMs();
  await sideBySide(members, WRITES_AT_ONCE, (member) => gathers.expireMember(header.gatherId, member, nowMs));
  await gathers.settle(header, nowMs);
}

/** A set that has fired and now waits again begins to wait at its first new member. */
function waitingAnew(header: GatherHeader, at: string): GatherHeader {
  return header.missing.length === 0 ? { ...header, firstSeenAt: at } : header;
}

/** The generation is bumped, so no other set of it can fire meanwhile: the claim may be made, or made again. */
async function claimFired(
  ports: TakeDropPorts,
  file: RouteFile,
  route: Route,
  { header, set, members }: { header: GatherHeader; set: readonly GatherMember[]; members: readonly GatherMember[] },
): Promise<Taken> {
  try {
    const claim = (header.fired?.claim as Claim | undefined) ?? claimOfSet(file, route, set);
    const dropIds = members.map(({ dropId }) => dropId);
    await claimFor(ports, claim, dropIds);
    await settle(ports, header, members);
    return 'started';
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    const reason = sentences(error.problems);
    for (const { dropId } of members) await ports.ledger.drops.change(dropId, { state: 'REJECTED', reason });
    await settle(ports, header, members);
    ports.log.warn('set rejected: no valid request', { gatherId: header.gatherId, route: route.name });
    return 'rejected';
  }
}

/** Why a complete set does not start yet: silence has to pass, or only some of its members are newer than when it fired. */
export function heldBack(
  route: Route,
  header: GatherHeader,
  now: { drops: Readonly<Record<string, string>>; members: readonly GatherMember[]; nowMs: number },
): string[] {
  const quietUntilMs = Math.max(...now.members.map(({ drop }) => drop.timeMs)) + (route.gather?.quietMs ?? 0);
  if (route.gather?.quietMs !== undefined && quietUntilMs > now.nowMs) {
    return [`silence until ${new Date(quietUntilMs).toISOString()}`];
  }
  const fired = header.fired?.drops;
  if (fired === undefined || header.released === true || route.gather?.onChange === 'restart') return [];
  const old = Object.keys(now.drops).filter((slot) => fired[slot] === now.drops[slot]);
  return old
    .slice(0, MOST_NAMED)
    .map((slot) => `a newer ${slot}, because another member changed after the set had started`);
}

/** For where no key may be said (invariant 9): what a set lacks is said by the route file, but for a member that must be newer where members are known by their keys. */
export function namelessMissing(route: Route, missing: readonly string[]): readonly string[] {
  if (route.gather?.needs.kind === 'product') return missing;
  const nameless = missing.map((text) =>
    text.startsWith('a newer ') ? 'a newer object, because another member changed after the set had started' : text,
  );
  return [...new Set(nameless)];
}

function droppedOf(members: readonly GatherMember[], { drop }: { drop: GatherMember['drop'] }): GatherMember {
  const found = members.find((member) => member.drop === drop);
  if (found === undefined) throw new Error('A gathered set holds a member that it was not given.');
  return found;
}
