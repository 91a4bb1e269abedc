import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDropRules, type DropRules, eventPatternOf, PATTERN_LIMIT } from '../../../lib/routing/drop-rules.ts';
import { complexityOf } from '../../../lib/routing/key-filters.ts';
import { parsePattern } from '../../../lib/routing/parse-pattern.ts';
import type { Route } from '../../../lib/routing/route.ts';
import { compileEventPattern } from '../../../local/eventbridge/event-pattern.ts';
import { load, ROLE_ARN } from './load-routes.ts';

/** Routes as a file says them: a key each, in bucket `b` unless given as [bucket, key]. */
function rulesOf(keys: readonly (string | readonly [string, string])[]): DropRules {
  const routes = keys.map((key, index) => routeLine(index, key));
  return compileDropRules(load(fileWith(routes)).routes, 'keys');
}

function routeLine(index: number, given: string | readonly [string, string], rest = ''): string {
  const [bucket, key] = typeof given === 'string' ? ['in-bucket', given] : given;
  return `  - { name: r${index}, on: { bucket: ${bucket}, key: ${JSON.stringify(key)} }${rest}, run: { workflowId: "1234567" } }`;
}

function fileWith(lines: readonly string[]): string {
  const defaults = `{ roleArn: '${ROLE_ARN}', outputUri: 's3://results/{route}/', retentionMode: REMOVE, storageType: DYNAMIC }`;
  return `version: 1\ndefaults: ${defaults}\nroutes:\n${lines.join('\n')}\n`;
}

/** Whether some rule brings the object, as EventBridge decides it. */
function bring({ rules }: DropRules, bucket: string, key: string): boolean {
  const event = {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: { bucket: { name: bucket }, object: { key } },
  };
  return rules.some((rule) => compileEventPattern(JSON.stringify(eventPatternOf(rule)))(event));
}

const onlyKeys = (compiled: DropRules) => compiled.rules.flatMap(({ keys }) => keys ?? ['every key']);

describe('the rules of a bucket', () => {
  it.each([
    ['requests/{name}.json', [{ wildcard: 'requests/*.json' }]],
    ['exact/key.csv', ['exact/key.csv']],
    ['in/{rest,.*}', [{ prefix: 'in/' }]],
    ['{sample}.cram', [{ suffix: '.cram' }]],
    ['{a}_R1_{b}', [{ wildcard: '*_R1_*' }]],
    ['{a}{b}/{c,x*}{d}.gz', [{ wildcard: '*/*.gz' }]],
    ['a*b/\\{c}.gz', [{ wildcard: 'a\\*b/\\\\*.gz' }]],
    [
      'bcl/{folder}/{file,CopyComplete\\.txt|SampleSheet\\.csv}',
      [{ wildcard: 'bcl/*/CopyComplete.txt' }, { wildcard: 'bcl/*/SampleSheet.csv' }],
    ],
    ['r{n,[12]}.gz', ['r1.gz', 'r2.gz']],
    ['{s,a|b}/{s}.gz', [{ wildcard: '*/*.gz' }]],
    ['{s,(?i)a|b}.gz', [{ suffix: '.gz' }]],
    ['x{n,1|2|3}y{m,1|2|3}.gz', [{ wildcard: 'x1y*.gz' }, { wildcard: 'x2y*.gz' }, { wildcard: 'x3y*.gz' }]],
  ])('say %s as %j', (key, expected) => {
    expect(rulesOf([key])).toEqual({ rules: [{ buckets: ['in-bucket'], keys: expected }], notes: [] });
  });

  it('leave out what another filter has already', () => {
    expect(onlyKeys(rulesOf(['in/{x,.*}', 'in/{x}.gz', '{x,.+}.csv', 'a/b.csv']))).toEqual([
      { prefix: 'in/' },
      { suffix: '.csv' },
    ]);
  });

  it('have the marker that completes a set, wherever it lies', () => {
    const gather = `, gather: { by: [f], needs: { marker: 'done/{f}/_SUCCESS' } }`;
    const { routes } = load(fileWith([routeLine(0, 'data/{f}/{x}.gz', gather)]));
    const compiled = compileDropRules(routes, 'keys');
    expect(onlyKeys(compiled)).toEqual([{ wildcard: 'data/*/*.gz' }, { wildcard: 'done/*/_SUCCESS' }]);
    expect(bring(compiled, 'in-bucket', 'done/HX/_SUCCESS')).toBe(true);
  });

  it('do not know what a route refuses: those drops shall be seen, with their reason', () => {
    const { routes } = load(fileWith([routeLine(0, 'data/{x}.gz', ', except: { x: Undetermined }')]));
    expect(bring(compileDropRules(routes, 'keys'), 'in-bucket', 'data/Undetermined.gz')).toBe(true);
  });

  it('are one for each bucket, in the order of their names', () => {
    const { rules } = rulesOf([
      ['two-bucket', 'a/{x}'],
      ['one-bucket', 'b/{x}'],
      ['two-bucket', 'c/{x}'],
    ]);
    expect(rules).toEqual([
      { buckets: ['one-bucket'], keys: [{ prefix: 'b/' }] },
      { buckets: ['two-bucket'], keys: [{ prefix: 'a/' }, { prefix: 'c/' }] },
    ]);
  });

  it('bring no object of another bucket, another source or another kind of event', () => {
    const compiled = rulesOf(['a/{x}.gz']);
    expect(bring(compiled, 'in-bucket', 'a/1.gz')).toBe(true);
    for (const [bucket, key] of [
      ['other-bucket', 'a/1.gz'],
      ['in-bucket', 'a/1.gz.tbi'],
      ['in-bucket', 'b/a/1.gz'],
    ] as const) {
      expect(bring(compiled, bucket, key), `${bucket} ${key}`).toBe(false);
    }
  });

  it('take whole buckets where that is asked for', () => {
    const { routes } = load(fileWith([routeLine(0, 'a/{x}'), routeLine(1, ['b-bucket', 'a/{x}'])]));
    expect(compileDropRules(routes, 'buckets')).toEqual({ rules: [{ buckets: ['b-bucket', 'in-bucket'] }], notes: [] });
  });
});

describe("beyond AWS's limits", () => {
  const manyKeys = <Key>(count: number, of: (index: number) => Key): Key[] =>
    Array.from({ length: count }, (_, index) => of(index));

  it('of a pattern, the rule says less, as much as fits, and why', () => {
    const byPrefix = rulesOf(manyKeys(50, (index) => `${index}-${'p'.repeat(10)}/{a}${'middle'.repeat(5)}{b}.gz`));
    expect(byPrefix.notes).toEqual([
      expect.stringContaining(
        'in-bucket: its rule says only how keys begin, because the keys of its routes make a pattern of',
      ),
    ]);
    expect(byPrefix.rules[0]?.keys).toHaveLength(50);
    const whole = rulesOf(manyKeys(80, (index) => `${index}-${'p'.repeat(40)}/{a}`));
    expect(whole).toEqual({
      rules: [{ buckets: ['in-bucket'] }],
      notes: [
        expect.stringMatching(
          /^in-bucket: its rule takes every object of the bucket, because .* and EventBridge takes 2048\.$/,
        ),
      ],
    });
  });

  it('of complexity, wildcards lose their middle', () => {
    const { rules, notes } = rulesOf(manyKeys(8, (index) => `fastq/{a}_S{b}_L{c}_R{d}_00${index}.gz`));
    expect(rules[0]?.keys).toContainEqual({ wildcard: 'fastq/*_000.gz' });
    expect(notes).toEqual([
      expect.stringContaining('says only how keys begin and end, because the wildcards of its routes are too complex'),
    ]);
  });

  it('of rules with wildcards, later buckets do without, and past thirty buckets share one', () => {
    const buckets = manyKeys(12, (index) => `bucket-${String(index).padStart(2, '0')}`);
    const some = rulesOf(buckets.map((bucket) => [bucket, 'in/{x}.gz'] as const));
    expect(some.rules.filter(({ keys }) => JSON.stringify(keys).includes('wildcard'))).toHaveLength(10);
    expect(some.rules.at(-1)).toEqual({ buckets: ['bucket-11'], keys: [{ prefix: 'in/' }] });
    const many = manyKeys(
      100,
      (index) => [`a-long-name-of-a-bucket-${String(index).padStart(3, '0')}`, 'in/{x}'] as const,
    );
    const { rules, notes } = rulesOf(many);
    expect(rules).toHaveLength(30 + 2);
    expect(rules.flatMap((rule) => rule.buckets)).toHaveLength(100);
    expect(notes).toHaveLength(70);
    for (const rule of rules) expect(JSON.stringify(eventPatternOf(rule)).length).toBeLessThanOrEqual(PATTERN_LIMIT);
  });

  it('a key that may be anything takes the bucket, and says so', () => {
    expect(rulesOf(['{any,.*}'])).toEqual({
      rules: [{ buckets: ['in-bucket'] }],
      notes: [
        'in-bucket: its rule takes every object of the bucket, because a route says neither how its keys begin nor how they end.',
      ],
    });
  });

  it.each([
    [[['*']], 0],
    [[['a', 'bc']], 2],
    [[['a', 'b', 'c']], 4],
    [[['', 'aaa', '']], 5],
    [
      [
        ['a/', 'x'],
        ['b/', 'x'],
      ],
      2,
    ],
    [
      [
        ['a/', 'x'],
        ['a/b', 'y'],
      ],
      4,
    ],
  ])('is measured for %j as %i', (outlines, expected) => {
    expect(complexityOf(outlines)).toBe(expected);
  });
});

describe('for any routes', () => {
  const literal = fc.stringMatching(/^[a-c/_.*\\-]{1,4}$/);
  const regex = fc.constantFrom(
    '',
    ',.*',
    ',[0-9]+',
    ',a|b',
    ',a\\.b|c',
    ',a?',
    ',x|',
    ',(a|b)c',
    ',(?i)ab|c',
    ',[ab7]',
    ',[a-c]',
  );
  const wildcard = fc.tuple(fc.constantFrom('x', 'y', 'z'), regex);
  const part = fc.oneof(literal, wildcard);
  const value = fc.oneof(
    fc.stringMatching(/^[a-c0-9/_.*\\]{0,4}$/),
    fc.constantFrom('a', 'b', 'a.b', 'ac', 'AB', 'c', '7'),
  );

  it('each key that a route matches comes, and every pattern is one that EventBridge takes', () => {
    const tried = { matched: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.array(part, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
        fc.array(value, { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        (patterns, values, same) => {
          const seen = new Set<string>();
          const routes = patterns.flatMap((parts) => {
            const text = parts.map((each) => (typeof each === 'string' ? each : textOf(each, seen))).join('');
            const { pattern } = parsePattern(text);
            seen.clear();
            return pattern === undefined ? [] : [{ bucket: 'b', pattern, parts }];
          });
          const compiled = compileDropRules(routes as unknown as readonly Route[], 'keys');
          for (const { parts, pattern } of routes) {
            const key = parts
              .map((each, index) => (typeof each === 'string' ? each : (values[same ? 0 : index] ?? '')))
              .join('');
            if (pattern.match(key) === undefined) continue;
            tried.matched += 1;
            expect(bring(compiled, 'b', key), `${pattern.text} and ${key}`).toBe(true);
          }
        },
      ),
      { numRuns: 1500 },
    );
    expect(tried.matched).toBeGreaterThan(50);
  });

  /** A wildcard says its regex once. */
  function textOf([name, given]: readonly [string, string], seen: Set<string>): string {
    const said = seen.has(name) ? '' : given;
    seen.add(name);
    return `{${name}${said}}`;
  }
});
