import { compareDeliveries, compareTexts, type Drop } from './drop.ts';
import type { Matched } from './match-drop.ts';
import type { Gather, Needs, Route } from './route.ts';

/** A drop of a gathered set, with what the pattern (or the marker's) read from its key. */
export interface Member {
  readonly drop: Drop;
  readonly wildcards: Readonly<Record<string, string>>;
}

/**
 * Where a drop belongs: `group` names the set, `slot` its place in the set (`lane=001,read=1`; for counts, markers
 * and silence the key). Throws when the route gathers nothing.
 */
export function gatherPlace(
  route: Route,
  match: Pick<Matched, 'wildcards' | 'key'>,
): { readonly group: Readonly<Record<string, string>>; readonly slot: string } {
  const gather = gatherOf(route);
  const group = Object.fromEntries(gather.by.map((name) => [name, match.wildcards[name] ?? '']));
  return { group, slot: slotOf(gather.needs, match.wildcards, match.key) };
}

/** What a set has and lacks. The answer depends on the drops only, not on their order or how often each came. */
export interface GatherState {
  readonly complete: boolean;
  /** For people: `lane=002,read=1`. */
  readonly missing: readonly string[];
  /** The newest drop of each slot, ordered by slot; without the marker. */
  readonly set: readonly Member[];
}

/** Looks at all drops of one set. Throws when the route gathers nothing. */
export function assessGather(route: Route, members: readonly Member[]): GatherState {
  const gather = gatherOf(route);
  const { needs } = gather;
  const isMarker = (member: Member) => needs.kind === 'marker' && needs.pattern.match(member.drop.key) !== undefined;
  const set = newestPerSlot(
    needs,
    members.filter((member) => !isMarker(member)),
  );
  const missing = missingOf(route, needs, { set, marked: members.some(isMarker) });
  return { complete: missing.length === 0, missing, set: inOrder(route, needs, set) };
}

function gatherOf(route: Route): Gather {
  if (route.gather === undefined) throw new TypeError(`route ${route.name} gathers nothing`);
  return route.gather;
}

function slotOf(needs: Needs, wildcards: Readonly<Record<string, string>>, key: string): string {
  if (needs.kind !== 'product') return key;
  return needs.lists.map(({ name }) => `${name}=${wildcards[name] ?? ''}`).join(',');
}

function newestPerSlot(needs: Needs, members: readonly Member[]): readonly Member[] {
  const byKey = new Map<string, Member>();
  for (const member of members) {
    const before = byKey.get(member.drop.key);
    if (before === undefined || compareDeliveries(before.drop, member.drop) < 0) byKey.set(member.drop.key, member);
  }
  const bySlot = new Map<string, Member>();
  for (const member of byKey.values()) {
    const slot = slotOf(needs, member.wildcards, member.drop.key);
    const before = bySlot.get(slot);
    if (before === undefined || compareKeys(before.drop, member.drop) < 0) bySlot.set(slot, member);
  }
  return [...bySlot.values()];
}

/** Two keys in one slot: sequencers say nothing across keys, so the later one counts. */
function compareKeys(a: Drop, b: Drop): number {
  return a.timeMs - b.timeMs || compareTexts(a.key, b.key);
}

function missingOf(
  route: Route,
  needs: Needs,
  found: { readonly set: readonly Member[]; readonly marked: boolean },
): readonly string[] {
  switch (needs.kind) {
    case 'product': {
      const have = new Set(found.set.map(({ drop, wildcards }) => slotOf(needs, wildcards, drop.key)));
      return slotsOf(needs).filter((slot) => !have.has(slot));
    }
    case 'count': {
      const lacking = needs.count - found.set.length;
      return lacking > 0 ? [`${lacking} more of ${needs.count}`] : [];
    }
    case 'marker': {
      const missing = found.marked ? [] : [`the marker ${needs.pattern.text}`];
      return found.set.length > 0 ? missing : [`an object that matches ${route.pattern.text}`, ...missing];
    }
    case 'silence':
      return found.set.length > 0 ? [] : [`an object that matches ${route.pattern.text}`];
    default:
      return needs satisfies never;
  }
}

function slotsOf(needs: Extract<Needs, { kind: 'product' }>): readonly string[] {
  let slots: readonly (readonly string[])[] = [[]];
  for (const { name, values } of needs.lists) {
    slots = slots.flatMap((slot) => values.map((value) => [...slot, `${name}=${value}`]));
  }
  return slots.map((slot) => slot.join(','));
}

/** Products in the order of their lists, the first list slowest; others by their wildcards, numbers by value. */
function inOrder(route: Route, needs: Needs, set: readonly Member[]): readonly Member[] {
  if (needs.kind === 'product') {
    const order = new Map(slotsOf(needs).map((slot, index) => [slot, index]));
    const rank = ({ drop, wildcards }: Member) => order.get(slotOf(needs, wildcards, drop.key));
    return set.filter((member) => rank(member) !== undefined).sort((a, b) => (rank(a) ?? 0) - (rank(b) ?? 0));
  }
  const names = route.pattern.names;
  return [...set].sort((a, b) => compareWildcards(names, a, b) || compareTexts(a.drop.key, b.drop.key));
}

function compareWildcards(names: readonly string[], a: Member, b: Member): number {
  for (const name of names) {
    const order = compareValues(a.wildcards[name] ?? '', b.wildcards[name] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by value and before all else, so that 10 comes after 9; the rest by characters. */
function compareValues(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  if (!aIsNumber) return compareTexts(a, b);
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length - y.length || compareTexts(x, y);
}
