import { replaceEnvironment } from './environment-references.ts';
import type { Place, ProblemList } from './problems.ts';

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

/** A value as the file has it, `${env:…}` included; line and column come first. */
export type WrittenNode =
  | readonly ['list', line: number, column: number, items: readonly WrittenNode[]]
  | readonly ['map', line: number, column: number, entries: readonly WrittenEntry[]]
  | readonly ['plain', line: number, column: number, value: number | boolean | null, text: string]
  /** `textColumn`: where the first character stands, when the text stands in the file as it is. */
  | readonly ['text', line: number, column: number, text: string, textColumn?: number]
  | readonly ['broken', line: number, column: number];

export type WrittenEntry = readonly [key: string, line: number, column: number, node: WrittenNode];

export interface FilledSource {
  readonly root: SourceNode;
  /** Every environment variable that is named, sorted. */
  readonly environmentNames: readonly string[];
}

/** Puts environment variables in. Every missing one goes to `problems`. */
export function fillEnvironment(
  root: WrittenNode,
  options: { environment: Readonly<Record<string, string | undefined>>; problems: ProblemList },
): FilledSource {
  const filler = new Filler(options.environment, options.problems);
  const filled = filler.fill(root, '');
  return { root: filled, environmentNames: [...filler.names].sort() };
}

class Filler {
  readonly names = new Set<string>();
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #problems: ProblemList;

  constructor(environment: Readonly<Record<string, string | undefined>>, problems: ProblemList) {
    this.#environment = environment;
    this.#problems = problems;
  }

  fill(node: WrittenNode, path: string): SourceNode {
    const [kind, line, column] = node;
    const place = { line, column, path };
    switch (kind) {
      case 'list':
        return { kind, place, items: node[3].map((item, index) => this.fill(item, `${path}[${index}]`)) };
      case 'map':
        return { kind, place, entries: new Map(node[3].map((entry) => [entry[0], this.#entry(entry, path)])) };
      case 'plain':
        return { kind: 'scalar', place, value: node[3], text: node[4], broken: false };
      case 'text':
        return this.#text(node[3], place, node[4]);
      case 'broken':
        return { kind: 'scalar', place, value: null, text: '', broken: true };
    }
  }

  #entry([key, line, column, node]: WrittenEntry, parent: string): Entry {
    const path = parent === '' ? key : `${parent}.${key}`;
    return { key, keyPlace: { line, column, path }, node: this.fill(node, path) };
  }

  #text(text: string, place: Place, textColumn: number | undefined): ScalarNode {
    const replaced = replaceEnvironment(text, this.#environment);
    for (const name of replaced.names) this.names.add(name);
    for (const message of replaced.problems) this.#problems.error(place, message);
    const verbatim = textColumn !== undefined && replaced.text === text;
    return {
      kind: 'scalar',
      place,
      value: replaced.text,
      text: replaced.text,
      ...(verbatim ? { textColumn } : {}),
      broken: replaced.problems.length > 0,
    };
  }
}

/** The place of the character at `offset` of a scalar's text, where that can be known; else of the scalar. */
export function placeInText(node: ScalarNode, offset: number): Place {
  return node.textColumn === undefined ? node.place : { ...node.place, column: node.textColumn + offset };
}
