import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Drop } from '../../../lib/routing/drop.ts';
import { fillRequest, fillSchedule, RequestRefused } from '../../../lib/routing/fill-request.ts';
import type { Member } from '../../../lib/routing/gather.ts';
import type { Route } from '../../../lib/routing/route.ts';
import { load, ROLE_ARN, routeOf } from './load-routes.ts';

const TIME_MS = Date.UTC(2026, 10, 22, 8, 57, 32, 123);
const OBJECT = `on: { bucket: acme-incoming, key: 'fastq/{flowcell}/{sample}.fastq.gz' }`;
const LANES = `on: { bucket: acme-incoming, key: '{sample}_L{lane,[0-9]{3}}_R{read,[12]}.gz' }
gather: { by: [sample], needs: { lane: ["001", "002"], read: ["1", "2"] } }`;

function member(route: Route, key: string, more: Partial<Drop> = {}): Member {
  const drop = { bucket: 'acme-incoming', key, sizeBytes: 7, etag: 'abc', timeMs: 0, ...more };
  return { drop, wildcards: route.pattern.match(key) ?? {} };
}

function fillOne(run: string, key = 'fastq/HX/NA1.fastq.gz', more: Partial<Drop> = {}) {
  const route = routeOf(OBJECT, run);
  return fillRequest(route, { members: [member(route, key, more)], timeMs: TIME_MS });
}

function refusal(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof RequestRefused) return error.problems;
    throw error;
  }
  return [];
}

describe('a request of one drop', () => {
  it('holds what the route and the defaults say, without requestId', () => {
    expect(fillOne("name: '{route} {flowcell}'")).toEqual({
      workflowId: '1234567',
      roleArn: ROLE_ARN,
      name: 'test HX',
      storageType: 'DYNAMIC',
      outputUri: 's3://acme-results/test/',
      retentionMode: 'REMOVE',
    });
  });

  it('fills every placeholder, and keeps the type of a value that is one', () => {
    const run = `parameters:
  wildcard: '{sample}'
  text: '{{{sample}}} of {flowcell}'
  bucket: '{bucket}'
  key: '{key}'
  uri: '{uri}'
  etag: '{etag}'
  size: '{size}'
  sized: '{size} bytes'
  versionId: '{versionId}'
  time: '{time}'
  date: '{date}'
  route: '{route}'
  nested: [1, true, null, { deep: ['{sample}'] }]`;
    expect(fillOne(run, undefined, { versionId: 'v1' }).parameters).toEqual({
      wildcard: 'NA1',
      text: '{NA1} of HX',
      bucket: 'acme-incoming',
      key: 'fastq/HX/NA1.fastq.gz',
      uri: 's3://acme-incoming/fastq/HX/NA1.fastq.gz',
      etag: 'abc',
      size: 7,
      sized: '7 bytes',
      versionId: 'v1',
      time: '2026-11-22T08:57:32Z',
      date: '2026-11-22',
      route: 'test',
      nested: [1, true, null, { deep: ['NA1'] }],
    });
  });

  it('names the run for the route when nothing else is said', () => {
    expect(fillOne('priority: 1').name).toBe('test');
  });

  it('cuts a name, leaving room for a suffix and never half a character', () => {
    expect(fillOne("name: '{sample}'", `fastq/HX/${'x'.repeat(300)}.fastq.gz`).name).toBe('x'.repeat(119));
    const name = fillOne("name: '{sample}'", `fastq/HX/x${'\u{1F9EC}'.repeat(100)}.fastq.gz`).name ?? '';
    expect([name.length, name.isWellFormed()]).toEqual([119, true]);
    expect(fillOne("name: '{sample}'", `fastq/HX/${'\u{1F9EC}'.repeat(100)}.fastq.gz`).name).toHaveLength(118);
  });

  it('writes numbers as text in tags', () => {
    expect(fillOne("tags: { size: '{size}', bytes: '{size} B' }").tags).toEqual({ size: '7', bytes: '7 B' });
  });

  it('is the same text whatever the order in the file', () => {
    const one = fillOne("name: '{sample}'\npriority: 3\ntags: { a: b }");
    const other = fillOne("tags: { a: b }\npriority: 3\nname: '{sample}'");
    expect(JSON.stringify(other)).toBe(JSON.stringify(one));
  });

  it.each([
    [
      'a version id that the bucket does not keep',
      "parameters: { v: '{versionId}' }",
      undefined,
      'parameters: {versionId}: the object has no version id',
    ],
    [
      'a name of control characters',
      "name: '{sample}'",
      'fastq/HX/a\u0000b.fastq.gz',
      'name must be without control characters',
    ],
    ['a tag that AWS does not take', "tags: { s: '{sample}' }", 'fastq/HX/a*.fastq.gz', "has the tag 's'"],
    [
      'parameters that grow over 50 KB',
      `parameters: { a: '${'{key}'.repeat(60)}' }`,
      `fastq/HX/${'x'.repeat(1000)}.fastq.gz`,
      'must have at most 51200 bytes',
    ],
  ])('refuses %s', (_, run, key, expected) => {
    expect(refusal(() => fillOne(run, key)).join('\n')).toContain(expected);
  });

  it('gives every reason at once', () => {
    expect(
      refusal(() => fillOne("name: 'x{versionId}'\noutputUri: 's3://acme-results/{sample}/'", 'fastq/HX/a b.fastq.gz')),
    ).toHaveLength(2);
  });
});

describe('an output location', () => {
  const fill = (sample: string) =>
    fillOne("outputUri: 's3://acme-results/{route}/{sample}/'", `fastq/HX/${sample}.fastq.gz`);

  it('takes plain wildcards after its fixed prefix', () => {
    expect(fill('NA-1.2_x').outputUri).toBe('s3://acme-results/test/NA-1.2_x/');
  });

  it.each(['..', '.', 'a b', 'a%2f..', '\u00e9', 'a?b', '\\..'])('refuses %s', (sample) => {
    expect(refusal(() => fill(sample)).join('\n')).toMatch(/^outputUri: /);
  });

  it('cannot be put together from dots', () => {
    const route = routeOf(`on: { bucket: acme-incoming, key: '{a}/{b}' }`, "outputUri: 's3://acme-results/x/{a}{b}/'");
    expect(refusal(() => fillRequest(route, { members: [member(route, './.')], timeMs: 0 })).join()).toContain(
      'would leave',
    );
  });

  it('stays under its prefix whatever a wildcard holds', () => {
    const route = routeOf(`on: { bucket: acme-incoming, key: '{a,.+}' }`, "outputUri: 's3://acme-results/x-{a}'");
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }).filter((key) => route.pattern.match(key) !== undefined),
        (key) => {
          try {
            const { outputUri } = fillRequest(route, { members: [member(route, key)], timeMs: 0 });
            expect(outputUri).toMatch(/^s3:\/\/acme-results\/x-[A-Za-z0-9._-]+$/);
          } catch (error) {
            expect(error).toBeInstanceOf(RequestRefused);
          }
        },
      ),
    );
  });
});

describe('a request of a set', () => {
  const keys = ['a_L002_R2.gz', 'a_L001_R2.gz', 'a_L002_R1.gz', 'a_L001_R1.gz'];

  it('selects members, in the order of the other wildcards', () => {
    const run = `name: '{sample} of {count}'
parameters: { one: '{uri:lane=002,read=1}', r1: '{uris:read=1}', r2: '{uris:read=2}', all: '{uris}', n: '{count}', size: '{size:lane=001,read=1}' }`;
    const route = routeOf(LANES, run);
    const request = fillRequest(route, { members: keys.map((key) => member(route, key)), timeMs: 0 });
    const uri = (key: string) => `s3://acme-incoming/${key}`;
    expect(request.name).toBe('a of 4');
    expect(request.parameters).toEqual({
      one: uri('a_L002_R1.gz'),
      r1: [uri('a_L001_R1.gz'), uri('a_L002_R1.gz')],
      r2: [uri('a_L001_R2.gz'), uri('a_L002_R2.gz')],
      all: [uri('a_L001_R1.gz'), uri('a_L001_R2.gz'), uri('a_L002_R1.gz'), uri('a_L002_R2.gz')],
      n: 4,
      size: 7,
    });
  });

  it('refuses a selector that a counted set does not answer with one member', () => {
    const body = `on: { bucket: acme-incoming, key: '{s}_{r}.gz' }\ngather: { by: [s], needs: { count: 2 } }`;
    const route = routeOf(body, "parameters: { a: '{uri:r=1}', b: '{uri:s=a}' }");
    const members = ['a_2.gz', 'a_3.gz'].map((key) => member(route, key));
    expect(refusal(() => fillRequest(route, { members, timeMs: 0 }))).toEqual([
      'parameters: {uri:r=1} selects no member of the set',
    ]);
  });
});

describe('a request of rows', () => {
  const rows = [
    { patient: 'p', 'Sample ID': 's1', constructor: 'c' },
    { patient: 'p', 'Sample ID': 's2', constructor: 'd' },
  ];

  it('fills columns, whatever they are called', () => {
    const route = routeOf(
      `${OBJECT}\neach: row`,
      "parameters: { a: '{row.Sample ID}', b: '{row.constructor}', c: '{uri}' }",
    );
    const [row] = rows;
    const given = { members: [member(route, 'fastq/HX/a.fastq.gz')], timeMs: 0, ...(row === undefined ? {} : { row }) };
    expect(fillRequest(route, given).parameters).toEqual({
      a: 's1',
      b: 'c',
      c: 's3://acme-incoming/fastq/HX/a.fastq.gz',
    });
  });

  it('fills groups of rows as lists', () => {
    const route = routeOf(
      `${OBJECT}\neach: { group: patient }`,
      "parameters: { a: '{row.patient}', b: '{rows.Sample ID}', c: '{rows}' }",
    );
    const request = fillRequest(route, { members: [member(route, 'fastq/HX/a.fastq.gz')], timeMs: 0, rows });
    expect(request.parameters).toEqual({ a: 'p', b: ['s1', 's2'], c: rows });
  });

  it('refuses a column that the sheet does not have', () => {
    const route = routeOf(`${OBJECT}\neach: row`, "parameters: { a: '{row.smaple}' }");
    const given = { members: [member(route, 'fastq/HX/a.fastq.gz')], timeMs: 0, row: { sample: 'x' } };
    expect(refusal(() => fillRequest(route, given))).toEqual([
      "parameters: the sheet has no column 'smaple', only 'sample'",
    ]);
  });
});

describe('a request of a schedule', () => {
  const file = load(`version: 1
defaults: { roleArn: ${ROLE_ARN}, outputUri: 's3://acme-results/{date}/', retentionMode: REMOVE, storageType: DYNAMIC }
schedules:
  - { name: here, cron: '0 2 * * ? *', timezone: Europe/Berlin, run: { workflowId: "1", parameters: { at: '{time}' } } }
  - { name: utc, rate: 1 day, run: { workflowId: "1", parameters: { at: '{time}' } } }
`);
  it.each([
    [0, Date.UTC(2026, 2, 28, 23, 30), '2026-03-29T00:30:00+01:00', '2026-03-29'],
    [0, Date.UTC(2026, 6, 1, 22, 30), '2026-07-02T00:30:00+02:00', '2026-07-02'],
    [1, Date.UTC(2026, 6, 1, 22, 30), '2026-07-01T22:30:00Z', '2026-07-01'],
  ])('has the date and time of its time zone', (index, timeMs, time, date) => {
    const schedule = file.schedules[index];
    const request = schedule && fillSchedule(schedule, timeMs);
    expect(request).toMatchObject({ parameters: { at: time }, outputUri: `s3://acme-results/${date}/` });
  });
});
