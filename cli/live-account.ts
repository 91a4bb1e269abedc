/** The account that `check --live` looks at, through the AWS SDK. It reads, and changes nothing. */
import {
  GetRunCacheCommand,
  GetRunGroupCommand,
  GetWorkflowCommand,
  GetWorkflowVersionCommand,
  type WorkflowType,
} from '@aws-sdk/client-omics';
import {
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  HeadBucketCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { OMICS_QUOTAS, readQuota } from '../lib/aws/quotas.ts';
import { openIam, openOmics, openS3, openServiceQuotas, openSts } from './clients.ts';
import type { BucketFacts, LiveAccount, Looked } from './live-check.ts';
import { LAPTOP_ACCOUNT, type Target } from './target.ts';

const FORBIDDEN = new Set(['AccessDenied', 'AccessDeniedException', 'Forbidden', '403', 'AllAccessDisabled']);
const MISSING = new Set([
  'NotFound',
  'NoSuchBucket',
  'NoSuchEntity',
  'NoSuchEntityException',
  'ResourceNotFoundException',
  '404',
]);

export async function openLiveAccount(target: Target): Promise<LiveAccount> {
  const [s3, omics, serviceQuotas] = await Promise.all([
    openS3(target, { followRegionRedirects: true }),
    openOmics(target),
    openServiceQuotas(target),
  ]);
  const account = target.kind === 'laptop' ? LAPTOP_ACCOUNT : await accountOf(target);
  return {
    account,
    region: await s3.config.region(),
    bucket: (Bucket) =>
      looked(async (): Promise<BucketFacts> => {
        const { BucketRegion } = await s3.send(new HeadBucketCommand({ Bucket }));
        const [ours, encryption, notifications] = await Promise.all([
          // S3 answers 403 where another account owns it.
          allowed(() => s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: account }))),
          allowed(() => s3.send(new GetBucketEncryptionCommand({ Bucket }))),
          allowed(() => s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))),
        ]);
        const [rule] = encryption?.ServerSideEncryptionConfiguration?.Rules ?? [];
        return {
          region: BucketRegion ?? 'us-east-1',
          isOurs: ours !== undefined,
          encryption: rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
          notifications: notifications === undefined ? undefined : { ...notifications, $metadata: undefined },
        };
      }),
    workflow: ({ id, type, ownerId, version }) =>
      looked(async () => {
        const choice = {
          ...(type ? { type: type as WorkflowType } : {}),
          ...(ownerId ? { workflowOwnerId: ownerId } : {}),
        };
        const { status = 'without a status' } =
          version === undefined
            ? await omics.send(new GetWorkflowCommand({ id, ...choice }))
            : await omics.send(new GetWorkflowVersionCommand({ workflowId: id, versionName: version, ...choice }));
        return status;
      }),
    runGroup: (id) =>
      looked(async () => {
        await omics.send(new GetRunGroupCommand({ id }));
        return 'there' as const;
      }),
    runCache: (id) =>
      looked(async () => (await omics.send(new GetRunCacheCommand({ id }))).status ?? 'without a status'),
    // What cannot be read is told as the documented value.
    quota: (name) => readQuota(serviceQuotas, OMICS_QUOTAS[name], { warn: () => {} }),
    trustPolicy: async (roleArn) =>
      target.kind === 'laptop' ? undefined : looked(() => trustPolicyOf(target, roleArn)),
  };
}

async function accountOf(target: Target): Promise<string> {
  const { Account = '' } = await (await openSts(target)).send(new GetCallerIdentityCommand({}));
  return Account;
}

/** IAM writes it URL-encoded. */
async function trustPolicyOf(target: Target, roleArn: string): Promise<string> {
  const [iam, { GetRoleCommand }] = await Promise.all([openIam(target), import('@aws-sdk/client-iam')]);
  const RoleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
}

async function looked<Facts>(look: () => Promise<Facts>): Promise<Looked<Facts>> {
  try {
    return await look();
  } catch (error) {
    if (isOneOf(error, MISSING)) return 'missing';
    if (isOneOf(error, FORBIDDEN)) return 'forbidden';
    throw error;
  }
}

/** `undefined` where the caller may not look. */
async function allowed<Answer>(look: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isOneOf(error, FORBIDDEN)) return undefined;
    throw error;
  }
}

/** HeadBucket has no body, so its errors have a status for a name. */
function isOneOf(error: unknown, names: ReadonlySet<string>): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return names.has(name ?? '') || names.has(String($metadata?.httpStatusCode));
}
