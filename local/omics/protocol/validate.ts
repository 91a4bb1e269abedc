/** Checks a value against the model and says every rule that it breaks, in the words of AWS's ValidationException. */
import { AwsError } from '../../aws-error.ts';
import { type ListShape, type MapShape, type Model, type Shape, type StructureShape, shapeOf } from './model.ts';

/** How many broken rules one answer lists; the rest adds nothing for a reader. */
const MOST_VIOLATIONS = 10;
const LONGEST_SHOWN_VALUE = 200;
/** Bodies nested deeper than this are refused before they are walked. */
const DEEPEST_NESTING = 64;

interface Walk {
  readonly model: Model;
  readonly violations: string[];
}

/**
 * Returns `value` with unknown members left out and blobs decoded to Buffers.
 * @throws AwsError ValidationException (400) naming each member and the rule it breaks.
 */
export function validateInput(
  model: Model,
  shapeName: string,
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const walk: Walk = { model, violations: [] };
  const checked = checkShape(walk, shapeName, value, '', 0);
  if (walk.violations.length > 0) throw validationError(walk.violations);
  return checked as Record<string, unknown>;
}

/** A ValidationException in AWS's form, from sentences such as `Value at 'roleArn' failed to satisfy constraint: …`. */
export function validationError(violations: readonly string[]): AwsError {
  const count = `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected`;
  return new AwsError('ValidationException', `${count}: ${violations.slice(0, MOST_VIOLATIONS).join('; ')}`);
}

function checkShape(walk: Walk, shapeName: string, value: unknown, path: string, depth: number): unknown {
  if (depth > DEEPEST_NESTING)
    return fail(walk, undefined, path, `Member must not be nested deeper than ${DEEPEST_NESTING} levels`);
  const shape = shapeOf(walk.model, shapeName);
  switch (shape.type) {
    case 'structure':
      return checkStructure(walk, shape, value, path, depth);
    case 'list':
      return checkList(walk, shape, value, path, depth);
    case 'map':
      return checkMap(walk, shape, value, path, depth);
    case 'string':
      return typeof value === 'string'
        ? checkString(walk, shape, value, path)
        : wrongType(walk, value, path, 'a string');
    case 'integer':
      return checkInteger(walk, shape, value, path);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongType(walk, value, path, 'a boolean');
    case 'timestamp':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value))
        ? value
        : wrongType(walk, value, path, 'an ISO-8601 timestamp');
    case 'blob':
      return checkBlob(walk, value, path);
    case 'document':
      return checkDocument(walk, value, path);
    default:
      return shape satisfies never;
  }
}

function checkStructure(walk: Walk, shape: StructureShape, value: unknown, path: string, depth: number): unknown {
  if (!isObject(value)) return wrongType(walk, value, path, 'an object');
  const checked: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const memberPath = path === '' ? name : `${path}.${name}`;
    if (given !== undefined && given !== null)
      checked[name] = checkShape(walk, member.shape, given, memberPath, depth + 1);
    else if (shape.required?.includes(name)) fail(walk, null, memberPath, 'Member must not be null');
  }
  if (shape.union && Object.keys(checked).length !== 1) {
    fail(walk, undefined, path, `Exactly one of [${Object.keys(shape.members).join(', ')}] must be given`);
  }
  return checked;
}

function checkList(walk: Walk, shape: ListShape, value: unknown, path: string, depth: number): unknown {
  if (!Array.isArray(value)) return wrongType(walk, value, path, 'a list');
  if (!checkLength(walk, shape, value.length, undefined, path)) return value;
  return value.map((item: unknown, i) =>
    item === null
      ? fail(walk, null, `${path}.${i + 1}.member`, 'Member must not be null')
      : checkShape(walk, shape.member, item, `${path}.${i + 1}.member`, depth + 1),
  );
}

function checkMap(walk: Walk, shape: MapShape, value: unknown, path: string, depth: number): unknown {
  if (!isObject(value)) return wrongType(walk, value, path, 'an object');
  const entries = Object.entries(value);
  if (!checkLength(walk, shape, entries.length, undefined, path)) return value;
  const checked: [string, unknown][] = [];
  for (const [key, item] of entries) {
    checkShape(walk, shape.key, key, `${path}.key`, depth + 1);
    const memberPath = `${path}.${key.slice(0, LONGEST_SHOWN_VALUE)}.member`;
    if (item === null) fail(walk, null, memberPath, 'Member must not be null');
    else checked.push([key, checkShape(walk, shape.value, item, memberPath, depth + 1)]);
  }
  // fromEntries defines own properties, so a key such as __proto__ stays a plain key.
  return Object.fromEntries(checked);
}

function checkString(walk: Walk, shape: Shape, value: string, path: string): unknown {
  // The length goes first: a pattern is never tried on a text of unbounded length.
  if (!checkLength(walk, shape, codePoints(value), value, path)) return value;
  if (shape.enum !== undefined && !shape.enum.includes(value)) {
    fail(walk, value, path, `Member must satisfy enum value set: [${shape.enum.join(', ')}]`);
  } else if (shape.pattern !== undefined && !patternOf(shape.pattern).test(value)) {
    fail(walk, value, path, `Member must satisfy regular expression pattern: ${shape.pattern}`);
  }
  return value;
}

function checkInteger(walk: Walk, shape: Shape, value: unknown, path: string): unknown {
  if (!Number.isSafeInteger(value)) return wrongType(walk, value, path, 'an integer');
  const number = value as number;
  if (shape.min !== undefined && number < shape.min) {
    fail(walk, value, path, `Member must have value greater than or equal to ${shape.min}`);
  }
  if (shape.max !== undefined && number > shape.max) {
    fail(walk, value, path, `Member must have value less than or equal to ${shape.max}`);
  }
  return value;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function checkBlob(walk: Walk, value: unknown, path: string): unknown {
  if (typeof value !== 'string' || value.length % 4 !== 0 || !BASE64.test(value)) {
    return wrongType(walk, undefined, path, 'base64-encoded');
  }
  return Buffer.from(value, 'base64');
}

function checkDocument(walk: Walk, value: unknown, path: string): unknown {
  return nestedDeeperThan(value, DEEPEST_NESTING)
    ? fail(walk, undefined, path, `Member must not be nested deeper than ${DEEPEST_NESTING} levels`)
    : value;
}

function nestedDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => nestedDeeperThan(item, levels - 1));
}

function checkLength(walk: Walk, shape: Shape, length: number, value: string | undefined, path: string): boolean {
  if (shape.min !== undefined && length < shape.min) {
    fail(walk, value, path, `Member must have length greater than or equal to ${shape.min}`);
    return false;
  }
  if (shape.max !== undefined && length > shape.max) {
    fail(walk, value, path, `Member must have length less than or equal to ${shape.max}`);
    return false;
  }
  return true;
}

function wrongType(walk: Walk, value: unknown, path: string, kind: string): undefined {
  return fail(walk, value, path, `Member must be ${kind}`);
}

function fail(walk: Walk, value: unknown, path: string, rule: string): undefined {
  const shown = value === undefined ? '' : value === null ? ' null' : ` '${shorten(value)}'`;
  walk.violations.push(`Value${shown} at '${path}' failed to satisfy constraint: ${rule}`);
}

function shorten(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > LONGEST_SHOWN_VALUE ? `${text.slice(0, LONGEST_SHOWN_VALUE)}…` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i += 1) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count -= 1;
  }
  return count;
}

const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    pattern = new RegExp(`^(?:${source})$`, 'u');
    patterns.set(source, pattern);
  }
  return pattern;
}
