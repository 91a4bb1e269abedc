/** The rules' event patterns against the events that AWS documents, and their near misses, by the laptop's matcher. */
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileEventPattern } from '../../local/eventbridge/event-pattern.ts';
import { readWiring } from '../../local/wiring/read-wiring.ts';
import { readServerlessFile } from '../../local/wiring/serverless-file.ts';
import type { RuleWiring } from '../../local/wiring/wiring.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const ACCOUNT = '123456789012';
const REGION = 'eu-central-1';

let rules: readonly RuleWiring[];
beforeAll(async () => {
  const environment = { HEALTHOMICS_ROLE_ARN: `arn:aws:iam::${ACCOUNT}:role/HealthOmicsService` };
  const file = path.join(ROOT, 'serverless.yml');
  const { template } = await readServerlessFile({ file, stage: 'dev', routesFile: 'rundrop.yaml', environment });
  const endpoint = 'https://sqs.eu-central-1.amazonaws.com';
  ({ rules } = readWiring(template, { accountId: ACCOUNT, region: REGION, endpoint, parameters: {} }));
});

type Event = Readonly<Record<string, unknown>>;

/** As the S3 User Guide shows it, "Amazon S3 event message structure" for EventBridge. */
const objectCreated: Event = {
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: ACCOUNT,
  time: '2026-01-02T03:04:05Z',
  region: REGION,
  resources: ['arn:aws:s3:::acme-incoming'],
  detail: {
    version: '0',
    bucket: { name: 'acme-incoming' },
    object: {
      key: 'cram/SYN-1.cram',
      size: 5,
      etag: 'b1946ac92492d2347c6235b4d2611184',
      sequencer: '617f08299329d189',
    },
    'request-id': 'N4N7GDK58NMKJ12R',
    requester: ACCOUNT,
    'source-ip-address': '1.2.3.4',
    reason: 'PutObject',
  },
};

/** As the HealthOmics User Guide shows it, "EventBridge event details". */
const runStatusChange: Event = {
  version: '0',
  id: '64ca0eda-9751-dc55-c41a-1bd50b4fc9b7',
  'detail-type': 'Run Status Change',
  source: 'aws.omics',
  account: ACCOUNT,
  time: '2026-01-02T03:04:05Z',
  region: REGION,
  resources: [`arn:aws:omics:${REGION}:${ACCOUNT}:run/1234567`],
  detail: {
    omicsVersion: '1.0.0',
    arn: `arn:aws:omics:${REGION}:${ACCOUNT}:run/1234567`,
    runId: '1234567',
    status: 'COMPLETED',
  },
};

const matching = (event: Event): string[] =>
  rules.filter(({ pattern }) => compileEventPattern(JSON.stringify(pattern))(event)).map(({ name }) => name);

const withObject = (bucket: string, key: string): Event => ({
  ...objectCreated,
  detail: { ...(objectCreated.detail as Event), bucket: { name: bucket }, object: { key } },
});

describe('an event that AWS documents', () => {
  it('of an object created is taken by the rule of its bucket alone', () => {
    expect(matching(objectCreated)).toEqual(['rundrop-dev-drops-acme-incoming']);
  });

  it.each(['fastq/SYN-1_R1.fastq.gz', 'wgs/SYN-1_R2.fastq.gz', 'requests/now.json'])('of %s, too', (key) => {
    expect(matching(withObject('acme-incoming', key))).toEqual(['rundrop-dev-drops-acme-incoming']);
  });

  it('of a run that changed its status is taken by its rule alone', () => {
    expect(matching(runStatusChange)).toEqual(['rundrop-dev-run-status-change']);
  });
});

describe('a near miss is taken by none:', () => {
  it.each<[string, Event]>([
    ['an object of another bucket', withObject('acme-incoming-2', 'cram/SYN-1.cram')],
    ['a key that no route has', withObject('acme-incoming', 'cram/SYN-1.cram.crai')],
    ['a third read', withObject('acme-incoming', 'fastq/SYN-1_R3.fastq.gz')],
    ['a key in another case', withObject('acme-incoming', 'CRAM/SYN-1.cram')],
    ['an object deleted', { ...objectCreated, 'detail-type': 'Object Deleted' }],
    ['an event that somebody made up', { ...objectCreated, source: 'my.s3' }],
    ['an object of another account', { ...objectCreated, account: '210987654321' }],
    ['an object of another region', { ...objectCreated, region: 'us-east-1' }],
    ['a task of a run', { ...runStatusChange, 'detail-type': 'Task Status Change' }],
    ['a run of another account', { ...runStatusChange, account: '210987654321' }],
    ['a run of another region', { ...runStatusChange, region: 'us-east-1' }],
    ['a status of another service', { ...runStatusChange, source: 'aws.batch' }],
  ])('%s', (_, event) => {
    expect(matching(event)).toEqual([]);
  });
});
