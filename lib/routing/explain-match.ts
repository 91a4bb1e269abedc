import type { Drop } from './drop.ts';
import { judgeDrop, type Matched, type Miss, nearestFirst } from './match-drop.ts';
import { show } from './problems.ts';
import type { Route } from './route.ts';
import type { RouteFile } from './route-file.ts';
import { holdsSize } from './units.ts';

/** A drop of which the size may be unknown. Unknown tags and storage class are absent, as in every event. */
export interface SketchedDrop extends Omit<Drop, 'sizeBytes'> {
  readonly sizeBytes?: number;
}

/** What one route says to a drop. */
export interface Verdict extends Miss {
  /**
   * `takes`: the first in the file's order. `takes-if`: it would be, when what is unknown of the object is as `assumes`
   * says. `later`: it would take the drop, but another stands before it. `no`: see `reason`.
   */
  readonly verdict: 'takes' | 'takes-if' | 'later' | 'no';
  readonly assumes: readonly string[];
}

export interface ExplainedMatch {
  /** The route that takes the drop, with a drop on which its conditions hold; undefined when none does. */
  readonly matched?: Matched & { readonly drop: Drop };
  /** One for each route, in the file's order. */
  readonly verdicts: readonly Verdict[];
  /** Those that do not take it, the nearest first. */
  readonly misses: readonly Miss[];
}

/**
 * Which route takes a drop, and why not the others. Where a condition is about something that is not known of the
 * object, the route is explained as if it held, and says so in `assumes`.
 */
export function explainMatch(file: Pick<RouteFile, 'routes'>, sketch: SketchedDrop): ExplainedMatch {
  const verdicts: Verdict[] = [];
  const misses: { readonly keyMatches: boolean; readonly sameBucket: boolean; readonly miss: Miss }[] = [];
  let matched: ExplainedMatch['matched'];
  for (const route of file.routes) {
    const { drop, assumes } = assume(route, sketch);
    const judged = judgeDrop(route, drop);
    if (!judged.takes) {
      verdicts.push({ ...judged.miss, verdict: 'no', assumes: [] });
      misses.push({ ...judged, sameBucket: route.bucket === drop.bucket });
      continue;
    }
    const said = judged.part === 'marker' ? [] : assumes;
    const verdict = matched !== undefined ? 'later' : said.length > 0 ? 'takes-if' : 'takes';
    const reason = matched === undefined ? '' : `"${matched.route.name}" stands before it`;
    verdicts.push({ route: route.name, matchedText: drop.key, reason, verdict, assumes: said });
    matched ??= { kind: 'matched', route, key: drop.key, wildcards: judged.wildcards, part: judged.part, drop };
  }
  return { ...(matched === undefined ? {} : { matched }), verdicts, misses: nearestFirst(misses) };
}

/** The drop with every unknown fact as the route wants it, and what that assumes. */
function assume(route: Route, sketch: SketchedDrop): { readonly drop: Drop; readonly assumes: readonly string[] } {
  const { when } = route;
  const assumes: string[] = [];
  if (sketch.sizeBytes === undefined) {
    const sizes = when?.size.map(({ text }) => text) ?? [];
    assumes.push(sizes.length > 0 ? `the size is ${sizes.join(' and ')}` : 'the object is not empty');
  }
  if (when?.storageClasses !== undefined && sketch.storageClass === undefined) {
    assumes.push(`the storage class is ${when.storageClasses.join(' or ')}`);
  }
  if (when !== undefined && sketch.tags === undefined) {
    for (const { key, values } of when.tags) assumes.push(`the tag ${show(key)} is ${values.map(show).join(' or ')}`);
  }
  const storageClass = sketch.storageClass ?? when?.storageClasses?.[0];
  const tags = sketch.tags ?? Object.fromEntries((when?.tags ?? []).map(({ key, values }) => [key, values[0] ?? '']));
  const drop: Drop = {
    ...sketch,
    sizeBytes: sketch.sizeBytes ?? wantedSize(route),
    ...(storageClass === undefined ? {} : { storageClass }),
    tags,
  };
  return { drop, assumes };
}

/** A size on which every condition of the route holds, where there is one; else one byte. */
function wantedSize({ when }: Route): number {
  const conditions = when?.size ?? [];
  const candidates = [1, ...conditions.flatMap(({ sizeBytes }) => [sizeBytes, sizeBytes + 1, sizeBytes - 1])];
  return candidates.find((size) => size >= 0 && conditions.every((condition) => holdsSize(condition, size))) ?? 1;
}
