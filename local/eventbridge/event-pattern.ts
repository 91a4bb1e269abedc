/**
 * Event patterns as EventBridge documents them: a pure function from a pattern to a test of events.
 * Source: EventBridge User Guide, "Comparison operators for use in event patterns", and the open-source matcher that
 * AWS publishes, for what the guide leaves open (an array matches by any element; one element of an array of objects
 * must satisfy all fields that name it; `exists` looks at leaves of the whole event).
 */
import { type LeafTest, PatternReason, RESERVED_IN_OR, valueMatcher } from './value-matcher.ts';

export type EventTest = (event: Readonly<Record<string, unknown>>) => boolean;

/** A pattern that EventBridge would refuse; the message is the reason alone. */
export class InvalidEventPatternError extends Error {
  override readonly name = 'InvalidEventPatternError';
}

const PATTERN_LIMIT_CHARACTERS = 2048;
/** Far beyond any event of 256 KB that is written by hand; keeps recursion off the stack's end. */
const DEPTH_LIMIT = 100;

interface LeafNode {
  readonly kind: 'leaf';
  readonly path: readonly string[];
  readonly tests: readonly LeafTest[];
  readonly orAbsent: boolean;
}

interface ObjectNode {
  readonly kind: 'object';
  readonly fields: ReadonlyArray<readonly [string, PatternNode]>;
  /** Each member is one `$or`: a list of alternatives at this level. */
  readonly alternatives: ReadonlyArray<readonly ObjectNode[]>;
}

type PatternNode = LeafNode | ObjectNode;

/** @throws InvalidEventPatternError with AWS's reason. */
export function compileEventPattern(pattern: string): EventTest {
  if (pattern.length > PATTERN_LIMIT_CHARACTERS) {
    throw new InvalidEventPatternError(`Event pattern is longer than ${PATTERN_LIMIT_CHARACTERS} characters`);
  }
  const root = compileRoot(parseJson(pattern));
  return (event) => matches(root, event, event);
}

function parseJson(pattern: string): unknown {
  try {
    return JSON.parse(pattern);
  } catch (error) {
    throw new InvalidEventPatternError(`Filter is not valid JSON: ${(error as Error).message}`, { cause: error });
  }
}

function compileRoot(value: unknown): ObjectNode {
  if (!isObject(value)) throw new InvalidEventPatternError('Filter is not an object');
  try {
    return compileObject(value, [], false);
  } catch (error) {
    if (error instanceof PatternReason) throw new InvalidEventPatternError(error.message, { cause: error });
    throw error;
  }
}

function compileObject(value: Record<string, unknown>, path: readonly string[], inOr: boolean): ObjectNode {
  const entries = Object.entries(value);
  if (entries.length === 0) throw new PatternReason('Empty objects are not allowed');
  if (path.length > DEPTH_LIMIT) throw new PatternReason(`Patterns deeper than ${DEPTH_LIMIT} levels are not allowed`);
  const fields: Array<readonly [string, PatternNode]> = [];
  const alternatives: Array<readonly ObjectNode[]> = [];
  for (const [name, inner] of entries) {
    if (name === '$or') alternatives.push(compileOr(inner, path));
    else if (inOr && RESERVED_IN_OR.has(name)) {
      throw new PatternReason(`${name} is Ruler reserved fieldName which cannot be used inside $or.`);
    } else fields.push([name, compileField(name, inner, path, inOr)]);
  }
  return { kind: 'object', fields, alternatives };
}

function compileOr(value: unknown, path: readonly string[]): ObjectNode[] {
  if (!Array.isArray(value)) throw new PatternReason('It must be an Array followed with $or.');
  const nodes = value.map((each: unknown) => {
    if (!isObject(each)) throw new PatternReason('Only JSON object is allowed in array of $or relationship.');
    return compileObject(each, path, true);
  });
  if (nodes.length < 2) throw new PatternReason('There must have at least 2 Objects in $or relationship.');
  return nodes;
}

function compileField(name: string, value: unknown, path: readonly string[], inOr: boolean): PatternNode {
  if (isObject(value)) return compileObject(value, [...path, name], inOr);
  if (!Array.isArray(value)) throw new PatternReason(`"${name}" must be an object or an array`);
  if (value.length === 0) throw new PatternReason('Empty arrays are not allowed');
  const matchers = value.map((element: unknown) => valueMatcher(element));
  return {
    kind: 'leaf',
    path: [...path, name],
    tests: matchers.flatMap((matcher) => (matcher.kind === 'value' ? [matcher.test] : [])),
    orAbsent: matchers.some((matcher) => matcher.kind === 'absent'),
  };
}

function matches(node: PatternNode, value: unknown, event: unknown): boolean {
  if (node.kind === 'leaf') {
    return matchesLeaf(node.tests, value) || (node.orAbsent && !hasLeafAt(event, node.path, 0));
  }
  if (Array.isArray(value) && value.length > 0) return value.some((element) => matches(node, element, event));
  const fields = isObject(value) ? value : {};
  return (
    node.fields.every(([name, inner]) => matches(inner, own(fields, name), event)) &&
    node.alternatives.every((nodes) => nodes.some((inner) => matches(inner, value, event)))
  );
}

function matchesLeaf(tests: readonly LeafTest[], value: unknown): boolean {
  if (Array.isArray(value)) return value.some((element) => matchesLeaf(tests, element));
  return value !== undefined && !isObject(value) && tests.some((test) => test(value));
}

function hasLeafAt(value: unknown, path: readonly string[], depth: number): boolean {
  if (Array.isArray(value)) return value.some((element) => hasLeafAt(element, path, depth));
  const name = path[depth];
  if (name === undefined) return value !== undefined && !isObject(value);
  return isObject(value) && hasLeafAt(own(value, name), path, depth + 1);
}

function own(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
