import type { Drop } from './drop.ts';
import { sayException, sayNotNeeded, sayUnfinished, sayUnmetCondition } from './drop-conditions.ts';
import { show } from './problems.ts';
import type { Route } from './route.ts';
import type { RouteFile } from './route-file.ts';
import { candidateRoutes } from './route-index.ts';

export interface Matched {
  readonly kind: 'matched';
  readonly route: Route;
  readonly wildcards: Readonly<Record<string, string>>;
  readonly key: string;
  /** `marker`: the object that tells that a gathered set is complete, not a member of it. */
  readonly part: 'member' | 'marker';
}

export interface Unmatched {
  readonly kind: 'unmatched';
  /** Why each route did not take the drop, the nearest first. Worked out when it is looked at. */
  readonly misses: readonly Miss[];
}

export interface Miss {
  readonly route: string;
  /** The beginning of the key that the pattern matched. */
  readonly matchedText: string;
  readonly reason: string;
}

/** The first route, in the file's order, that takes the drop. */
export function matchDrop(file: Pick<RouteFile, 'routes'>, drop: Drop): Matched | Unmatched {
  for (const route of candidateRoutes(file.routes, drop.bucket, drop.key)) {
    const found = findKey(route, drop.key);
    if (found !== undefined && sayRefusal(route, drop, found) === undefined) {
      return { kind: 'matched', route, key: drop.key, ...found };
    }
  }
  let misses: readonly Miss[] | undefined;
  return {
    kind: 'unmatched',
    get misses() {
      misses ??= explainMisses(file.routes, drop);
      return misses;
    },
  };
}

type Found = Pick<Matched, 'wildcards' | 'part'>;

/** What one route says to a drop, whatever the other routes say. */
export type Judgement =
  | ({ readonly takes: true } & Found)
  | { readonly takes: false; readonly keyMatches: boolean; readonly miss: Miss };

export function judgeDrop(route: Route, drop: Drop): Judgement {
  const found = route.bucket === drop.bucket ? findKey(route, drop.key) : undefined;
  if (found !== undefined && sayRefusal(route, drop, found) === undefined) return { takes: true, ...found };
  return { takes: false, ...explainMiss(route, drop) };
}

/** Whether some route looks at such a key, be it a member's or a marker's. Of others nothing may be asked of S3. */
export function isLookedAt(
  { routes }: Pick<RouteFile, 'routes'>,
  { bucket, key }: Pick<Drop, 'bucket' | 'key'>,
): boolean {
  return candidateRoutes(routes, bucket, key).some((route) => findKey(route, key) !== undefined);
}

function findKey(route: Route, key: string): Found | undefined {
  const needs = route.gather?.needs;
  const marker = needs?.kind === 'marker' ? needs.pattern.match(key) : undefined;
  if (marker !== undefined) return { wildcards: marker, part: 'marker' };
  const wildcards = route.pattern.match(key);
  return wildcards === undefined ? undefined : { wildcards, part: 'member' };
}

/** Why the route does not take a drop whose key matches. A marker is exempt from all that is about data. */
function sayRefusal(route: Route, drop: Drop, { wildcards, part }: Found): string | undefined {
  const exception = sayException(route, wildcards);
  if (exception !== undefined || part === 'marker') return exception;
  return sayNotNeeded(route, wildcards) ?? sayUnfinished(route, drop, wildcards) ?? sayUnmetCondition(route, drop);
}

function explainMisses(routes: readonly Route[], drop: Drop): readonly Miss[] {
  const ranked = routes.map((route) => ({ sameBucket: route.bucket === drop.bucket, ...explainMiss(route, drop) }));
  return nearestFirst(ranked);
}

/** Misses with what orders them: the right bucket, then a key that matches, then how much of the key matches. Equally near routes keep the file's order. */
export function nearestFirst(
  ranked: readonly { readonly sameBucket: boolean; readonly keyMatches: boolean; readonly miss: Miss }[],
): readonly Miss[] {
  const sorted = ranked.toSorted(
    (a, b) =>
      Number(b.sameBucket) - Number(a.sameBucket) ||
      Number(b.keyMatches) - Number(a.keyMatches) ||
      b.miss.matchedText.length - a.miss.matchedText.length,
  );
  return sorted.map(({ miss }) => miss);
}

function explainMiss(route: Route, drop: Drop): { readonly keyMatches: boolean; readonly miss: Miss } {
  const found = findKey(route, drop.key);
  const refusal = found === undefined ? undefined : sayRefusal(route, drop, found);
  const near = found === undefined ? route.pattern.near(drop.key) : { matchedText: drop.key, reason: refusal ?? '' };
  const other = `bucket is ${show(drop.bucket).slice(1, -1)}, not ${route.bucket}`;
  const reason = route.bucket === drop.bucket ? near.reason : other;
  return { keyMatches: found !== undefined, miss: { route: route.name, matchedText: near.matchedText, reason } };
}
