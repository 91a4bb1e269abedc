/**
 * What has to be there before a deployment can work: buckets that announce their objects, workflows, run groups and
 * caches, the service role; and how much the account may do.
 * Pure but for the port; every finding says what to do.
 */
import type { QuotaValue } from '../lib/quota/quota-snapshot.ts';
import type { RouteFile } from '../lib/routing/route-file.ts';
import { constantMember, type RunTemplate } from '../lib/routing/run-template.ts';
import { LAPTOP_ROLE_ARN } from './target.ts';
import { trustOf } from './trust-policy.ts';

export interface BucketFacts {
  readonly region: string;
  /** Of the account that is looked at. Another one's may be open to it all the same. */
  readonly isOurs: boolean;
  /** The algorithm, or `undefined` where it may not be looked at. */
  readonly encryption: string | undefined;
  /** GetBucketNotificationConfiguration's answer, or `undefined` where it may not be looked at. */
  readonly notifications: Readonly<Record<string, unknown>> | undefined;
}

export type Looked<Facts> = Facts | 'missing' | 'forbidden';

/** The account, as far as it is looked at. Every call may be refused; none changes anything. */
export interface LiveAccount {
  readonly account: string;
  readonly region: string;
  bucket(name: string): Promise<Looked<BucketFacts>>;
  /** The status of a workflow, or of the version of it that is named: ACTIVE and others. */
  workflow(workflow: WorkflowChoice): Promise<Looked<string>>;
  runGroup(id: string): Promise<Looked<'there'>>;
  /** Its status: ACTIVE and others. */
  runCache(id: string): Promise<Looked<string>>;
  quota(name: QuotaName): Promise<QuotaValue>;
  /** The role's trust policy as JSON text; `undefined` where there is no IAM to ask. */
  trustPolicy(roleArn: string): Promise<Looked<string> | undefined>;
}

export interface WorkflowChoice {
  readonly id: string;
  readonly type?: string;
  readonly ownerId?: string;
  readonly version?: string;
}

export type QuotaName = 'storedRuns' | 'startRunsPerSecond' | 'activeRunsDynamic' | 'activeRunsStatic';

export interface LiveFinding {
  readonly level: 'ok' | 'note' | 'error';
  /** `s3://bucket`, `workflow 123`, a role's ARN. */
  readonly what: string;
  readonly message: string;
  /** A command that mends it. */
  readonly command?: string;
}

const MOST_AT_ONCE = 5;
const HEALTHOMICS = 'omics.amazonaws.com';

export async function liveFindings(file: RouteFile, live: LiveAccount): Promise<readonly LiveFinding[]> {
  const runs = [...file.routes, ...file.outcomeRoutes, ...file.schedules].map(({ run }) => run);
  const inputs = unique(file.routes.map(({ bucket }) => bucket));
  const outputs = unique(runs.flatMap(outputBuckets)).filter((bucket) => !inputs.includes(bucket));
  const looks = [
    ...inputs.map((bucket) => () => checkInput(bucket, live)),
    ...outputs.map((bucket) => () => checkOutput(bucket, live)),
    ...workflowsOf(runs).map((workflow) => () => checkWorkflow(workflow, live)),
    ...chosen(runs, 'runGroupId', 'runGroupIds').map((id) => () => checkRunGroup(id, live)),
    ...chosen(runs, 'cacheId', 'cacheIds').map((id) => () => checkRunCache(id, live)),
    ...chosen(runs, 'roleArn', 'roleArns').map((role) => () => checkRole(role, live)),
    ...QUOTAS.map(
      ([name, what]) =>
        () =>
          checkQuota(name, what, live),
    ),
  ];
  const findings: LiveFinding[] = [];
  for (let from = 0; from < looks.length; from += MOST_AT_ONCE) {
    const found = await Promise.all(looks.slice(from, from + MOST_AT_ONCE).map((look) => look()));
    findings.push(...found.flat());
  }
  return findings;
}

async function checkInput(name: string, live: LiveAccount): Promise<LiveFinding[]> {
  const what = `s3://${name}`;
  const bucket = await live.bucket(name);
  if (typeof bucket === 'string')
    return [bucketTrouble(what, bucket, ', or have the setting createBuckets create all that routes take drops from')];
  const { encryption, notifications } = bucket;
  if (bucket.region !== live.region) return [elsewhere(what, bucket.region, live.region)];
  if (!bucket.isOurs) {
    const message =
      'it belongs to another account, and announces its objects there. Drops in it come when bucketAccounts has that account and a rule there forwards them (docs/deploy.md)';
    return [{ level: 'note', what, message }];
  }
  if (notifications === undefined) {
    const message =
      'whether it announces its objects to EventBridge cannot be looked at: s3:GetBucketNotification is missing';
    return [{ level: 'note', what, message }];
  }
  if (notifications.EventBridgeConfiguration === undefined) {
    const message =
      'it does not announce its objects to EventBridge, so nothing that is dropped there starts a run. This adds it to what is there:';
    return [{ level: 'error', what, message, command: mergeCommand(name, notifications) }];
  }
  const key = sayEncryption(encryption, 'the service role needs its key, and bucketKeyArns one of your own');
  return [{ level: 'ok', what, message: `in ${bucket.region}, ${key}, announces its objects` }];
}

async function checkOutput(name: string, live: LiveAccount): Promise<LiveFinding[]> {
  const what = `s3://${name}`;
  const bucket = await live.bucket(name);
  if (typeof bucket === 'string') return [bucketTrouble(what, bucket)];
  if (bucket.region !== live.region) return [elsewhere(what, bucket.region, live.region)];
  return [
    {
      level: 'ok',
      what,
      message: `in ${bucket.region}, ${bucket.isOurs ? '' : 'of another account, '}${sayEncryption(bucket.encryption, 'the service role needs its key')}, for outputs`,
    },
  ];
}

function sayEncryption(encryption: string | undefined, whatKeysNeed: string): string {
  if (encryption === undefined) return 'encryption not known';
  const isByKey = encryption.startsWith('aws:kms');
  return `encrypted (${encryption}${isByKey ? `; ${whatKeysNeed}` : ''})`;
}

function bucketTrouble(what: string, trouble: 'missing' | 'forbidden', orElse = ''): LiveFinding {
  const message =
    trouble === 'missing'
      ? `there is no such bucket. Create it${orElse}`
      : 'it may not be looked at: it belongs to another account, or s3:ListBucket is missing';
  return { level: trouble === 'missing' ? 'error' : 'note', what, message };
}

/** HealthOmics reads inputs and writes outputs in its own region only. */
function elsewhere(what: string, region: string, ours: string): LiveFinding {
  const message = `it is in ${region}, and runs are in ${ours}: HealthOmics takes neither inputs nor outputs of another region`;
  return { level: 'error', what, message };
}

/** S3 replaces the whole configuration, so what is there goes along. */
export function mergeCommand(bucket: string, notifications: Readonly<Record<string, unknown>>): string {
  const kept = Object.fromEntries(Object.entries(notifications).filter(([name]) => name.endsWith('Configurations')));
  const merged = JSON.stringify({ ...kept, EventBridgeConfiguration: {} }).replaceAll("'", "'\\''");
  return `aws s3api put-bucket-notification-configuration --bucket ${bucket} --notification-configuration '${merged}'`;
}

function workflowsOf(runs: readonly RunTemplate[]): readonly WorkflowChoice[] {
  const all = runs.flatMap((run) => {
    const [type, ownerId, version] = ['workflowType', 'workflowOwnerId', 'workflowVersionName'].map((name) =>
      textMember(run, name),
    );
    const id = textMember(run, 'workflowId');
    const ids = unique([...(id === undefined ? [] : [id]), ...(run.fromObject?.allow.workflowIds ?? [])]);
    const more = { ...(type ? { type } : {}), ...(ownerId ? { ownerId } : {}), ...(version ? { version } : {}) };
    return ids.map((one) => ({ id: one, ...more }));
  });
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

async function checkWorkflow(workflow: WorkflowChoice, live: LiveAccount): Promise<LiveFinding[]> {
  const { id, type, ownerId, version } = workflow;
  const owner = ownerId === undefined ? '' : ` of account ${ownerId}`;
  const what = `workflow ${id}${owner}${version === undefined ? '' : `, version ${version}`}`;
  const action = version === undefined ? 'omics:GetWorkflow' : 'omics:GetWorkflowVersion';
  const place = type === 'READY2RUN' ? 'among its READY2RUN workflows' : `in account ${ownerId ?? live.account}`;
  return [statusFinding({ what, action, status: await live.workflow(workflow), place }, live)];
}

async function checkRunGroup(id: string, live: LiveAccount): Promise<LiveFinding[]> {
  const found = await live.runGroup(id);
  const status = found === 'there' ? 'ACTIVE' : found;
  return [statusFinding({ what: `run group ${id}`, action: 'omics:GetRunGroup', status, good: 'is there' }, live)];
}

async function checkRunCache(id: string, live: LiveAccount): Promise<LiveFinding[]> {
  return [
    statusFinding({ what: `run cache ${id}`, action: 'omics:GetRunCache', status: await live.runCache(id) }, live),
  ];
}

interface LookedAt {
  readonly what: string;
  /** What looking at it takes of IAM. */
  readonly action: string;
  readonly status: Looked<string>;
  readonly good?: string;
  /** Where it has to be. */
  readonly place?: string;
}

function statusFinding({ what, action, status, good = 'is ACTIVE', place }: LookedAt, live: LiveAccount): LiveFinding {
  if (status === 'ACTIVE') return { level: 'ok', what, message: good };
  if (status === 'forbidden') return { level: 'note', what, message: `it may not be looked at: ${action} is missing` };
  const message =
    status === 'missing'
      ? `HealthOmics has none of that id ${place ?? `in account ${live.account}`}, ${live.region}`
      : `it is ${status}, and only an ACTIVE one can run`;
  return { level: 'error', what, message };
}

const QUOTAS: readonly (readonly [name: QuotaName, what: string])[] = [
  ['storedRuns', 'stored runs'],
  ['activeRunsDynamic', 'active runs with DYNAMIC storage'],
  ['activeRunsStatic', 'active runs with STATIC storage'],
  ['startRunsPerSecond', 'StartRun calls a second'],
];

/** No setting repeats a quota: the functions read the same, every five minutes. */
async function checkQuota(name: QuotaName, what: string, live: LiveAccount): Promise<LiveFinding[]> {
  const { value, source } = await live.quota(name);
  const number = value.toLocaleString('en-US');
  const found = (level: LiveFinding['level'], message: string) => [{ level, what: `quota of ${what}`, message }];
  if (source === 'applied') return found('ok', `${number}, applied to this account`);
  if (source === 'default') return found('ok', `${number}, AWS's default`);
  return found('note', `it may not be looked at: servicequotas:GetServiceQuota is missing. Documented are ${number}`);
}

/** What a route gives for a member, or lets a run request choose. */
function chosen(
  runs: readonly RunTemplate[],
  member: string,
  allowed: 'runGroupIds' | 'cacheIds' | 'roleArns',
): readonly string[] {
  return unique(runs.flatMap((run) => [textMember(run, member) ?? [], run.fromObject?.allow[allowed] ?? []].flat()));
}

async function checkRole(roleArn: string, live: LiveAccount): Promise<LiveFinding[]> {
  const found = (level: LiveFinding['level'], message: string): LiveFinding[] => [{ level, what: roleArn, message }];
  const account = roleArn.split(':')[4];
  if (account !== live.account && roleArn === LAPTOP_ROLE_ARN) {
    return found('error', "it is the laptop's, which stands here while HEALTHOMICS_ROLE_ARN is not set: set it");
  }
  if (account !== live.account)
    return found('error', `it is of account ${account}, and a run takes a role of its own account, ${live.account}`);
  const policy = await live.trustPolicy(roleArn);
  if (policy === undefined) return found('note', 'not looked at: there is no IAM here');
  if (policy === 'missing') return found('error', 'there is no such role. docs/deploy.md has its policies');
  if (policy === 'forbidden') return found('note', 'it may not be looked at: iam:GetRole is missing');
  return found(...TRUSTS[trustOf(policy, live)]);
}

const TRUSTS: Readonly<Record<ReturnType<typeof trustOf>, readonly [LiveFinding['level'], string]>> = {
  none: [
    'error',
    `it does not trust ${HEALTHOMICS}, so HealthOmics cannot assume it. docs/deploy.md has the trust policy`,
  ],
  others: [
    'error',
    `it trusts ${HEALTHOMICS} for runs of another account or region only. docs/deploy.md has the trust policy`,
  ],
  open: ['note', `trusts ${HEALTHOMICS}, whoever it acts for: docs/deploy.md has the conditions that keep others out`],
  trusted: ['ok', `trusts ${HEALTHOMICS} for runs of this account`],
};

function outputBuckets(run: RunTemplate): readonly string[] {
  const prefixes = [run.outputPrefix, ...(run.fromObject?.allow.outputUriPrefixes ?? [])];
  return prefixes.flatMap((uri) => /^s3:\/\/([^/{]+)\//.exec(uri)?.[1] ?? []);
}

function textMember(run: RunTemplate, name: string): string | undefined {
  const value = constantMember(run, name);
  return typeof value === 'string' ? value : undefined;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
