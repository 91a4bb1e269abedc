import { describe, expect, it } from 'vitest';
import { constantMember } from '../../../lib/routing/run-template.ts';
import { fileOf, load, problemsOf, ROLE_ARN, routeOf } from './load-routes.ts';

/** The example of the design, which shows the whole syntax. */
const EXAMPLE = `version: 1
defaults:
  roleArn: \${env:HEALTHOMICS_ROLE_ARN}
  outputUri: s3://acme-results/{route}/
  retentionMode: RETAIN
  storageType: DYNAMIC
routes:
  - name: germline                   # BCL Convert names; every lane of a sample in one run
    on: { bucket: acme-incoming, key: 'fastq/{flowcell}/{sample}_S{n,[0-9]+}_L{lane,[0-9]{3}}_R{read,[12]}_001.fastq.gz' }
    except: { sample: Undetermined }
    gather: { by: [flowcell, sample], needs: { lane: ["001", "002"], read: ["1", "2"] }, within: 24h, onChange: hold }
    sensitive: [sample]
    run:
      workflowId: "1234567"
      name: '{route}-{flowcell}'
      parameters: { fastq_1: '{uris:read=1}', fastq_2: '{uris:read=2}', sample: '{sample}' }
      tags: { flowcell: '{flowcell}' }
    retry: { attempts: 3 }
    limits: { maxRunsPerDay: 500 }
  - name: run-folder                 # completion marker and sheet, in either order
    on: { bucket: acme-incoming, key: 'bcl/{folder}/{file,CopyComplete\\.txt|SampleSheet\\.csv}' }
    gather: { by: [folder], needs: { file: [CopyComplete.txt, SampleSheet.csv] } }
    run: { workflowId: "7654321", parameters: { run_folder: 's3://{bucket}/bcl/{folder}/' } }
  - name: cohort-sheet
    on: { bucket: acme-incoming, key: 'sheets/{cohort}.csv' }
    each: row                        # or { group: patient } with {rows}
    run: { workflowId: "1234567", parameters: { sample: '{row.sample}', fastq_1: '{row.fastq_1}' } }
  - name: annotate                   # on the outcome of another route's run
    on: { route: germline, status: COMPLETED }
    run: { workflowId: "888", parameters: { vcf: '{upstream.outputUri}/out/calls.vcf.gz' } }
  - name: ready2run
    on: { bucket: acme-incoming, key: 'wgs/{sample}_R{read,[12]}.fastq.gz' }
    when: { size: ">=1GiB" }
    gather: { by: [sample], needs: { read: ["1", "2"] } }
    run: { workflowType: READY2RUN, workflowId: "4974161", runGroupId: null, parameters: { inputFASTQ_1: '{uri:read=1}', inputFASTQ_2: '{uri:read=2}' } }
  - name: run-request                # the object is a StartRun request
    on: { bucket: acme-incoming, key: 'requests/{name}.json' }
    run: { fromObject: true, allow: { workflowIds: ["1234567"] } }
schedules:
  - name: nightly
    cron: "0 2 * * ? *"
    timezone: Europe/Berlin
    run: { workflowId: "222", parameters: { date: '{date}' } }
`;

const OBJECT = `on: { bucket: acme-incoming, key: 'fastq/{sample}.fastq.gz' }`;

describe('the example of the design', () => {
  const file = load(EXAMPLE, { HEALTHOMICS_ROLE_ARN: ROLE_ARN });

  it('loads, with object routes, outcome routes and schedules apart', () => {
    expect(file.routes.map(({ name }) => name)).toEqual([
      'germline',
      'run-folder',
      'cohort-sheet',
      'ready2run',
      'run-request',
    ]);
    expect(file.outcomeRoutes).toMatchObject([
      { name: 'annotate', upstream: { route: 'germline', statuses: ['COMPLETED'] } },
    ]);
    expect(file.schedules).toMatchObject([
      { name: 'nightly', expression: 'cron(0 2 * * ? *)', timezone: 'Europe/Berlin', retry: { attempts: 3 } },
    ]);
    expect(file.hash).toBe(`hash-${EXAMPLE.length}`);
    expect(file.environmentNames).toEqual(['HEALTHOMICS_ROLE_ARN']);
  });

  it('reads every part of a route', () => {
    expect(file.routes[0]).toMatchObject({
      bucket: 'acme-incoming',
      except: [{ name: 'sample', values: ['Undetermined'] }],
      gather: {
        by: ['flowcell', 'sample'],
        needs: {
          kind: 'product',
          lists: [
            { name: 'lane', values: ['001', '002'] },
            { name: 'read', values: ['1', '2'] },
          ],
        },
        withinMs: 86_400_000,
        onChange: 'hold',
      },
      sensitive: ['sample'],
      retry: { attempts: 3 },
      limits: { maxRunsPerDay: 500 },
      identity: 'content',
    });
    expect(file.routes[2]?.each).toEqual({ kind: 'row' });
    expect(file.routes[3]?.when?.size).toEqual([{ operator: '>=', sizeBytes: 2 ** 30, text: '>= 1 GiB' }]);
    expect(file.routes[4]?.run.fromObject?.allow.workflowIds).toEqual(['1234567']);
  });

  it('warns of routes that this version does not start, and of nothing but unused wildcards else', () => {
    expect(file.warnings.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '9: the wildcard {n} of "germline" is used nowhere: call it {_n} if it only has to match',
      expect.stringMatching(/^29: .*does not start runs on outcomes: "annotate" starts nothing$/),
    ]);
  });
});

describe('defaults', () => {
  it('stand under each run, and null unsets them', () => {
    const run = routeOf(OBJECT, 'retentionMode: null\nstorageType: STATIC\nstorageCapacity: 1200').run;
    expect(constantMember(run, 'roleArn')).toBe(ROLE_ARN);
    expect(constantMember(run, 'outputUri')).toBe('s3://acme-results/test/');
    expect(run.members.has('retentionMode')).toBe(false);
    expect(constantMember(run, 'storageType')).toBe('STATIC');
  });

  it('merge tags and parameters one by one', () => {
    const text = fileOf(OBJECT, 'tags: { lab: b, cost: null }\nparameters: { x: 1, y: null }').replace(
      'storageType: DYNAMIC',
      'tags: { lab: a, cost: c, team: t }\n  parameters: { y: 2, z: 3 }',
    );
    const run = load(text).routes[0]?.run;
    expect(run && constantMember(run, 'tags')).toEqual({ lab: 'b', team: 't' });
    expect(run && constantMember(run, 'parameters')).toEqual({ x: 1, z: 3 });
  });

  it('are checked where they stand', () => {
    expect(problemsOf(fileOf(OBJECT).replace('REMOVE', 'REMOV'))).toEqual([
      `rundrop.yaml:5:18: defaults.retentionMode: must be RETAIN or REMOVE, not 'REMOV', did you mean "REMOVE"?`,
    ]);
  });
});

describe('values of run', () => {
  it('takes an id without quotes as it is written', () => {
    const run = routeOf(OBJECT, 'runGroupId: 0042').run;
    expect(constantMember(run, 'runGroupId')).toBe('0042');
  });

  it('takes a number from the environment', () => {
    const [route] = load(fileOf(OBJECT, `priority: \${env:PRIORITY}\nname: 'a \${env:NONE, ''b''}'`), {
      PRIORITY: '7',
    }).routes;
    expect(route && constantMember(route.run, 'priority')).toBe(7);
    expect(route && constantMember(route.run, 'name')).toBe('a b');
  });

  it('accepts every member of StartRun', () => {
    const all = `workflowType: PRIVATE
workflowOwnerId: "123456789012"
workflowVersionName: v1.2
runGroupId: "1"
priority: 10
cacheId: "2"
cacheBehavior: CACHE_ALWAYS
name: x
parameters: { a: [1, 2.5, true, null, { b: 'c {sample}' }] }
storageType: STATIC
storageCapacity: 1200
scratchStorageMode: LOCAL
logLevel: ALL
tags: { a: b }
networkingMode: VPC
configurationName: lab
sessionPolicy: '{"Version":"2012-10-17"}'
engineSettings: { a: '{b}' }`;
    const run = routeOf(OBJECT, all).run;
    expect(run.members.size).toBe(22);
    expect(constantMember(run, 'sessionPolicy')).toBe('{"Version":"2012-10-17"}');
  });

  it('accepts runId instead of workflowId', () => {
    const text = fileOf(OBJECT).replace('workflowId: "1234567"', 'runId: "77"');
    expect(load(text).routes[0]?.run.members.has('runId')).toBe(true);
  });
});

describe('warnings', () => {
  const messages = (text: string) => load(text).warnings.map(({ path, message }) => `${path}: ${message}`);

  it.each([
    ['a missing retention mode', fileOf(OBJECT, "name: '{sample}'\nretentionMode: null"), 'retentionMode is not given'],
    ['a missing storage type', fileOf(OBJECT, "name: '{sample}'\nstorageType: null"), 'storageType is not given'],
    [
      'capacity without effect',
      fileOf(OBJECT, "name: '{sample}'\nstorageCapacity: 5"),
      'storageCapacity has no effect',
    ],
    ['static storage of no size', fileOf(OBJECT, "name: '{sample}'\nstorageType: STATIC"), 'without a storageCapacity'],
    ['an unused wildcard', fileOf(OBJECT), 'the wildcard {sample} of "test" is used nowhere'],
    ['a glob', fileOf(`on: { bucket: acme-in, key: 'a/*.cram' }`), "'*' stands for itself"],
    ['a key that begins with /', fileOf(`on: { bucket: acme-in, key: '/a' }`), "keys seldom begin with '/'"],
  ])('tell of %s', (_, text, expected) => {
    expect(messages(text)).toEqual([expect.stringContaining(expected)]);
  });

  it.each(['file', 'env'])('are silent on a wildcard {%s} that is used', (name) => {
    expect(messages(fileOf(`on: { bucket: acme-in, key: 'a/{${name}}' }`, `name: '{${name}}'`))).toEqual([]);
  });

  it('are silent on a wildcard that only has to match', () => {
    expect(messages(fileOf(`on: { bucket: acme-in, key: 'a/{_x}' }`))).toEqual([]);
  });
});

describe('YAML', () => {
  it('follows anchors and aliases', () => {
    const text = fileOf(OBJECT, "parameters: { a: &a ['{sample}'], b: *a }");
    expect(load(text).routes).toHaveLength(1);
  });

  it('accepts a byte order mark and CRLF', () => {
    expect(load(`\uFEFF${fileOf(OBJECT).replaceAll('\n', '\r\n')}`).routes).toHaveLength(1);
  });

  it('stops at a bomb of aliases', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`,
    );
    const text = `version: 1\nl0: &l0 [x]\n${levels.join('\n')}\n`;
    expect(problemsOf(text).join('\n')).toContain('more than 200000 values');
  });

  it('stops at an alias inside its own anchor', () => {
    expect(problemsOf('version: 1\nroutes: &a [*a]\n').join('\n')).toContain('levels deep');
  });

  it('stops at deep nesting', () => {
    expect(problemsOf(`version: 1\nroutes: ${'['.repeat(5000)}${']'.repeat(5000)}\n`)).not.toEqual([]);
  });

  it('keeps the prototype clean', () => {
    const text = fileOf(OBJECT, 'parameters: { __proto__: { polluted: true } }');
    expect(problemsOf(text).join('\n')).toContain('__proto__');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
