import type { Drop } from './drop.ts';
import { assessGather, gatherPlace, type Member } from './gather.ts';
import type { Route } from './route.ts';

/**
 * The members that a set still lacks, as they would be called: like `like`, with the values that are needed. Empty when
 * the needs do not tell names (a count, a marker, silence). What a name does not tell, such as the size, is unknown.
 */
export function expectedMembers(route: Route, members: readonly Member[], like: Member): readonly Member[] {
  const needs = route.gather?.needs;
  if (needs?.kind !== 'product') return [];
  const missing = new Set(assessGather(route, members).missing);
  let combinations: readonly Readonly<Record<string, string>>[] = [{ ...like.wildcards }];
  for (const { name, values } of needs.lists) {
    combinations = combinations.flatMap((wildcards) => values.map((value) => ({ ...wildcards, [name]: value })));
  }
  return combinations.flatMap((wildcards) => {
    const key = keyOf(route, wildcards);
    if (!missing.has(gatherPlace(route, { wildcards, key }).slot)) return [];
    const drop: Drop = { bucket: route.bucket, key, sizeBytes: 0, etag: '', timeMs: like.drop.timeMs };
    return [{ drop, wildcards }];
  });
}

function keyOf(route: Route, wildcards: Readonly<Record<string, string>>): string {
  return route.pattern.parts
    .map((part) => (part.kind === 'literal' ? part.text : (wildcards[part.name] ?? '')))
    .join('');
}
