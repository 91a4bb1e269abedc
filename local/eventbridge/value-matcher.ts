/** The operators that an event pattern may put in the array of a field: each becomes a test of one leaf value. */
import { cidrMatcher } from './cidr.ts';
import { WildcardSyntaxError, wildcardMatcher } from './wildcard.ts';

/** Why a pattern is refused, in EventBridge's words. */
export class PatternReason extends Error {
  override readonly name = 'PatternReason';
}

export type LeafTest = (value: unknown) => boolean;

/** `absent` is not a test of a value: it holds when the event has no leaf at the field's path. */
export type ValueMatcher = { readonly kind: 'value'; readonly test: LeafTest } | { readonly kind: 'absent' };

const NUMBER_LIMIT = 5e9;
/** EventBridge compares numbers to six digits after the point. */
const NUMBER_SCALE = 1e6;

const OPERATORS: Readonly<Record<string, (operand: unknown) => ValueMatcher>> = {
  prefix: (operand) => value(affixTest(operand, 'prefix')),
  suffix: (operand) => value(affixTest(operand, 'suffix')),
  'equals-ignore-case': (operand) =>
    value(ignoreCaseTest(text(operand, 'equals-ignore-case match pattern must be a string'))),
  wildcard: (operand) => value(stringTest(wildcard(operand))),
  'anything-but': (operand) => value(anythingBut(operand)),
  numeric: (operand) => value(numericTest(operand)),
  exists: (operand) => existence(operand),
  cidr: (operand) => value(cidrTest(operand)),
};

/** The names that cannot be fields inside `$or`. */
export const RESERVED_IN_OR: ReadonlySet<string> = new Set([...Object.keys(OPERATORS), 'exactly']);

/** @throws PatternReason when `element` is no value and no operator. */
export function valueMatcher(element: unknown): ValueMatcher {
  if (element === null || typeof element !== 'object') return value(exactTest(element));
  if (Array.isArray(element)) throw new PatternReason('Match value must be String, number, true, false, or null');
  const names = Object.keys(element);
  const name = names[0];
  if (name === undefined) throw new PatternReason('Match expression name not found');
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator === undefined) throw new PatternReason(`Unrecognized match type ${name}`);
  if (names.length > 1) throw new PatternReason('Only one key allowed in match expression');
  return operator((element as Record<string, unknown>)[name]);
}

function value(test: LeafTest): ValueMatcher {
  return { kind: 'value', test };
}

function exactTest(expected: unknown): LeafTest {
  return (actual) => actual === expected;
}

function stringTest(test: (text: string) => boolean): LeafTest {
  return (actual) => typeof actual === 'string' && test(actual);
}

function ignoreCaseTest(expected: string): LeafTest {
  const folded = expected.toLowerCase();
  return stringTest((actual) => actual.toLowerCase() === folded);
}

function text(operand: unknown, otherwise: string): string {
  if (typeof operand === 'string') return operand;
  throw new PatternReason(otherwise);
}

function affixTest(operand: unknown, affix: 'prefix' | 'suffix'): LeafTest {
  const has = affix === 'prefix' ? 'startsWith' : 'endsWith';
  if (typeof operand !== 'object' || operand === null || Array.isArray(operand)) {
    const expected = text(operand, `${affix} match pattern must be a string`);
    return stringTest((actual) => actual[has](expected));
  }
  const folded = text(only(operand, 'equals-ignore-case', affix), 'equals-ignore-case match pattern must be a string');
  return stringTest((actual) => actual.toLowerCase()[has](folded.toLowerCase()));
}

function only(operand: object, name: string, where: string): unknown {
  const names = Object.keys(operand);
  if (names[0] !== name) throw new PatternReason(`Unsupported ${where} pattern: ${names[0] ?? ''}`);
  if (names.length > 1) throw new PatternReason('Only one key allowed in match expression');
  return (operand as Record<string, unknown>)[name];
}

function wildcard(operand: unknown): (text: string) => boolean {
  try {
    return wildcardMatcher(text(operand, 'wildcard match pattern must be a string'));
  } catch (error) {
    if (error instanceof WildcardSyntaxError) throw new PatternReason(error.message, { cause: error });
    throw error;
  }
}

function anythingBut(operand: unknown): LeafTest {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) return anythingButOperator(operand);
  const values: unknown[] = Array.isArray(operand) ? operand : [operand];
  const kinds = new Set(values.map((each) => typeof each));
  if (kinds.has('boolean') || kinds.has('object') || kinds.has('undefined')) {
    throw new PatternReason('Inside anything but list, start|null|boolean is not supported.');
  }
  if (kinds.size !== 1) {
    throw new PatternReason(
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    );
  }
  const excluded = new Set(values);
  return (actual) => !excluded.has(actual);
}

function anythingButOperator(operand: object): LeafTest {
  const names = Object.keys(operand);
  const name = names[0] ?? '';
  if (!['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(name)) {
    throw new PatternReason(`Unsupported anything-but pattern: ${name}`);
  }
  if (names.length > 1) throw new PatternReason('Only one key allowed in match expression');
  const inner = (operand as Record<string, unknown>)[name];
  const values: unknown[] = Array.isArray(inner) ? inner : [inner];
  if (values.length === 0) throw new PatternReason('Empty arrays are not allowed');
  const tests = values.map((each) => anythingButTest(name, each));
  return (actual) => !tests.some((test) => test(actual));
}

function anythingButTest(name: string, operand: unknown): LeafTest {
  const expected = text(operand, `${name} match pattern must be a string`);
  if (expected === '' && (name === 'prefix' || name === 'suffix'))
    throw new PatternReason('Null prefix/suffix not allowed');
  if (name === 'equals-ignore-case') return ignoreCaseTest(expected);
  if (name === 'wildcard') return stringTest(wildcard(expected));
  return affixTest(expected, name === 'prefix' ? 'prefix' : 'suffix');
}

function existence(operand: unknown): ValueMatcher {
  if (operand === true) return value(() => true);
  if (operand === false) return { kind: 'absent' };
  throw new PatternReason('exists match pattern must be either true or false.');
}

function cidrTest(operand: unknown): LeafTest {
  const block = text(operand, 'cidr match pattern must be a string');
  const test = cidrMatcher(block);
  if (test === undefined) throw new PatternReason(`Malformed CIDR, one '/' required and a valid IP address: ${block}`);
  return test;
}

const COMPARISONS: Readonly<Record<string, (actual: number, bound: number) => boolean>> = {
  '=': (actual, bound) => actual === bound,
  '<': (actual, bound) => actual < bound,
  '<=': (actual, bound) => actual <= bound,
  '>': (actual, bound) => actual > bound,
  '>=': (actual, bound) => actual >= bound,
};

function numericTest(operand: unknown): LeafTest {
  if (!Array.isArray(operand)) throw new PatternReason('Value of numeric must be an array.');
  const terms: unknown[] = operand;
  if (typeof terms[0] !== 'string')
    throw new PatternReason(`Invalid member in numeric match: ${JSON.stringify(terms[0])}`);
  const first = comparison(terms[0], terms[1], 'Unrecognized numeric range operator');
  if (terms.length <= 2) return numberTest(first);
  if (!terms[0].startsWith('>')) throw new PatternReason('Too many elements in numeric expression');
  if (terms[2] !== '<' && terms[2] !== '<=') throw new PatternReason(`Bad numeric range operator: ${String(terms[2])}`);
  const second = comparison(terms[2], terms[3], 'Bad numeric range operator');
  if (terms.length > 4) throw new PatternReason('Too many terms in numeric range expression');
  if (Number(terms[1]) > Number(terms[3])) throw new PatternReason('Bottom must be less than top');
  return numberTest((actual) => first(actual) && second(actual));
}

function comparison(operator: string, bound: unknown, otherwise: string): (actual: number) => boolean {
  const compare = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
  if (compare === undefined) throw new PatternReason(`${otherwise}: ${operator}`);
  if (typeof bound !== 'number')
    throw new PatternReason(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`);
  if (Math.abs(bound) > NUMBER_LIMIT) throw new PatternReason('Value must be between -5.0E9 and 5.0E9, inclusive');
  const scaled = Math.round(bound * NUMBER_SCALE);
  return (actual) => compare(actual, scaled);
}

function numberTest(test: (scaled: number) => boolean): LeafTest {
  return (actual) =>
    typeof actual === 'number' && Math.abs(actual) <= NUMBER_LIMIT && test(Math.round(actual * NUMBER_SCALE));
}
