import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { splitPattern } from '../../../lib/routing/pattern-syntax.ts';
import { isPlainKey, plainPattern } from '../../../lib/routing/plain-pattern.ts';

/** What RE2 itself reads. */
function byEngine(pattern: string, key: string): readonly string[] | undefined {
  const { parts } = splitPattern(pattern);
  const source = parts.map((part) => (part.kind === 'literal' ? RE2JS.quote(part.text) : `(${part.regex})`)).join('');
  const matcher = RE2JS.compile(`^(?:${source})$`).matcher(key);
  if (!matcher.matches()) return undefined;
  return Array.from({ length: matcher.groupCount() }, (_, index) => matcher.group(index + 1) ?? '');
}

function byPlain(pattern: string, key: string): readonly string[] | undefined {
  const plain = plainPattern(splitPattern(pattern).parts);
  if (plain === undefined) throw new Error(`${pattern} is not plain`);
  return plain.match(key);
}

const REGEXES = [
  '',
  ',[0-9]+',
  ',[12]',
  ',[0-9]{3}',
  ',[0-9]{1,2}',
  ',.+',
  ',.*',
  ',[^_]+',
  ',a|ab|abc',
  ',\\d{2,}',
  ',[^/]*',
  ',\\w+',
  ',[a-b_]',
];
const wildcard = fc.constantFrom(...REGEXES).chain((regex) => fc.constant((name: string) => `{${name}${regex}}`));
const literal = fc.constantFrom('_', '/', 'a', 'ab', '_R', '1', '.gz', '').map((text) => () => text);
const pattern = fc
  .array(fc.oneof(wildcard, literal), { minLength: 1, maxLength: 7 })
  .map((parts) => parts.map((part, index) => part(`w${index}`)).join(''));
const key = fc
  .array(fc.constantFrom('a', 'b', '_', '/', '1', '2', '_R', '.gz', 'ab'), { maxLength: 24 })
  .map((all) => all.join(''));

describe('a plain pattern', () => {
  it('reads every key as RE2 does', () => {
    fc.assert(
      fc.property(pattern, key, (text, name) => {
        expect(byPlain(text, name)).toEqual(byEngine(text, name));
      }),
      { numRuns: 3_000 },
    );
  });

  it('reads keys that are made to match as RE2 does', () => {
    const values = fc.array(fc.constantFrom('a', 'ab', '1', '12', '001', 'x_y', 'S1', '7'), {
      minLength: 3,
      maxLength: 3,
    });
    const shapes = [
      '{a}_{b}_{c}',
      '{a}_S{b,[0-9]+}_{c}',
      '{a,.+}/{b}_R{c,[12]}',
      '{a}{b,[0-9]*}{c}',
      '{a,ab|a}{b,.*}_{c}',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...shapes), values, (shape, [a = '', b = '', c = '']) => {
        const name = shape.replaceAll(/\{([abc])[^}]*\}/g, (_, which: string) => ({ a, b, c })[which] ?? '');
        expect(byPlain(shape, name)).toEqual(byEngine(shape, name));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '{x,(a|b)+}',
    '{x,a+?}',
    '{x,[[:digit:]]}',
    '{x,(?i)abc}',
    '{x,a{2}b}',
    '{x,\\pL+}',
    '{x,^a}',
    '{x,a|}',
    '{x,[a\\]]}',
  ])('is none when a wildcard is of another kind: %s', (text) => {
    expect(plainPattern(splitPattern(text).parts)).toBeUndefined();
  });

  it.each([
    ['a b~/c', true],
    ['ä', false],
    ['a\nb', false],
    ['a\u0000', false],
    ['😀', false],
    ['', true],
  ])('is asked only about keys of printable ASCII: %j %s', (name, plain) => {
    expect(isPlainKey(name)).toBe(plain);
  });
});
