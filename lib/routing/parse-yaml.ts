import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from 'yaml';
import { replaceEnvironment } from './environment-references.ts';
import type { Place, ProblemList } from './problems.ts';
import type { Entry, ScalarNode, SourceNode } from './source-nodes.ts';

/** 1,000 routes take about a quarter of these; a bomb of nested aliases takes them all at once. */
const NODE_LIMIT = 200_000;
const DEPTH_LIMIT = 40;
const MOST_SYNTAX_ERRORS = 3;

export interface ParsedYaml {
  readonly root: SourceNode;
  /** Every environment variable that is named, sorted. */
  readonly environmentNames: readonly string[];
}

interface ParseOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly problems: ProblemList;
}

/**
 * Reads YAML 1.2 into positioned nodes, with environment variables put in; undefined when the file is empty or is not YAML.
 * Every syntax error and every missing variable goes to `problems`.
 */
export function parseYaml(text: string, options: ParseOptions): ParsedYaml | undefined {
  const { problems } = options;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', merge: false });
  const reader = new NodeReader(lines, options);
  const syntaxErrors = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
  const unusable = syntaxErrors.length > 0;
  const [first] = syntaxErrors;
  const unquoted = first?.code === 'UNEXPECTED_TOKEN' ? unquotedPlaceholder(text, first.pos[0]) : undefined;
  if (unquoted !== undefined) {
    const message = `a value with a placeholder such as ${unquoted.placeholder} must stand in quotes: put it in single ones`;
    problems.error(reader.place(unquoted.offset, ''), message);
    return undefined;
  }
  // What follows a syntax error is mostly the same mistake once more, seen from further on.
  const shown = unusable ? syntaxErrors.slice(0, MOST_SYNTAX_ERRORS) : document.errors;
  for (const error of shown) {
    problems.error(reader.place(error.pos[0], ''), sayYamlError(error.code, error.message));
  }
  for (const warning of document.warnings) {
    problems.error(reader.place(warning.pos[0], ''), sayYamlError(warning.code, warning.message));
  }
  const contents = document.contents;
  const empty = contents === null || (isScalar(contents) && contents.value === null);
  if (unusable || empty) return undefined;
  const root = reader.read(contents, '', 0);
  return { root, environmentNames: [...reader.environmentNames].sort() };
}

/** The commonest slip: a key pattern or template without quotes, whose braces YAML takes for its own. */
function unquotedPlaceholder(text: string, offset: number): { placeholder: string; offset: number } | undefined {
  const begin = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', begin);
  const line = text.slice(begin, end < 0 ? undefined : end);
  const blank = (match: string) => ' '.repeat(match.length);
  const bare = line.replace(/'[^']*'|"[^"]*"|\$\{[^}]*\}|#.*$/g, blank);
  const found = /\{[A-Za-z_]\w*(?:[,:=][^}\s]*)?\}/.exec(bare);
  return found === null ? undefined : { placeholder: found[0], offset: begin + found.index };
}

function sayYamlError(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is given twice';
  if (code === 'TAB_AS_INDENT') return 'a tab is used to indent: YAML wants spaces';
  if (code === 'TAG_RESOLVE_FAILED') return `${message}: route files use no YAML tags`;
  if (code === 'RESOURCE_EXHAUSTION') return 'nested too deeply';
  if (code === 'MULTIPLE_DOCS') return "a second YAML document ('---') begins here: a route file is one document";
  if (code === 'MISSING_CHAR' && /quote$/.test(message)) return 'a quotation mark is opened before this and not closed';
  if (code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'BAD_INDENT') {
    return `not valid YAML: ${message}; look at how this line and the next are indented`;
  }
  return `not valid YAML: ${message.split('\n')[0] ?? message}`;
}

class NodeReader {
  readonly environmentNames = new Set<string>();
  readonly #lines: LineCounter;
  readonly #environment: ParseOptions['environment'];
  readonly #problems: ProblemList;
  readonly #anchors = new Map<string, Node>();
  #nodes = 0;

  constructor(lines: LineCounter, { environment, problems }: ParseOptions) {
    this.#lines = lines;
    this.#environment = environment;
    this.#problems = problems;
  }

  place(offset: number, path: string): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), path };
  }

  read(given: unknown, path: string, depth: number): SourceNode {
    const node = given as Node | null;
    const place = this.place(node?.range?.[0] ?? 0, path);
    this.#nodes += 1;
    if (this.#nodes > NODE_LIMIT || depth > DEPTH_LIMIT) {
      const limit = depth > DEPTH_LIMIT ? `more than ${DEPTH_LIMIT} levels deep` : `more than ${NODE_LIMIT} values`;
      this.#problems.error({ ...place, path: '' }, `the file is ${limit}, with its aliases followed`);
      return broken(place);
    }
    if (isAlias(node)) return this.#readAlias(node.source, place, depth);
    if (isMap(node) || isSeq(node) || isScalar(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    }
    if (isMap(node)) return this.#readMap(node.items, place, depth);
    if (isSeq(node)) {
      const items = node.items.map((item, i) => this.read(item, `${path}[${i}]`, depth + 1));
      return { kind: 'list', place, items };
    }
    return isScalar(node) ? this.#readScalar(node, place) : nothing(place);
  }

  #readAlias(name: string, place: Place, depth: number): SourceNode {
    const target = this.#anchors.get(name);
    if (target !== undefined) return this.read(target, place.path, depth + 1);
    this.#problems.error(place, `the alias *${name} names no anchor above it`);
    return broken(place);
  }

  #readMap(items: readonly unknown[], place: Place, depth: number): SourceNode {
    const entries = new Map<string, Entry>();
    for (const pair of items) {
      if (!isPair(pair)) continue;
      if (this.#nodes > NODE_LIMIT) break;
      const key = isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : undefined;
      const keyPlace = this.place((pair.key as Node | null)?.range?.[0] ?? 0, join(place.path, key ?? '?'));
      if (key === undefined) {
        this.#problems.error(keyPlace, 'a key must be plain text');
      } else if (key === '<<') {
        this.#problems.error(keyPlace, "merge keys ('<<') are YAML 1.1: repeat the members, or use `defaults`");
      } else if (!entries.has(key)) {
        const node = pair.value === null ? nothing(keyPlace) : this.read(pair.value, keyPlace.path, depth + 1);
        entries.set(key, { key, keyPlace, node });
      }
    }
    return { kind: 'map', place, entries };
  }

  #readScalar(node: Scalar, place: Place): ScalarNode {
    const value = node.value;
    if (typeof value !== 'string') {
      const plain = typeof value === 'number' || typeof value === 'boolean' ? value : null;
      return { kind: 'scalar', place, value: plain, text: node.source ?? String(plain), broken: false };
    }
    const { text, names, problems } = replaceEnvironment(value, this.#environment);
    for (const name of names) this.environmentNames.add(name);
    for (const message of problems) this.#problems.error(place, message);
    const textColumn = text === value ? columnOfText(node, value, place.column) : undefined;
    const verbatim = textColumn === undefined ? {} : { textColumn };
    return { kind: 'scalar', place, value: text, text, ...verbatim, broken: problems.length > 0 };
  }
}

/** Of the first character, when the text stands in the file as it is. */
function columnOfText({ type, range }: Scalar, value: string, column: number): number | undefined {
  const quoted = type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE';
  const written = range ? range[1] - range[0] - (quoted ? 2 : 0) : -1;
  const isVerbatim = written === value.length && !value.includes('\n');
  return isVerbatim ? column + (quoted ? 1 : 0) : undefined;
}

function nothing(place: Place): ScalarNode {
  return { kind: 'scalar', place, value: null, text: '', broken: false };
}

function broken(place: Place): ScalarNode {
  return { ...nothing(place), broken: true };
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
