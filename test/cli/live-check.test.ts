import { describe, expect, it } from 'vitest';
import { type BucketFacts, type LiveAccount, liveFindings, mergeCommand } from '../../cli/live-check.ts';
import { LAPTOP_ROLE_ARN } from '../../cli/target.ts';
import { load } from '../lib/routing/load-routes.ts';

const ROLE = 'arn:aws:iam::123456789012:role/omics';
const FILE = load(textWith(ROLE));

function textWith(role: string): string {
  return `version: 1
defaults: { roleArn: '${role}', outputUri: 's3://results/{route}/', retentionMode: REMOVE, storageType: DYNAMIC }
routes:
  - { name: one, on: { bucket: incoming, key: 'cram/{x}.cram' }, run: { workflowId: "1234567" } }
  - { name: ready, on: { bucket: incoming, key: 'wgs/{x}' }, run: { workflowId: "4974161", workflowType: READY2RUN } }
  - { name: grouped, on: { bucket: incoming, key: 'in/{x}' }, run: { workflowId: "1234567", workflowVersionName: v2, runGroupId: "11", cacheId: "12" } }
`;
}

const announcing: BucketFacts = {
  region: 'eu-central-1',
  isOurs: true,
  encryption: 'aws:kms',
  notifications: { EventBridgeConfiguration: {} },
};

const trusting = (Condition: object) =>
  JSON.stringify({
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'omics.amazonaws.com' }, Condition },
    ],
  });

function account(changes: Partial<LiveAccount> = {}): LiveAccount {
  return {
    account: '123456789012',
    region: 'eu-central-1',
    bucket: async () => announcing,
    workflow: async () => 'ACTIVE',
    runGroup: async () => 'there',
    runCache: async () => 'ACTIVE',
    quota: async () => ({ value: 1_000, source: 'applied' }),
    trustPolicy: async () => trusting({ StringEquals: { 'aws:SourceAccount': '123456789012' } }),
    ...changes,
  };
}

const saidOf = async (what: string, changes: Partial<LiveAccount>) =>
  (await liveFindings(FILE, account(changes))).filter((finding) => finding.what === what);

describe('an account that is ready', () => {
  it('has each bucket, workflow and role found once, and well', async () => {
    const asked: unknown[] = [];
    const workflow = async (one: unknown) => {
      asked.push(one);
      return 'ACTIVE';
    };
    const findings = await liveFindings(FILE, account({ workflow }));
    expect(findings.map(({ level, what, message }) => `${level} ${what}: ${message}`)).toEqual([
      'ok s3://incoming: in eu-central-1, encrypted (aws:kms; the service role needs its key, and bucketKeyArns one of your own), announces its objects',
      'ok s3://results: in eu-central-1, encrypted (aws:kms; the service role needs its key), for outputs',
      'ok workflow 1234567: is ACTIVE',
      'ok workflow 4974161: is ACTIVE',
      'ok workflow 1234567, version v2: is ACTIVE',
      'ok run group 11: is there',
      'ok run cache 12: is ACTIVE',
      `ok ${ROLE}: trusts omics.amazonaws.com for runs of this account`,
      'ok quota of stored runs: 1,000, applied to this account',
      'ok quota of active runs with DYNAMIC storage: 1,000, applied to this account',
      'ok quota of active runs with STATIC storage: 1,000, applied to this account',
      'ok quota of StartRun calls a second: 1,000, applied to this account',
    ]);
    expect(asked).toEqual([{ id: '1234567' }, { id: '4974161', type: 'READY2RUN' }, { id: '1234567', version: 'v2' }]);
  });
});

describe('a bucket of another account', () => {
  it('is told of, since its events go elsewhere, also where it may be looked at', async () => {
    const bucket = async () => ({ ...announcing, isOurs: false });
    expect(await saidOf('s3://incoming', { bucket })).toMatchObject([
      { level: 'note', message: expect.stringContaining('belongs to another account') },
    ]);
    expect(await saidOf('s3://results', { bucket })).toMatchObject([
      { level: 'ok', message: expect.stringContaining('of another account') },
    ]);
  });
});

describe('what is not ready', () => {
  it('is a bucket that does not announce: the command keeps what is configured there', async () => {
    const notifications = {
      QueueConfigurations: [
        { Id: "lab's", QueueArn: 'arn:aws:sqs:eu-central-1:123456789012:q', Events: ['s3:ObjectCreated:*'] },
      ],
    };
    const [finding] = await saidOf('s3://incoming', { bucket: async () => ({ ...announcing, notifications }) });
    expect(finding).toMatchObject({
      level: 'error',
      message: expect.stringContaining('nothing that is dropped there starts a run'),
    });
    expect(finding?.command).toBe(mergeCommand('incoming', notifications));
    const [, json = ''] = /--notification-configuration '(.*)'$/.exec(finding?.command ?? '') ?? [];
    expect(JSON.parse(json.replaceAll("'\\''", "'"))).toEqual({ ...notifications, EventBridgeConfiguration: {} });
  });

  it.each<[string, Partial<LiveAccount>, string, string]>([
    ['s3://incoming', { bucket: async () => 'missing' }, 'error', 'there is no such bucket'],
    ['s3://incoming', { bucket: async () => 'forbidden' }, 'note', 'it may not be looked at'],
    [
      's3://results',
      { bucket: async () => ({ ...announcing, region: 'us-east-1' }) },
      'error',
      'it is in us-east-1, and runs are in eu-central-1',
    ],
    [
      's3://incoming',
      { bucket: async () => ({ ...announcing, notifications: undefined }) },
      'note',
      's3:GetBucketNotification is missing',
    ],
    [
      'workflow 1234567',
      { workflow: async () => 'missing' },
      'error',
      'HealthOmics has none of that id in account 123456789012, eu-central-1',
    ],
    [
      'workflow 1234567',
      { workflow: async () => 'CREATING' },
      'error',
      'it is CREATING, and only an ACTIVE one can run',
    ],
    ['workflow 1234567', { workflow: async () => 'forbidden' }, 'note', 'omics:GetWorkflow is missing'],
    [
      'workflow 1234567, version v2',
      { workflow: async () => 'forbidden' },
      'note',
      'omics:GetWorkflowVersion is missing',
    ],
    ['run group 11', { runGroup: async () => 'missing' }, 'error', 'HealthOmics has none of that id'],
    ['run cache 12', { runCache: async () => 'DELETED' }, 'error', 'it is DELETED'],
    [
      'quota of stored runs',
      { quota: async () => ({ value: 100_000, source: 'documented' }) },
      'note',
      'servicequotas:GetServiceQuota is missing. Documented are 100,000',
    ],
    ['quota of stored runs', { quota: async () => ({ value: 5, source: 'default' }) }, 'ok', "5, AWS's default"],
    [ROLE, { trustPolicy: async () => '{}' }, 'error', 'it does not trust omics.amazonaws.com'],
    [ROLE, { trustPolicy: async () => trusting({}) }, 'note', 'whoever it acts for'],
    [
      ROLE,
      { trustPolicy: async () => trusting({ StringEquals: { 'aws:SourceAccount': '210987654321' } }) },
      'error',
      'for runs of another account or region only',
    ],
    [ROLE, { trustPolicy: async () => 'missing' }, 'error', 'there is no such role'],
    [ROLE, { trustPolicy: async () => undefined }, 'note', 'there is no IAM here'],
    [
      ROLE,
      { account: '210987654321' },
      'error',
      'it is of account 123456789012, and a run takes a role of its own account',
    ],
  ])('is said of %s with %j as %s', async (what, changes, level, message) => {
    expect(await saidOf(what, changes)).toMatchObject([{ level, message: expect.stringContaining(message) }]);
  });

  it('is said with the account that has to share it, and of what belongs to AWS', async () => {
    const text = `${textWith(ROLE)}  - { name: shared, on: { bucket: incoming, key: 'to/{x}' }, run: { workflowId: "1234567", workflowOwnerId: "210987654321" } }\n`;
    const workflow: LiveAccount['workflow'] = async ({ id, ownerId }) =>
      id === '1234567' && ownerId === undefined ? 'ACTIVE' : 'missing';
    const findings = await liveFindings(load(text), account({ workflow }));
    expect(findings.flatMap(({ level, what, message }) => (level === 'error' ? `${what}: ${message}` : []))).toEqual([
      'workflow 4974161: HealthOmics has none of that id among its READY2RUN workflows, eu-central-1',
      'workflow 1234567 of account 210987654321: HealthOmics has none of that id in account 210987654321, eu-central-1',
    ]);
  });

  it('is a bucket that is missing: the stack creates those that drops go to, and none for outputs', async () => {
    const bucket = async () => 'missing' as const;
    const message = 'there is no such bucket. Create it';
    const orElse = ', or have the setting createBuckets create all that routes take drops from';
    expect(await saidOf('s3://incoming', { bucket })).toMatchObject([{ message: message + orElse }]);
    expect(await saidOf('s3://results', { bucket })).toMatchObject([{ message }]);
  });

  it('is said of a role that nobody named, since its variable is not set', async () => {
    const findings = await liveFindings(load(textWith(LAPTOP_ROLE_ARN)), account());
    expect(findings.find(({ what }) => what === LAPTOP_ROLE_ARN)).toMatchObject({
      level: 'error',
      message: expect.stringContaining('HEALTHOMICS_ROLE_ARN is not set'),
    });
  });
});
