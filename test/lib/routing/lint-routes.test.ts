import { describe, expect, it } from 'vitest';
import { load, problemsOf, ROLE_ARN } from './load-routes.ts';

const HEAD = `version: 1
defaults: { roleArn: ${ROLE_ARN}, retentionMode: REMOVE, storageType: DYNAMIC, outputUri: s3://acme-results/out/ }
routes:
`;

function route(name: string, key: string, more = ''): string {
  return `  - { name: ${name}, on: { bucket: acme-incoming, key: '${key}' }, ${more}run: { workflowId: "1", name: x } }\n`;
}

describe('routes that can never match', () => {
  const warnings = (text: string) => load(HEAD + text).warnings.map(({ line, message }) => `${line}: ${message}`);

  it('are named with the route that stands before them', () => {
    expect(warnings(route('all', 'a/{_x}') + route('some', 'a/{_y}_R1.gz'))).toEqual([
      '5: "some" can never match: "all" (line 4) stands before it and matches every key of it',
    ]);
  });

  it('are named when a set before them takes the same files', () => {
    const pairs = (name: string, needs: string) =>
      route(name, 'a/{x}_R{r,[12]}.gz', `gather: { by: x, needs: { r: [${needs}] } }, `);
    expect(warnings(pairs('one', '1, 2') + pairs('two', '2, 1'))).toEqual([
      '5: "two" can never match: "one" (line 4) stands before it and matches every key of it',
    ]);
    expect(warnings(pairs('one', '1') + pairs('two', '1, 2'))).toEqual([]);
  });

  it.each([
    ['the earlier one has exceptions', route('all', 'a/{x}', 'except: { x: b }, ') + route('some', 'a/{_y}.gz')],
    ['the earlier one has conditions', route('all', 'a/{_x}', 'when: { size: ">5" }, ') + route('some', 'a/{_y}.gz')],
    ['the earlier one is narrower', route('some', 'a/{_y}.gz') + route('all', 'a/{_x}')],
    [
      'the earlier one takes only what it needs',
      route('all', 'a/{b}_{x}', 'gather: { by: b, needs: { x: [1, 2] } }, ') + route('some', 'a/{_y}_{_z}'),
    ],
  ])('are not named when %s', (_, text) => {
    expect(warnings(text)).toEqual([]);
  });
});

describe('schedules whose time has passed', () => {
  const at = (time: string, timezone: string) =>
    `${HEAD.replace('routes:', 'schedules:')}  - { name: once, at: ${time}, timezone: ${timezone}, run: { workflowId: "1" } }\n`;
  const warnings = (text: string, nowMs?: number) =>
    load(text, {}, nowMs).warnings.map(({ line, message }) => `${line}: ${message}`);
  const NOON_MS = Date.UTC(2026, 0, 15, 12);

  it('are named, by the clocks of their time zone', () => {
    expect(warnings(at('2026-01-15T12:00:00', 'UTC'), NOON_MS)).toEqual([
      '4: "once" will never run: 2026-01-15T12:00:00 has passed in UTC',
    ]);
    expect(warnings(at('2026-01-15T12:30:00', 'Europe/Berlin'), NOON_MS)).toHaveLength(1);
  });

  it.each([
    ['they are to come', at('2026-01-15T12:00:01', 'UTC'), NOON_MS],
    ['they are to come where they are', at('2026-01-15T11:30:00', 'America/New_York'), NOON_MS],
    ['nobody reads it', at('2020-01-15T12:00:00', 'UTC'), undefined],
  ])('are not named when %s', (_, text, nowMs) => {
    expect(warnings(text, nowMs)).toEqual([]);
  });
});

describe('runs that would start runs', () => {
  const own = (outputUri: string, key: string) =>
    HEAD + route('loop', key).replace('name: x', `outputUri: '${outputUri}'`);

  it.each([
    ['s3://acme-incoming/fastq/', 'fastq/{_x,.+}'],
    ['s3://acme-incoming/fastq/', '{_x,.+}.gz'],
    ['s3://acme-incoming/', 'fastq/{_a}/{_b}.gz'],
    ['s3://acme-incoming/fastq', 'fastq/{_a}/{_b}.gz'],
    ['s3://acme-incoming/{route}/', 'loop/{_a}/{_b}.gz'],
  ])('are refused: outputs in %s, a pattern %s', (outputUri, key) => {
    expect(problemsOf(own(outputUri, key)).join('\n')).toContain(
      'could match the key of route "loop" and start runs without end',
    );
  });

  it.each([
    ['s3://acme-results/fastq/', 'fastq/{_x,.+}'],
    ['s3://acme-incoming/out/', 'fastq/{_x,.+}'],
    ['s3://acme-incoming/fastq/out/', 'fastq/{_x}.gz'],
  ])('are not suspected: outputs in %s, a pattern %s', (outputUri, key) => {
    expect(problemsOf(own(outputUri, key))).toEqual([]);
  });

  it('are refused for schedules and for allowed prefixes as well', () => {
    const schedule = `${HEAD}${route('r', 'in/{_x,.+}')}schedules:\n  - { name: s, rate: 1 day, run: { workflowId: "1", outputUri: s3://acme-incoming/in/x/ } }\n`;
    expect(problemsOf(schedule).join('\n')).toContain('outputs of "s"');
    const request =
      HEAD +
      route('r', 'in/{_x,.+}').replace(
        'name: x',
        'fromObject: true, allow: { workflowIds: ["1"], outputUriPrefixes: s3://acme-incoming/in/ }',
      );
    expect(problemsOf(request).join('\n')).toContain('under s3://acme-incoming/in/');
  });
});
