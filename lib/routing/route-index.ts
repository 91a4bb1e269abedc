import type { KeyPattern } from './key-pattern.ts';
import { type Outline, outlineOfKey, outlineOfPattern } from './pattern-outline.ts';
import type { Route } from './route.ts';

/** Where a literal text of a pattern stands: at a key's beginning or end, or as (the beginning of) its nth segment. */
type Place = 'prefix' | 'suffix' | `start ${number}` | `whole ${number}` | `last ${number}`;

interface Feature {
  readonly place: Place;
  readonly text: string;
}

/** The patterns that are told apart by a text at one place. */
interface Shelf {
  /** Answers the outline's text there, cut to a length. */
  readonly look: (outline: Outline, length: number) => string | undefined;
  /** Lengths of the texts that occur; of whole segments one that cuts nothing. */
  readonly lengths: readonly number[];
  readonly byText: ReadonlyMap<string, readonly number[]>;
}

type BucketIndex = readonly Shelf[];

const INDEXES = new WeakMap<readonly Route[], ReadonlyMap<string, BucketIndex>>();

/**
 * The routes of the drop's bucket that could take the key, in the file's order: each pattern (and marker) is found by the
 * one of its literal texts that fewest others have. With 1,000 routes that is a few look-ups instead of 1,000
 * comparisons. The index is built at the first call for a list of routes.
 */
export function candidateRoutes(routes: readonly Route[], bucket: string, key: string): readonly Route[] {
  const index = indexOf(routes).get(bucket);
  return index === undefined ? [] : lookUp(routes, index, outlineOfKey(key));
}

/** The routes of a bucket that could match every key of `pattern`, in the file's order. */
export function routesThatMayCover(routes: readonly Route[], bucket: string, pattern: KeyPattern): readonly Route[] {
  const index = indexOf(routes).get(bucket);
  return index === undefined ? [] : lookUp(routes, index, outlineOfPattern(pattern));
}

function lookUp(routes: readonly Route[], index: BucketIndex, outline: Outline): readonly Route[] {
  const positions: number[] = [];
  for (const { look, lengths, byText } of index) {
    for (const length of lengths) {
      const text = look(outline, length);
      const found = text === undefined ? undefined : byText.get(text);
      if (found !== undefined) positions.push(...found);
    }
  }
  const ordered = positions.length > 1 ? [...new Set(positions)].sort((a, b) => a - b) : positions;
  return ordered.flatMap((position) => routes[position] ?? []);
}

function indexOf(routes: readonly Route[]): ReadonlyMap<string, BucketIndex> {
  let index = INDEXES.get(routes);
  if (index === undefined) {
    const byBucket = Map.groupBy(routes.entries(), ([, route]) => route.bucket);
    index = new Map([...byBucket].map(([bucket, entries]) => [bucket, buildIndex(entries)]));
    INDEXES.set(routes, index);
  }
  return index;
}

function buildIndex(routes: readonly (readonly [position: number, route: Route])[]): BucketIndex {
  const entries = routes.flatMap(([position, { pattern, gather }]) => {
    const marker = gather?.needs.kind === 'marker' ? [gather.needs.pattern] : [];
    return [pattern, ...marker].map((one) => ({ position, features: featuresOf(one) }));
  });
  const counts = new Map<string, number>();
  for (const { features } of entries)
    for (const feature of features) counts.set(idOf(feature), (counts.get(idOf(feature)) ?? 0) + 1);
  const countOf = (feature: Feature) => counts.get(idOf(feature)) ?? 0;
  const chosen = entries.map(({ position, features }) => {
    const rarest = features.toSorted((a, b) => countOf(a) - countOf(b) || b.text.length - a.text.length)[0];
    return { position, ...(rarest ?? EVERY_KEY) };
  });
  return [...Map.groupBy(chosen, ({ place }) => place)].map(([place, there]) => buildShelf(place, there));
}

const EVERY_KEY: Feature = { place: 'prefix', text: '' };

function buildShelf(place: Place, entries: readonly (Feature & { readonly position: number })[]): Shelf {
  const byText = new Map(
    [...Map.groupBy(entries, ({ text }) => text)].map(([text, same]) => [text, same.map(({ position }) => position)]),
  );
  const isWhole = place.startsWith('whole') || place.startsWith('last');
  const lengths = isWhole ? [Number.POSITIVE_INFINITY] : [...new Set([...byText.keys()].map((text) => text.length))];
  return { look: lookAt(place), lengths, byText };
}

function featuresOf(pattern: KeyPattern): readonly Feature[] {
  const { prefix, suffix, starts, wholes, lasts } = outlineOfPattern(pattern);
  const wholeAt = (kind: 'whole' | 'last', texts: readonly (string | undefined)[]) =>
    texts.flatMap((text, at): Feature[] => (text === undefined ? [] : [{ place: `${kind} ${at}`, text }]));
  return [
    { place: 'prefix', text: prefix },
    { place: 'suffix', text: suffix },
    ...starts.flatMap((text, at): Feature[] => (text === '' ? [] : [{ place: `start ${at}`, text }])),
    ...wholeAt('whole', wholes),
    ...wholeAt('last', lasts),
  ];
}

function idOf({ place, text }: Feature): string {
  return `${place} ${text}`;
}

function lookAt(place: Place): Shelf['look'] {
  if (place === 'prefix') return ({ prefix }, length) => cut(prefix, length);
  if (place === 'suffix')
    return ({ suffix }, length) => (length > suffix.length ? undefined : suffix.slice(suffix.length - length));
  const [kind, number] = place.split(' ');
  const at = Number(number);
  if (kind === 'start') return ({ starts }, length) => cut(starts[at], length);
  return kind === 'whole' ? ({ wholes }) => wholes[at] : ({ lasts }) => lasts[at];
}

function cut(text: string | undefined, length: number): string | undefined {
  return text === undefined || length > text.length ? undefined : text.slice(0, length);
}
