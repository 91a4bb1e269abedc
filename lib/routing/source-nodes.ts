import type { Place } from './problems.ts';

/** A value of the route file that remembers where it stands. Aliases are resolved, `${env:…}` is replaced. */
export type SourceNode = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As written (`001`, `1.10`), after environment references are replaced; for strings the same as `value`. */
  readonly text: string;
  /** Column of the text's first character when the text stands in the file as it is, else undefined. */
  readonly textColumn?: number;
  /** An environment variable is missing (that is reported already): the value means nothing. */
  readonly broken: boolean;
}

export interface ListNode {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly SourceNode[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly node: SourceNode;
}

/** The place of the character at `offset` of a scalar's text, where that can be known; else of the scalar. */
export function placeInText(node: ScalarNode, offset: number): Place {
  return node.textColumn === undefined ? node.place : { ...node.place, column: node.textColumn + offset };
}
