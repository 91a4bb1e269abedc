import { describe, expect, it } from 'vitest';
import type { Route } from '../../../lib/routing/route.ts';
import { type SheetRuns, sheetRuns } from '../../../lib/routing/sheet-runs.ts';
import { SheetRefused } from '../../../lib/routing/sheet-text.ts';
import { RequestRefused } from '../../../lib/routing/start-run-request.ts';
import { fileOf, problemsOf, ROLE_ARN, routeOf } from './load-routes.ts';

const ON = "on: { bucket: acme-incoming, key: 'sheets/{cohort}.csv' }";

const rowRoute = (more = '', parameters = "sample: '{row.sample}', fastq: '{row.fastq}'") =>
  routeOf(`${ON}\neach: row\n${more}`, `parameters: { ${parameters} }`);
const groupRoute = (more = '', parameters = "patient: '{row.patient}', fastqs: '{rows.fastq}'") =>
  routeOf(`${ON}\neach: { group: patient }\n${more}`, `parameters: { ${parameters} }`);

function runsOf(route: Route, body: string, range?: { from: number; to: number }): SheetRuns {
  const key = 'sheets/trial.csv';
  const drop = { bucket: 'acme-incoming', key, sizeBytes: body.length, etag: 'e', timeMs: Date.UTC(2026, 10, 2) };
  return sheetRuns(route, { drop, wildcards: route.pattern.match(key) ?? {} }, body, range);
}

function refusal(route: Route, body: string): string {
  try {
    runsOf(route, body);
  } catch (error) {
    if (error instanceof SheetRefused || error instanceof RequestRefused) return error.message;
    throw error;
  }
  return 'it was taken';
}

const parametersOf = ({ runs }: SheetRuns) => runs.map(({ request }) => request.parameters);
const contentsOf = ({ runs }: SheetRuns) => runs.map(({ content }) => content).sort();
const problems = (found: SheetRuns) => found.refused.map(({ line, reason }) => `${line}: ${reason}`);

describe('each: row', () => {
  it('makes the complete request of every row', () => {
    const route = rowRoute('', "sample: '{row.sample}', sheet: '{uri}', cohort: '{cohort}', note: 'of {row.sample}'");
    expect(runsOf(route, 'sample,fastq\nS1,x\n').runs).toEqual([
      {
        lines: [2],
        content: '["fastq","x","sample","S1"]',
        request: {
          workflowId: '1234567',
          roleArn: ROLE_ARN,
          name: 'test',
          parameters: { sample: 'S1', sheet: 's3://acme-incoming/sheets/trial.csv', cohort: 'trial', note: 'of S1' },
          storageType: 'DYNAMIC',
          outputUri: 's3://acme-results/test/',
          retentionMode: 'REMOVE',
        },
      },
    ]);
  });

  it('may name the run, its tags, its priority and its output location after the row', () => {
    const run = `parameters: { a: x }
name: '{route}-{row.sample}'
priority: '{row.priority}'
tags: { sample: '{row.sample}' }
outputUri: 's3://acme-results/{route}/{row.sample}/'`;
    const found = runsOf(routeOf(`${ON}\neach: row`, run), 'sample,priority\nS1,5\n../x,5\nS3,high\n');
    expect(found.runs.map(({ request }) => request)).toMatchObject([
      { name: 'test-S1', priority: 5, tags: { sample: 'S1' }, outputUri: 's3://acme-results/test/S1/' },
    ]);
    expect(Object.keys(found.runs[0]?.request ?? {})).toEqual([
      'workflowId',
      'roleArn',
      'name',
      'priority',
      'parameters',
      'storageType',
      'outputUri',
      'tags',
      'retentionMode',
    ]);
    expect(problems(found)).toEqual([
      expect.stringMatching(/^3: outputUri: \{row\.sample\} is '\.\.\/x': in an output location only/),
      expect.stringMatching(/^4: priority must be a whole number from 0 to 100000, not 'high'$/),
    ]);
  });

  it('says of bad rows by line why they start nothing, and takes the others', () => {
    const long = 'x'.repeat(60_000);
    const found = runsOf(rowRoute(), `sample,fastq\nS1,a\nS2\nS3,\n"S4,d\nS5,${long}\nS6,f\n`);
    expect(parametersOf(found)).toEqual([
      { sample: 'S1', fastq: 'a' },
      { sample: 'S6', fastq: 'f' },
    ]);
    expect(found.rows).toBe(6);
    expect(problems(found)).toEqual([
      '3: 1 cell, but 2 columns',
      "4: the cell of column 'fastq' is empty",
      '5: a quotation mark opens and is never closed',
      expect.stringMatching(/^6: parameters must have at most 51200 bytes as JSON, not 60\d+$/),
    ]);
  });

  it('takes two equal rows for one run', () => {
    const found = runsOf(rowRoute(), 'sample,fastq\nS1,a\nS2,b\n"S1", a\n');
    expect(found.runs.map(({ lines }) => lines)).toEqual([[2], [3]]);
    expect(found.duplicates).toEqual([{ line: 4, reason: 'the same as line 2: together they are one run', rows: 1 }]);
    expect(found.refused).toEqual([]);
  });

  it('knows a row by what its cells say', () => {
    const rows = contentsOf(runsOf(rowRoute(), 'sample,fastq\nS1,a\nS2,b\n'));
    for (const body of [
      'sample,fastq\r\nS2,b\r\nS1,a',
      'fastq\tsample\na\tS1\n\n"b"\tS2\n',
      'sample,fastq,note\nS1,a,\nS2,b,\n',
    ]) {
      expect(contentsOf(runsOf(rowRoute(), body))).toEqual(rows);
    }
    expect(contentsOf(runsOf(rowRoute(), 'sample,fastq,note\nS1,a,x\nS2,b,\n'))).toEqual([
      '["fastq","a","note","x","sample","S1"]',
      rows[1],
    ]);
  });

  it('keeps apart rows whose cells only look alike when put together', () => {
    const body = 'sample,fastq,b\nS1,a,\nS1,"a"",""b",\nS1,"a,b",c\nS1,a,"b,c"\n';
    expect(new Set(contentsOf(runsOf(rowRoute(), body))).size).toBe(4);
  });

  it('gives the parts of a sheet as it gives the whole', () => {
    const body = `sample,fastq\n${Array.from({ length: 25 }, (_, i) => (i % 7 === 3 ? `S${i}` : `S${i % 20},x`)).join('\n')}`;
    const whole = runsOf(rowRoute(), body);
    const parts = [0, 10, 20].map((from) => runsOf(rowRoute(), body, { from, to: from + 10 }));
    expect(parts.flatMap(({ runs }) => runs)).toEqual(whole.runs);
    expect(parts.flatMap(({ refused }) => refused)).toEqual(whole.refused);
    expect(parts.flatMap(({ duplicates }) => duplicates)).toEqual(whole.duplicates);
    expect(parts.map(({ rows }) => rows)).toEqual([25, 25, 25]);
  });

  it.each([
    [
      'a column is missing',
      rowRoute(),
      'sample,fastq_1\nS1,a\n',
      /^line 1: the sheet has no column 'fastq', only 'sample', 'fastq_1'\. Did you mean 'fastq_1'\?$/,
    ],
    [
      'nothing can start',
      routeOf(`${ON}\neach: row`, "tags: { cohort: '{key}*' }\nparameters: { a: '{row.a}' }"),
      'a\n1\n',
      /tag 'cohort', which may have letters/,
    ],
  ] as const)('refuses the whole sheet when %s', (_, route, body, message) => {
    expect(refusal(route, body)).toMatch(message);
  });
});

describe('sheet: { columns, optional }', () => {
  it('lists the columns that count: others change nothing', () => {
    const route = rowRoute('sheet: { columns: [sample, fastq] }');
    const before = contentsOf(runsOf(route, 'sample,fastq,note\nS1,a,x\n'));
    expect(contentsOf(runsOf(route, 'sample,fastq,note,more\nS1,a,y,z\n'))).toEqual(before);
    expect(runsOf(route, 'sample,fastq,note\nS1,a,x\nS1,a,y\n').duplicates).toHaveLength(1);
    expect(refusal(route, 'sample,note\nS1,a\n')).toContain("no column 'fastq'");
  });

  it('lets cells be empty, or their column be absent', () => {
    const route = rowRoute('sheet: { optional: fastq }');
    const expected = [{ sample: 'S1', fastq: '' }];
    expect(parametersOf(runsOf(route, 'sample,fastq\nS1,\n'))).toEqual(expected);
    expect(parametersOf(runsOf(route, 'sample\nS1\n'))).toEqual(expected);
  });

  it('reads an Illumina sheet by the section that it names', () => {
    const route = routeOf(
      `${ON}\neach: row\nsheet: { section: '[BCLConvert_Data]' }`,
      "parameters: { id: '{row.Sample_ID}' }",
    );
    const body =
      '[Header]\nFileFormatVersion,2\n[BCLConvert_Data]\nSample_ID,Index\nS1,A\n[Cloud_Data]\nSample_ID\nS2\n';
    expect(runsOf(route, body).runs).toMatchObject([{ lines: [5], request: { parameters: { id: 'S1' } } }]);
  });
});

describe('each: { group: column }', () => {
  const trio = 'patient,sample,fastq\nP1,father,a\nP2,solo,x\nP1,mother,b\nP1,child,c\n';

  it('makes one request of the rows that agree in the column, in the order of the sheet', () => {
    const found = runsOf(groupRoute(), trio);
    expect(found.runs.map(({ lines }) => lines)).toEqual([[2, 4, 5], [3]]);
    expect(parametersOf(found)).toEqual([
      { patient: 'P1', fastqs: ['a', 'b', 'c'] },
      { patient: 'P2', fastqs: ['x'] },
    ]);
  });

  it('hands whole rows on as {rows}', () => {
    const found = runsOf(groupRoute('sheet: { columns: [patient, fastq] }', "table: '{rows}'"), trio);
    expect(parametersOf(found)[1]).toEqual({ table: [{ patient: 'P2', fastq: 'x' }] });
  });

  it('knows a group by its rows in any order', () => {
    const [head = '', ...rows] = trio.trim().split('\n');
    const before = contentsOf(runsOf(groupRoute(), trio));
    expect(contentsOf(runsOf(groupRoute(), [head, ...rows.reverse()].join('\n')))).toEqual(before);
    expect(contentsOf(runsOf(groupRoute(), trio.replace('child,c', 'child,d')))).not.toEqual(before);
  });

  it('starts no group that lacks a row which cannot be used', () => {
    const found = runsOf(groupRoute(), `${trio}P1,sister\nP3,x,y\nP3,z,\n,lost,w\nP4,d,q\nP4,d,q\n`);
    expect(found.runs.map(({ lines }) => lines)).toEqual([[3], [10]]);
    expect(problems(found)).toEqual([
      "2: the group 'P1' (lines 2, 4, 5) is not complete: line 6 belongs to it and cannot be used",
      '6: 2 cells, but 3 columns',
      "7: the group 'P3' (line 7) is not complete: line 8 belongs to it and cannot be used",
      "8: the cell of column 'fastq' is empty",
      "9: the cell of column 'patient' is empty",
    ]);
    expect(found.refused.map(({ rows }) => rows)).toEqual([3, 1, 1, 1, 1]);
    expect(found.duplicates.map(({ line }) => line)).toEqual([11]);
  });

  it('belongs to the part of its first row', () => {
    const first = runsOf(groupRoute(), trio, { from: 0, to: 2 });
    const second = runsOf(groupRoute(), trio, { from: 2, to: 4 });
    expect([first, second].map(({ runs }) => runs.map(({ lines }) => lines))).toEqual([[[2, 4, 5], [3]], []]);
  });
});

describe('sheet: in the route file', () => {
  it('has defaults and takes words, characters and sizes', () => {
    expect(rowRoute().sheet).toEqual({ optional: [], maxRows: 10_000, maxSizeBytes: 10 * 2 ** 20 });
    const said =
      '{ section: Data, delimiter: tab, maxRows: 20000, maxSize: 20MiB, columns: [sample, fastq], optional: fastq }';
    expect(rowRoute(`sheet: ${said}`).sheet).toEqual({
      section: 'Data',
      delimiter: '\t',
      maxRows: 20_000,
      maxSizeBytes: 20 * 2 ** 20,
      columns: ['sample', 'fastq'],
      optional: ['fastq'],
    });
    for (const delimiter of ["';'", 'semicolon']) {
      expect(rowRoute(`sheet: { delimiter: ${delimiter} }`).sheet?.delimiter).toBe(';');
    }
    expect(rowRoute('sheet: null').sheet).toEqual(rowRoute().sheet);
  });

  const file = (sheet: string, parameters = "a: '{row.sample}'", each = 'row') =>
    problemsOf(fileOf(`${ON}\neach: ${each}\nsheet: ${sheet}`, `parameters: { ${parameters} }`)).join('\n');

  it.each([
    ['an unknown member', '{ colums: [a] }', 'unknown member "colums", did you mean "columns"?'],
    ['a later version’s', '{ key: x }', 'does not offer `key`'],
    [
      'a delimiter',
      '{ delimiter: tabs }',
      'must be comma, tab, semicolon, pipe or the character itself, did you mean "tab"?',
    ],
    ['a size', '{ maxSize: 1TB }', 'must be a size of at most 32 MiB'],
    ['sizes', "{ maxSize: '1kB, 2kB' }", 'must be a size'],
    ['a number of rows', '{ maxRows: 0 }', 'from 1 to 100000'],
    ['columns that repeat', '{ columns: [sample, sample] }', 'a column stands here twice'],
    [
      'an optional column that does not count',
      '{ columns: [sample], optional: [smple] }',
      'sheet.columns has no smple, did you mean "sample"?',
    ],
    ['no group', 'row', 'must be a group'],
  ])('is checked: %s', (_, sheet, message) => {
    expect(file(sheet)).toContain(message);
  });

  it('lets names be checked when the file is loaded', () => {
    expect(file('{ columns: [sample] }\nsensitive: [row.smaple]')).toContain('no smaple, did you mean "row.sample"?');
    expect(file('{ columns: [sample] }', "a: '{row.smaple}'")).toContain(
      'sheet.columns has no smaple, did you mean "{row.sample}"?',
    );
    expect(file('{ columns: [sample] }', "a: '{rows.sample}'", '{ group: patient }')).toContain(
      'sheet.columns lacks patient, by which rows are grouped',
    );
    expect(file('{ optional: [patient] }', "a: '{rows.sample}'", '{ group: patient }')).toContain('cannot be optional');
  });
});
