import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SheetRuns, sheetRuns } from '../../../lib/routing/sheet-runs.ts';
import { SheetRefused } from '../../../lib/routing/sheet-text.ts';
import { RequestRefused } from '../../../lib/routing/start-run-request.ts';
import { ROLE_ARN, routeOf } from './load-routes.ts';

const ON = "on: { bucket: acme-incoming, key: 'sheets/{cohort,.+}' }";
const byRow = routeOf(`${ON}\neach: row`, "parameters: { a: '{row.a}' }");
const byGroup = routeOf(`${ON}\neach: { group: a }`, "parameters: { rows: '{rows}', b: '{rows.b}' }");

function runsOf(route: typeof byRow, body: string, key = 'sheets/a.csv'): SheetRuns | undefined {
  const drop = { bucket: 'acme-incoming', key, sizeBytes: body.length, etag: 'e', timeMs: 0 };
  try {
    return sheetRuns(route, { drop, wildcards: { cohort: 'a' } }, body);
  } catch (error) {
    if (error instanceof SheetRefused || error instanceof RequestRefused) return undefined;
    throw error;
  }
}

const cell = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
  fc.constantFrom(
    '"',
    '""',
    '#',
    '[Data]',
    ',',
    '\n',
    '\r\n',
    ' ',
    '\t',
    '__proto__',
    'constructor',
    'toString',
    '\u0000',
  ),
);
const line = fc.oneof(
  fc.array(cell, { maxLength: 5 }).map((cells) => cells.join(',')),
  fc.constantFrom('a,b', 'a,__proto__,constructor', '[Header]', '[Data],,', '[X_Data]', '# c', '', ',,', '"a","b'),
);
const sheetText = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString('utf8'));

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const csv = (rows: readonly (readonly string[])[]) => rows.map((cells) => cells.map(quoted).join(',')).join('\n');

describe('whatever a sheet holds', () => {
  it('nothing but our own errors come of it', () => {
    fc.assert(
      fc.property(fc.oneof(sheetText, bytes), fc.constantFrom('sheets/a.csv', 'sheets/a.tsv'), (body, key) => {
        for (const route of [byRow, byGroup]) runsOf(route, body, key);
      }),
      { numRuns: 2_000 },
    );
  });

  it('every row is accounted for, once', () => {
    fc.assert(
      fc.property(sheetText, (body) => {
        for (const route of [byRow, byGroup]) {
          const found = runsOf(route, `a,b\n${body}`);
          if (found === undefined) continue;
          const started = found.runs.reduce((sum, { lines }) => sum + lines.length, 0);
          const refused = found.refused.reduce((sum, { rows }) => sum + rows, 0);
          expect(started + refused + found.duplicates.length).toBe(found.rows);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('no prototype changes, and columns with the names of its members are columns', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'a', 'b'];
    const route = routeOf(
      `${ON}\neach: row`,
      "parameters: { p: '{row.__proto__}', c: '{row.constructor}', t: '{row.toString}' }",
    );
    fc.assert(
      fc.property(
        fc.shuffledSubarray(names, { minLength: names.length }),
        fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 6, maxLength: 6 }),
        (columns, cells) => {
          const [run] = runsOf(route, csv([columns, cells]))?.runs ?? [];
          const said = (name: string) => cells[columns.indexOf(name)];
          expect(run?.request.parameters).toEqual({
            p: said('__proto__'),
            c: said('constructor'),
            t: said('toString'),
          });
          expect(({} as Record<string, unknown>).a).toBeUndefined();
          expect(Object.keys(Object.prototype)).toEqual([]);
          expect({}.constructor).toBe(Object);
        },
      ),
    );
  });

  it('a member named __proto__ in a parameter is refused, row by row', () => {
    const found = runsOf(byGroup, 'a,b,__proto__\nx,y,z\n');
    expect(found?.refused).toMatchObject([{ line: 2, reason: expect.stringContaining('__proto__') }]);
  });
});

describe('whatever the order', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .filter((one) => /^[^\p{Cc}\uFFFD]+$/u.test(one) && one.trim() === one);
  const rows = fc.uniqueArray(fc.tuple(fc.constantFrom('P1', 'P2', 'P3'), text, text), {
    minLength: 1,
    maxLength: 12,
    selector: (row) => JSON.stringify(row),
  });

  it('of rows and columns, the same runs are asked for', () => {
    fc.assert(
      fc.property(
        rows.chain((given) => fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length }))),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        ([given, shuffled], order) => {
          const names = ['a', 'b', 'c'];
          const turned = [names, ...shuffled].map((row) => order.map((place) => row[place] ?? ''));
          for (const route of [byRow, byGroup]) {
            const contents = (body: string) => new Set(runsOf(route, body)?.runs.map(({ content }) => content));
            expect(contents(csv(turned))).toEqual(contents(csv([names, ...given])));
            expect(contents(csv([names, ...given])).size).toBe(
              route === byRow ? given.length : new Set(given.map(([patient]) => patient)).size,
            );
          }
        },
      ),
    );
  });

  it('cells come out as they went in', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const found = runsOf(
          routeOf(`${ON}\neach: row`, "parameters: { b: '{row.b}', c: '{row.c}' }"),
          csv([['a', 'b', 'c'], ...given]),
        );
        expect(found?.runs.map(({ request }) => request.parameters)).toEqual(given.map(([, b, c]) => ({ b, c })));
      }),
    );
  });
});

describe('whatever a cell holds', () => {
  const route = routeOf(`${ON}\neach: row`, "outputUri: 's3://acme-results/x-{row.a}'\nparameters: { a: '{row.a}' }");

  it('its run gets no other role, and no output location outside the prefix of its route', () => {
    const odd = fc.constantFrom(
      '../../other',
      '..',
      '/',
      's3://elsewhere/',
      ROLE_ARN,
      '{roleArn}',
      'a/../..',
      '%2e%2e/',
    );
    fc.assert(
      fc.property(fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 20 })), (text) => {
        for (const { request } of runsOf(route, csv([['a'], [text]]))?.runs ?? []) {
          const { roleArn, outputUri } = request as unknown as Record<string, string>;
          expect(roleArn).toBe(ROLE_ARN);
          expect(outputUri).toMatch(/^s3:\/\/acme-results\/x-[A-Za-z0-9._-]+$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
