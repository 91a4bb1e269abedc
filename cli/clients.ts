/** SDK clients for a target. Each SDK package is loaded only by the commands that need it. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { OmicsClient } from '@aws-sdk/client-omics';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { STSClient } from '@aws-sdk/client-sts';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Ledger } from '../lib/ledger/ledger.ts';
import { CommandError } from './errors.ts';
import { describeTarget, ledgerTableOf, type Target } from './target.ts';
import type { Terminal } from './terminal.ts';

const MOST_ATTEMPTS = 3;
const NO_REGION = 'No AWS region is set. Set AWS_REGION, or the region of the profile, and try again.';

/** Options that every client of this target takes. */
function clientOptions(target: Target) {
  return {
    maxAttempts: MOST_ATTEMPTS,
    ...(target.endpoint === undefined ? {} : { endpoint: target.endpoint }),
    ...(target.region === undefined ? {} : { region: target.region }),
    ...(target.dummyCredentials ? { credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' } } : {}),
  };
}

export async function openDocuments(target: Target): Promise<DynamoDBDocumentClient> {
  const [{ DynamoDBClient }, { DynamoDBDocumentClient }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('@aws-sdk/lib-dynamodb'),
  ]);
  const options = { marshallOptions: { removeUndefinedValues: true } };
  return DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions(target)), options);
}

export async function openOmics(target: Target): Promise<OmicsClient> {
  const { OmicsClient } = await import('@aws-sdk/client-omics');
  return new OmicsClient({
    ...clientOptions(target),
    ...(target.endpoint === undefined ? {} : { disableHostPrefix: true }),
  });
}

export async function openServiceQuotas(target: Target): Promise<ServiceQuotasClient> {
  const { ServiceQuotasClient } = await import('@aws-sdk/client-service-quotas');
  return new ServiceQuotasClient(clientOptions(target));
}

/** `followRegionRedirects` for buckets that may lie in another region. */
export async function openS3(
  target: Target,
  options: { readonly followRegionRedirects?: boolean } = {},
): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({ ...clientOptions(target), forcePathStyle: target.kind === 'laptop', ...options });
}

export async function openSqs(target: Target): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  return new SQSClient(clientOptions(target));
}

export async function openSts(target: Target): Promise<STSClient> {
  const { STSClient } = await import('@aws-sdk/client-sts');
  return new STSClient(clientOptions(target));
}

export async function openSfn(target: Target): Promise<SFNClient> {
  const { SFNClient } = await import('@aws-sdk/client-sfn');
  return new SFNClient(clientOptions(target));
}

export async function openIam(target: Target): Promise<IAMClient> {
  const { IAMClient } = await import('@aws-sdk/client-iam');
  return new IAMClient(clientOptions(target));
}

export async function openLambda(target: Target): Promise<LambdaClient> {
  const { LambdaClient } = await import('@aws-sdk/client-lambda');
  return new LambdaClient(clientOptions(target));
}

/** Says which target it is, on standard error, then opens its ledger. */
export async function openLedger(target: Target, terminal: Terminal): Promise<Ledger> {
  const [documents, { createLedger }] = await Promise.all([openDocuments(target), import('../lib/ledger/ledger.ts')]);
  await announceTarget(target, terminal, documents);
  return createLedger(documents, ledgerTableOf(target));
}

/** The target in one line on standard error. A real account's number comes from its credentials, else from the ledger's ARN. */
export async function announceTarget(
  target: Target,
  terminal: Terminal,
  client?: DynamoDBDocumentClient,
): Promise<void> {
  if (target.kind === 'laptop') return terminal.note(describeTarget(target));
  const config = (client ?? (await openDocuments(target))).config;
  const region = await config.region().catch(() => undefined);
  if (region === undefined) throw new CommandError(NO_REGION);
  const { accountId } = await config.credentials();
  terminal.note(describeTarget(target, { region, ...(accountId === undefined ? {} : { account: accountId }) }));
}

/** What a failed call means to a person at this target; `undefined` when nothing better than its own message is known. */
export function explainServiceError(error: unknown, target: Target): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const codes = [error, ...(error instanceof AggregateError ? error.errors : [])].map(
    (one: { code?: unknown }) => one.code,
  );
  if (codes.includes('ECONNREFUSED')) {
    return `Nothing answers at ${target.endpoint ?? 'the AWS endpoint'}. Start the laptop AWS with \`npm start\`, or set AWS_ENDPOINT_URL to where it listens.`;
  }
  const { hostname } = error as { hostname?: unknown };
  if (codes.includes('ENOTFOUND') && String(hostname).includes('omics')) {
    return `There is no ${String(hostname)}: HealthOmics is not in every region. Set AWS_REGION, or the region of the profile, to one that has it.`;
  }
  if (codes.some((code) => code === 'ENOTFOUND' || code === 'EAI_AGAIN')) {
    return `AWS cannot be reached from here (${error.message}). To use the laptop AWS instead: eval "$(npx rundrop env)"`;
  }
  // The SDK's own words, in an error without a name.
  if (error.message === 'Region is missing') return NO_REGION;
  if (error.message.startsWith('Region not accepted')) return `${error.message} See AWS_REGION, or the profile.`;
  switch (error.name) {
    case 'ResourceNotFoundException':
      // Of a run it says so.
      if (!error.message.startsWith('Requested resource not found')) return sayFailure(error);
      return `There is no table ${ledgerTableOf(target)} in this account and region. Deploy Rundrop first, or name its stage with --stage.`;
    case 'CredentialsProviderError':
      return `No AWS credentials were found (${error.message}). Sign in, or set AWS_ENDPOINT_URL to use the laptop.`;
    case 'ExpiredTokenException':
    case 'ExpiredToken':
      return `The AWS credentials have expired. Sign in again. (${error.message})`;
    case 'AccessDenied':
    case 'AccessDeniedException':
      return `AWS refused it: ${error.message} (docs/operations.md lists what an operator must be allowed.)`;
    default:
      return '$metadata' in error ? sayFailure(error) : undefined;
  }
}

/** No fault of the program, so nobody is helped by a stack. */
function sayFailure({ name, message }: Error): string {
  return `The call to AWS failed, ${name}: ${message}`;
}
