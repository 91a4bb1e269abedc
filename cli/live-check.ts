/**
 * What has to be there before a deployment can work: buckets that announce their objects, workflows, the service role.
 * Pure but for the port; every finding says what to do.
 */
import type { RouteFile } from '../lib/routing/route-file.ts';
import { constantMember, type RunTemplate } from '../lib/routing/run-template.ts';

export interface BucketFacts {
  readonly region: string;
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
  /** A workflow's status: ACTIVE and others. */
  workflow(workflow: {
    readonly id: string;
    readonly type?: string;
    readonly ownerId?: string;
  }): Promise<Looked<string>>;
  /** The role's trust policy as JSON text; `undefined` where there is no IAM to ask. */
  trustPolicy(roleArn: string): Promise<Looked<string> | undefined>;
}

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
    ...unique(runs.flatMap(rolesOf)).map((role) => () => checkRole(role, live)),
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
  if (typeof bucket === 'string') return [bucketTrouble(what, bucket)];
  const { encryption, notifications } = bucket;
  if (bucket.region !== live.region) return [elsewhere(what, bucket.region, live.region)];
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
  return [{ level: 'ok', what, message: `in ${bucket.region}, ${sayEncryption(encryption)}, announces its objects` }];
}

async function checkOutput(name: string, live: LiveAccount): Promise<LiveFinding[]> {
  const what = `s3://${name}`;
  const bucket = await live.bucket(name);
  if (typeof bucket === 'string') return [bucketTrouble(what, bucket)];
  if (bucket.region !== live.region) return [elsewhere(what, bucket.region, live.region)];
  return [{ level: 'ok', what, message: `in ${bucket.region}, ${sayEncryption(bucket.encryption)}, for outputs` }];
}

function sayEncryption(encryption: string | undefined): string {
  return encryption === undefined ? 'encryption not known' : `encrypted (${encryption})`;
}

function bucketTrouble(what: string, trouble: 'missing' | 'forbidden'): LiveFinding {
  const message =
    trouble === 'missing'
      ? 'there is no such bucket. Create it, or have the setting createBuckets create the buckets of the routes'
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

interface WorkflowChoice {
  readonly id: string;
  readonly type?: string;
  readonly ownerId?: string;
}

function workflowsOf(runs: readonly RunTemplate[]): readonly WorkflowChoice[] {
  const all = runs.flatMap((run) => {
    const [type, ownerId] = ['workflowType', 'workflowOwnerId'].map((name) => textMember(run, name));
    const id = textMember(run, 'workflowId');
    const ids = unique([...(id === undefined ? [] : [id]), ...(run.fromObject?.allow.workflowIds ?? [])]);
    return ids.map((one) => ({ id: one, ...(type ? { type } : {}), ...(ownerId ? { ownerId } : {}) }));
  });
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

async function checkWorkflow(workflow: WorkflowChoice, live: LiveAccount): Promise<LiveFinding[]> {
  const what = `workflow ${workflow.id}`;
  const status = await live.workflow(workflow);
  if (status === 'ACTIVE') return [{ level: 'ok', what, message: 'is ACTIVE' }];
  if (status === 'forbidden')
    return [{ level: 'note', what, message: 'it may not be looked at: omics:GetWorkflow is missing' }];
  const message =
    status === 'missing'
      ? `HealthOmics has none of that id in account ${live.account}, ${live.region}`
      : `it is ${status}, and only an ACTIVE one can run`;
  return [{ level: 'error', what, message }];
}

function rolesOf(run: RunTemplate): readonly string[] {
  const role = textMember(run, 'roleArn');
  return [...(role === undefined ? [] : [role]), ...(run.fromObject?.allow.roleArns ?? [])];
}

async function checkRole(roleArn: string, live: LiveAccount): Promise<LiveFinding[]> {
  const found = (level: LiveFinding['level'], message: string): LiveFinding[] => [{ level, what: roleArn, message }];
  const account = roleArn.split(':')[4];
  if (account !== live.account)
    return found('error', `it is of account ${account}, and a run takes a role of its own account, ${live.account}`);
  const policy = await live.trustPolicy(roleArn);
  if (policy === undefined) return found('note', 'not looked at: there is no IAM here');
  if (policy === 'missing') return found('error', 'there is no such role. docs/deploy.md has its policies');
  if (policy === 'forbidden') return found('note', 'it may not be looked at: iam:GetRole is missing');
  return policy.includes(HEALTHOMICS)
    ? found('ok', `trusts ${HEALTHOMICS}`)
    : found(
        'error',
        `it does not trust ${HEALTHOMICS}, so HealthOmics cannot assume it. docs/deploy.md has the trust policy`,
      );
}

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
