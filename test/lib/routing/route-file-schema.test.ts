import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { routeFileSchemaText } from '../../../lib/routing/route-file-schema.ts';
import { START_RUN_MEMBER_NAMES } from '../../../lib/routing/start-run-members.ts';
import { ROOT } from '../../source-tree.ts';
import { load, problemsOf } from './load-routes.ts';

const published = readFileSync(join(ROOT, 'rundrop.schema.json'), 'utf8');
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
const validate = ajv.compile(JSON.parse(published) as object);

function faultsOf(text: string): readonly string[] {
  return validate(parse(text)) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** Everything that a route file may say, each key at least once. */
const FULL = `version: 1
defaults:
  roleArn: \${env:ROLE}
  outputUri: s3://acme-results/{route}/
  retentionMode: RETAIN
  storageType: DYNAMIC
routes:
  - name: germline
    on: { bucket: acme-incoming, key: 'fastq/{flowcell}/{sample}_S{n,[0-9]+}_L{lane,[0-9]{3}}_R{read,[12]}_001.fastq.gz' }
    except: { sample: Undetermined }
    gather: { by: [flowcell, sample], needs: { lane: ["001", "002"], read: ["1", "2"] }, within: 24h, quiet: 5m, onChange: hold }
    sensitive: [sample]
    identity: version
    run:
      workflowId: "1234567"
      name: '{route}-{flowcell}'
      parameters: { fastq_1: '{uris:read=1}', fastq_2: '{uris:read=2}', sample: '{sample}' }
      tags: { flowcell: '{flowcell}' }
      priority: 10
      storageCapacity: "1200"
      logLevel: ALL
    retry: { attempts: 3, on: { RUN_TASK_FAILED: retry, SERVICE_ERROR: give-up }, storage: { upTo: 9600 } }
    limits: { maxRunsPerDay: 500, inStatus: { PENDING: 24h, RUNNING: 3d } }
    onQuota: reject
  - name: counted
    on: { bucket: acme-incoming, key: 'parts/{set}/{_part}.bam' }
    when: { size: '>=1GiB', storageClass: STANDARD, tag: { qc: [passed, waived] } }
    gather: { by: set, needs: { count: 8 } }
    run: { workflowId: 1234567, parameters: { bams: '{uris}' } }
  - name: marked
    on: { bucket: acme-incoming, key: 'marked/{flowcell}/{_f}.bam' }
    gather: { by: flowcell, needs: { marker: 'marked/{flowcell}/_SUCCESS' } }
    run: { workflowId: 1234567, parameters: { bams: '{uris}' } }
  - name: ready2run
    on: { bucket: acme-incoming, key: 'wgs/{_sample}.fastq.gz' }
    run: { workflowType: READY2RUN, workflowId: "4974161", runGroupId: null, parameters: { fastq: '{uri}' } }
  - name: run-request
    on: { bucket: acme-incoming, key: 'requests/{name}.json' }
    run: { fromObject: true, allow: { workflowIds: ["1234567"], roleArns: arn:aws:iam::123456789012:role/x } }
  - name: annotate
    on: { route: germline, status: COMPLETED }
    run: { workflowId: "888", parameters: { vcf: '{upstream.outputUri}/out/calls.vcf.gz' } }
schedules:
  - name: nightly
    cron: "0 2 * * ? *"
    timezone: Europe/Berlin
    run: { workflowId: "222", parameters: { date: '{date}' } }
    retry: { attempts: 1 }
prune:
  olderThan: 90d
  statuses: [COMPLETED, FAILED]
  keepNewest: 1000
  keepTag: hold
  runs: all
  mostPerSweep: 100
  dryRun: false
`;

describe('rundrop.schema.json', () => {
  it('is what the loader’s own tables make: `rundrop check --schema` writes it anew', () => {
    expect(published).toBe(routeFileSchemaText());
  });

  it('offers every member of StartRun that the loader takes', () => {
    const { $defs } = JSON.parse(published) as { $defs: { run: { properties: object } } };
    expect(Object.keys($defs.run.properties)).toEqual([...START_RUN_MEMBER_NAMES, 'fromObject', 'allow']);
  });

  it('takes the file that ships, which names it for editors', () => {
    const shipped = readFileSync(join(ROOT, 'rundrop.yaml'), 'utf8');
    expect(faultsOf(shipped)).toEqual([]);
    expect(shipped).toContain('# yaml-language-server: $schema=./rundrop.schema.json\n');
  });

  it('takes a file with everything, as the loader does', () => {
    expect(faultsOf(FULL)).toEqual([]);
    expect(load(FULL).routes).toHaveLength(5);
  });
});

describe('what the schema and the loader both refuse', () => {
  const near: readonly (readonly [what: string, was: string, is: string])[] = [
    ['another version', 'version: 1', 'version: 2'],
    ['a member of StartRun that there is not', 'logLevel: ALL', 'loglevel: ALL'],
    ['a log level that there is not', 'logLevel: ALL', 'logLevel: INFO'],
    ['a requestId', 'logLevel: ALL', 'requestId: abc'],
    ['a retention mode in small letters', 'retentionMode: RETAIN', 'retentionMode: retain'],
    ['a key of a route that there is not', 'sensitive: [sample]', 'sensitiv: [sample]'],
    ['a key of gather that there is not', 'onChange: hold', 'onchange: hold'],
    ['a way to change that there is not', 'onChange: hold', 'onChange: ignore'],
    ['a duration without a unit', 'within: 24h', 'within: 24'],
    ['an identity that there is not', 'identity: version', 'identity: name'],
    ['a storage class that there is not', 'storageClass: STANDARD', 'storageClass: FROZEN'],
    ['too many attempts', 'attempts: 3', 'attempts: 30'],
    ['a rule for a failureReason that there is not', 'SERVICE_ERROR: give-up', 'SERVICE_ERROR: giveup'],
    ['more storage for what did not run out of it', 'SERVICE_ERROR: give-up', 'SERVICE_ERROR: enlarge'],
    ['a failureReason in small letters', 'SERVICE_ERROR: give-up', 'service_error: give-up'],
    ['storage that grows to nowhere', 'storage: { upTo: 9600 }', 'storage: {}'],
    ['storage below the least', 'upTo: 9600', 'upTo: 100'],
    ['a limit on a status that runs do not stay in', 'PENDING: 24h', 'COMPLETED: 24h'],
    ['a time without a unit', 'PENDING: 24h', 'PENDING: 24'],
    ['a way to meet a full quota that there is not', 'onQuota: reject', 'onQuota: drop'],
    ['a priority below zero', 'priority: 10', 'priority: -1'],
    [
      'a bucket without a key',
      "on: { bucket: acme-incoming, key: 'wgs/{_sample}.fastq.gz' }",
      'on: { bucket: acme-incoming }',
    ],
    ['a status that no outcome has', 'status: COMPLETED }', 'status: DONE }'],
    [
      'a route without a run',
      'run: { workflowId: "888", parameters: { vcf: \'{upstream.outputUri}/out/calls.vcf.gz\' } }',
      'retry: { attempts: 2 }',
    ],
    ['a name with a space', 'name: counted', 'name: counted parts'],
    ['a schedule with two times', 'cron: "0 2 * * ? *"', 'cron: "0 2 * * ? *"\n    rate: 1 day'],
    ['an allow-list that there is not', 'allow: { workflowIds:', 'allow: { workflows:'],
    ['an age without a unit', 'olderThan: 90d', 'olderThan: 90'],
    ['prune without an age', '  olderThan: 90d\n', ''],
    ['pruning of active runs', 'statuses: [COMPLETED, FAILED]', 'statuses: [RUNNING]'],
    ['a dry run that is neither', 'dryRun: false', 'dryRun: perhaps'],
    ['a role that a drop chooses', 'roleArn: ${env:ROLE}', 'roleArn: not-an-arn'],
  ];

  it.each(near)('%s', (_, was, is) => {
    expect(FULL).toContain(was);
    const text = FULL.replace(was, is);
    expect(problemsOf(text)).not.toEqual([]);
    expect(faultsOf(text)).not.toEqual([]);
  });
});
