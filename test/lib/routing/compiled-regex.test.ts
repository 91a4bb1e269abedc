import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../../lib/routing/compile-regex.ts';
import * as compiled from '../../../lib/routing/compiled-regex.ts';
import * as engine from '../../../lib/routing/linear-regex.ts';

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    '.',
    '[^/]',
    '[a-c]',
    '[^ab]',
    '\\d',
    '\\w',
    '\\pL',
    '[[:digit:]]',
    '(?i)k',
    'é',
    '😀',
    '/',
    '\\.',
    '\\b',
  ],
  ...['^', '$', '\\B', '(a|ab)', '(?:x|)', '(?s).', '(?m)^', '\\PL', '[\\x{1F600}-\\x{1F610}]', ''],
);
const times = fc.constantFrom('', '', '', '+', '*', '?', '+?', '*?', '{2}', '{1,3}', '{0,2}?', '{2,}');
const repeated = fc.tuple(atom, times).map(([text, count]) => (text === '' ? '' : `(?:${text})${count}`));
const regex = fc
  .array(fc.array(repeated, { maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map((choices) => choices.map((pieces) => pieces.join('')).join('|'));
const part = fc.oneof(
  fc.record({ kind: fc.constant('wildcard' as const), regex }),
  fc.record({
    kind: fc.constant('literal' as const),
    text: fc.constantFrom('a', '/', '_R', '.', 'é', '😀', '(', '\n'),
  }),
);
const parts = fc.array(part, { minLength: 1, maxLength: 3 });
const letters = [
  'a',
  'a',
  'a',
  'a',
  'b',
  'c',
  'k',
  'K',
  '\u212a',
  'é',
  'x',
  '_R',
  '_',
  '/',
  '.',
  '(',
  '1',
  ' ',
  '\n',
  '😀',
  '\ud83d',
];
const text = fc.array(fc.constantFrom(...letters), { maxLength: 6 }).map((all) => all.join(''));

function learn(row: readonly engine.RowPart[]): void {
  const regexes = row.flatMap((each) => (each.kind === 'wildcard' ? [each.regex] : []));
  compiled.learnRegexes(Object.fromEntries(regexes.map((each) => [each, compileRegex(each)])));
}

describe('a regex that was compiled before', () => {
  it('reads every text as RE2 does', () => {
    let matches = 0;
    fc.assert(
      fc.property(parts, fc.array(text, { minLength: 3, maxLength: 3 }), (row, texts) => {
        learn(row);
        for (const each of texts) {
          const expected = engine.compileRow(row).values(each);
          matches += expected === undefined ? 0 : 1;
          expect(compiled.compileRow(row).values(each)).toEqual(expected);
          expect(compiled.endOfBeginning(row, each)).toBe(engine.endOfBeginning(row, each));
        }
      }),
      { numRuns: 1_000 },
    );
    expect(matches).toBeGreaterThan(100);
  });

  it('takes time linear in the text, whatever the regex', () => {
    const row = [{ kind: 'wildcard', regex: '(?:a|a|aa)*(?:a?){20}b' }] as const;
    learn(row);
    const { values } = compiled.compileRow(row);
    // By backtracking this would not end before the sun does.
    expect(values('a'.repeat(1_024))).toBeUndefined();
    expect(values(`${'a'.repeat(1_023)}b`)).toEqual([`${'a'.repeat(1_023)}b`]);
  });

  it('is asked for by name, and one that is not there says what to do', () => {
    expect(() => compiled.compileRow([{ kind: 'wildcard', regex: 'never seen' }])).toThrow(
      'never seen was not compiled when the functions were packaged: package and deploy again',
    );
  });
});
