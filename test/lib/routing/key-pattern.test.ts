import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyPattern } from '../../../lib/routing/key-pattern.ts';
import { parsePattern } from '../../../lib/routing/parse-pattern.ts';
import { couldMatchUnder, covers } from '../../../lib/routing/pattern-cover.ts';
import { mayCrossSegments } from '../../../lib/routing/pattern-part.ts';

const BCL_CONVERT = 'fastq/{flowcell}/{sample}_S{n,[0-9]+}_L{lane,[0-9]{3}}_R{read,[12]}_001.fastq.gz';

function pattern(text: string): KeyPattern {
  const parsed = parsePattern(text);
  if (parsed.pattern === undefined) throw new Error(JSON.stringify(parsed.findings));
  return parsed.pattern;
}

describe('matching', () => {
  it.each<[string, string, Record<string, string> | undefined]>([
    ['a.txt', 'a.txt', {}],
    ['a.txt', 'aXtxt', undefined],
    ['{x}.txt', 'a.txt', { x: 'a' }],
    ['{x}.txt', '.txt', undefined],
    ['{x}.txt', 'a/b.txt', undefined],
    ['{x,.+}.txt', 'a/b.txt', { x: 'a/b' }],
    ['{x,.*}.txt', '.txt', { x: '' }],
    ['{x, [0-9]+ }', '12', { x: '12' }],
    ['{x,a|b}c', 'bc', { x: 'b' }],
    ['{x,a|b}c', 'a', undefined],
    ['{x,(a)(b)}{y}', 'abc', { x: 'ab', y: 'c' }],
    ['{x,[}{]+}', '{}', { x: '{}' }],
    ['{x,[]}]+}', ']}', { x: ']}' }],
    ['{x,\\{[0-9]{2}\\}}', '{12}', { x: '{12}' }],
    ['{{{x}}}', '{a}', { x: 'a' }],
    ['{{x}}', '{x}', {}],
    ['{x,(?i)abc}', 'ABC', { x: 'ABC' }],
    ['a+b (1).{x}', 'a+b (1).gz', { x: 'gz' }],
    ['{x}', 'line\nbreak \u{1F9EC} \ud800', { x: 'line\nbreak \u{1F9EC} \ud800' }],
    ['{constructor}/{toString}', 'a/b', { constructor: 'a', toString: 'b' }],
    [
      BCL_CONVERT,
      'fastq/HX/NA12878_S1_L001_R1_001.fastq.gz',
      { flowcell: 'HX', sample: 'NA12878', n: '1', lane: '001', read: '1' },
    ],
    [
      BCL_CONVERT,
      'fastq/HX/S1_S10_L001_R1_001.fastq.gz',
      { flowcell: 'HX', sample: 'S1', n: '10', lane: '001', read: '1' },
    ],
    [BCL_CONVERT, 'fastq/HX/NA12878_S1_L001_R1_001.fastq.gz.md5', undefined],
    [BCL_CONVERT, 'x/fastq/HX/NA12878_S1_L001_R1_001.fastq.gz', undefined],
  ])('%s and %j', (text, key, expected) => {
    expect(pattern(text).match(key)).toEqual(expected);
  });

  it.each<[string, string, Record<string, string> | undefined]>([
    ['{s}/{s}.gz', 'a/a.gz', { s: 'a' }],
    ['{s}/{s}.gz', 'a/b.gz', undefined],
    ['{s}/{s}_R{r}.gz', 'a/a_R1_R1.gz', { s: 'a', r: '1_R1' }],
    ['{s,[a-z]+}/{s}', 'a/1', undefined],
  ])('a repeated name must agree: %s and %s', (text, key, expected) => {
    expect(pattern(text).match(key)).toEqual(expected);
  });

  it('matches a literal text as it is, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const escaped = text.replaceAll('{', '{{').replaceAll('}', '}}');
        expect(pattern(escaped).match(text)).toEqual({});
      }),
    );
  });

  it('reads back what was put in, when nothing is ambiguous', () => {
    const value = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => !/[/]/.test(text));
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(pattern('in/{a}/{b}/end').match(`in/${a}/${b}/end`)).toEqual({ a, b });
      }),
    );
  });

  it.each([
    ['{x,(a+)+}b', 'a'.repeat(1024)],
    ['{x,(a|a)*}b', 'a'.repeat(1024)],
    ['{x,(.*)*}y{z,(.*)*}!', 'xy'.repeat(512)],
    ['{a}_{b}_{c}_{d}_{e}.gz', '_'.repeat(1023)],
    ['{s}_{s}_{s}x', 'a_'.repeat(512)],
  ])('answers %s on a hostile key of 1,024 bytes without backtracking', (text, key) => {
    expect(pattern(text).match(key)).toBeUndefined();
  });
});

describe('a pattern that is wrong', () => {
  it.each([
    ['{x', 0, "a '{' without its '}'"],
    ['a}b', 1, "a '}' without its '{'"],
    ['{}', 0, '{} is not a wildcard'],
    ['{1x}', 0, '{1x} is not a wildcard'],
    ['ab{x,(}', 2, 'the regex of {x}: missing closing )'],
    ['{x,a)|(b}', 0, 'the regex of {x}: unexpected )'],
    ['{x,\\Qa}', 0, 'the regex of {x}: missing closing )'],
    ['{x,(?=a)}', 0, 'the dialect is RE2'],
    ['{x,}', 0, 'the regex of {x} is empty'],
    ['{x,a}{x,b}', 5, '{x} has two regexes'],
    ['{uri}', 0, '{uri} has a meaning of its own'],
    ['{__proto__}', 0, '{__proto__} has a meaning of its own'],
    ['x'.repeat(3000), 0, 'longer than 2048 characters'],
    [Array.from({ length: 40 }, (_, i) => `{a${i}}/`).join(''), 0, 'more than 32 wildcards'],
  ])('%s', (text, offset, message) => {
    const { pattern: parsed, findings } = parsePattern(text);
    expect(parsed).toBeUndefined();
    expect(findings[0]).toMatchObject({ offset, message: expect.stringContaining(message) });
  });

  it('throws nothing, whatever is written', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '{x',
      '{x,',
      '[',
      ']',
      '(',
      ')',
      '\\',
      'a',
      '/',
      '*',
      '+',
      '?',
      '|',
      '{2}',
      '{x}',
      '\\Q',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.string({ unit: 'binary' }), (pieces, key) => {
        const { pattern: parsed } = parsePattern(pieces.join(''));
        parsed?.match(key);
        parsed?.near(key);
      }),
    );
  });
});

describe('near misses', () => {
  it.each([
    [
      'fastq/{sample}_R{read,[12]}.gz',
      'fastq/readme.txt',
      'fastq/',
      "the key matches 'fastq/' but then 'readme.txt' does not match '{sample}_R'",
    ],
    ['fastq/{sample}_R{read,[12]}.gz', 'fasta/x', 'fast', "the key does not begin with 'fastq/'"],
    ['fastq/{sample}.gz', 'fastq/a.gz.md5', 'fastq/a.gz', "the key matches 'fastq/a.gz' but then '.md5' is left over"],
    [
      'fastq/{sample}.gz',
      'fastq/',
      'fastq/',
      "the key matches 'fastq/' but then ends where '{sample}.gz' should follow",
    ],
    ['{a}/{b}', 'x', '', "the key 'x' does not match '{a}/'"],
    ['{s}/{s}.gz', 'a/b.gz', 'a/b.gz', 'a wildcard that is repeated has two values'],
  ])('%s and %s', (text, key, matchedText, reason) => {
    expect(pattern(text).near(key)).toEqual({ matchedText, reason });
  });

  it('shows control characters escaped and long keys cut', () => {
    const { reason } = pattern('a{x}b').near(`a\u001b[31m${'x'.repeat(2000)}`);
    expect(reason).toContain('\\u{1b}[31m');
    expect(reason.length).toBeLessThan(300);
  });
});

describe('comparing patterns', () => {
  it.each([
    ['{x}', '{y}', true],
    ['a/{x}', 'a/{y}_R1.gz', true],
    ['a/{x}.gz', 'a/{y}_R{r,[12]}.gz', true],
    ['a/{x}_R1.gz', 'a/{y}.gz', false],
    ['a/{x}', 'a/b/{y}', false],
    ['a/{x}/{y}', 'a/b/{z}', true],
    ['{x,[0-9]+}', '{y,[0-9]+}', true],
    ['{x,[0-9]+}', '{y,[0-9]}', false],
    ['{x}', '{y,.+}', false],
    ['{x}', '{y,a*}', false],
    ['{x}{x}', '{y}', false],
    ['a', 'a', true],
    ['a', 'b', false],
  ])('%s covers %s: %s', (earlier, later, expected) => {
    expect(covers(pattern(earlier), pattern(later))).toBe(expected);
  });

  it.each([
    ['fastq/{x}.gz', 'results/', false],
    ['fastq/{x}.gz', 'fastq/', true],
    ['fastq/{x}.gz', 'fastq/out/', false],
    ['fastq/{x}.gz', '', true],
    ['{a}/{b}', 'results/', true],
    ['{a}/{b}', 'results/x/', false],
    ['{a,.+}', 'results/x/', true],
    ['{a,.+}.fastq', 'results/x/', true],
    ['in/{a,.+}', 'results/x/', false],
    ['runs-{a}/{b}/{c}', 'results/', false],
    ['{a}/{b}', 'res', true],
  ])('%s could match under %s: %s', (text, prefix, expected) => {
    expect(couldMatchUnder(pattern(text), prefix)).toBe(expected);
  });

  it.each([
    ['[^/]+', false],
    ['[0-9]{3}', false],
    ['[A-Za-z0-9._-]+', false],
    ['a\\.b', false],
    ['.+', true],
    ['[^_]+', true],
    ['[!-~]', true],
    ['\\S+', true],
    ['a/b', true],
  ])('%s may cross a slash: %s', (regex, expected) => {
    expect(mayCrossSegments(regex)).toBe(expected);
  });
});
