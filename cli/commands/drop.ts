/** `rundrop drop`: uploads files and says which route takes each. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { announceTarget, openS3 } from '../clients.ts';
import { UsageError } from '../errors.ts';
import { openRouting, type Routing } from '../routing.ts';
import { LAPTOP_ACCOUNT, type Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { formatSize, paint, printable } from '../text.ts';
import { uploadFile } from '../upload.ts';

export interface DropOptions {
  readonly to?: string;
  readonly routes: string;
  readonly account?: string;
  readonly json?: boolean;
}

export interface Place {
  readonly bucket: string;
  readonly key: string;
}

/** What became of one file. */
interface Dropped {
  readonly file: string;
  readonly object?: string;
  readonly sizeBytes?: number;
  readonly etag?: string;
  readonly route?: string;
  /** Why it was not uploaded, or why no route takes it. */
  readonly problem?: string;
}

export async function drop(
  target: Target,
  terminal: Terminal,
  files: readonly string[],
  options: DropOptions,
): Promise<number> {
  const destination = options.to === undefined ? undefined : parseDestination(options.to, files.length);
  const account = checkAccount(target, options.account);
  const routing = await openRouting(options.routes);
  await announceTarget(target, terminal);
  const s3 = await openS3(target);
  const results: Dropped[] = [];
  // One after the other: the order of the command line is the order of the drops.
  for (const file of files) {
    const result = await dropOne({ file, destination, routing, account, s3 });
    if (!options.json) for (const line of describe(result, terminal)) terminal.out(line);
    results.push(result);
  }
  if (options.json) terminal.out(JSON.stringify(results, null, 2));
  return results.every(({ problem }) => problem === undefined) ? 0 : 1;
}

interface OneDrop {
  readonly file: string;
  readonly destination: Place | undefined;
  readonly routing: Routing;
  readonly account: string | undefined;
  readonly s3: Awaited<ReturnType<typeof openS3>>;
}

async function dropOne({ file, destination, routing, account, s3 }: OneDrop): Promise<Dropped> {
  const sizeBytes = await sizeOf(file);
  if (typeof sizeBytes === 'string') return { file, problem: sizeBytes };
  const place = destination === undefined ? routing.placeFor(basename(file)) : placeIn(destination, file);
  if (place === undefined) {
    return {
      file,
      sizeBytes,
      problem: 'no route has a place for a file of that name; say with --to where it should go',
    };
  }
  const object = `s3://${place.bucket}/${place.key}`;
  try {
    const owner = account === undefined ? {} : { expectedBucketOwner: account };
    const etag = await uploadFile(s3, { path: file, sizeBytes, ...place, ...owner });
    return { file, object, sizeBytes, etag, ...routing.match({ ...place, sizeBytes, etag }) };
  } catch (error) {
    if (isAboutTheTarget(error)) throw error;
    return { file, object, sizeBytes, problem: `not uploaded: ${explain(error, place)}` };
  }
}

/** Such a failure hits every other file in the same way. */
function isAboutTheTarget(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const codes = [error, ...(error instanceof AggregateError ? error.errors : [])].map(
    (one: { code?: unknown }) => one.code,
  );
  return codes.includes('ECONNREFUSED') || error.name === 'CredentialsProviderError';
}

function explain(error: unknown, place: Place): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'NoSuchBucket') return `there is no bucket ${place.bucket}`;
  return `${error.name}: ${error.message}`;
}

/** The size in bytes, or why the file cannot be dropped. */
async function sizeOf(file: string): Promise<number | string> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) return 'it is a folder; name the files in it';
    return found.isFile() ? found.size : 'it is not a regular file';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return 'there is no such file';
    return code === 'EACCES' ? 'it may not be read' : `it cannot be read (${code ?? String(error)})`;
  }
}

/**
 * Where `--to` leads: a prefix, when it ends in a slash, or one key.
 *
 * @throws UsageError when it is not an S3 URI, or is one key for several files.
 */
function parseDestination(uri: string, files: number): Place {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
  const [, bucket, key = ''] = match ?? [];
  if (bucket === undefined)
    throw new UsageError(`--to "${uri}" is not of the form s3://bucket/prefix/ or s3://bucket/key`);
  if (files > 1 && key !== '' && !key.endsWith('/')) {
    throw new UsageError(`--to "${uri}" names one object for ${files} files; end it with a slash to make it a prefix`);
  }
  return { bucket, key };
}

function placeIn(destination: Place, file: string): Place {
  const isPrefix = destination.key === '' || destination.key.endsWith('/');
  return isPrefix ? { bucket: destination.bucket, key: destination.key + basename(file) } : destination;
}

/** A drop starts runs, which cost money: a real account has to be named. S3 itself checks that it owns the bucket. */
export function checkAccount(target: Target, account: string | undefined): string | undefined {
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw new UsageError(`--account "${account}" is not twelve digits`);
  if (target.kind === 'laptop') {
    if (account === undefined || account === LAPTOP_ACCOUNT) return undefined;
    throw new UsageError(
      `--account says ${account}, and this would go to the laptop, which is ${LAPTOP_ACCOUNT}. Nothing was sent. Set AWS_PROFILE, or give credentials, for AWS itself, and leave AWS_ENDPOINT_URL unset.`,
    );
  }
  if (account === undefined) {
    throw new UsageError(
      'This would drop into a real AWS account. Add --account ID with the number of the one that you mean.',
    );
  }
  return account;
}

function describe(result: Dropped, terminal: Terminal): string[] {
  const name = printable(result.file);
  if (result.object === undefined || result.etag === undefined) {
    return [`${paint('✗', 'red', terminal.screen)} ${name}: ${result.problem ?? 'not uploaded'}`];
  }
  const uploaded = `${name} → ${printable(result.object)} (${formatSize(result.sizeBytes ?? 0)})`;
  if (result.route !== undefined)
    return [`${paint('✓', 'green', terminal.screen)} ${uploaded}, taken by route ${result.route}`];
  return [`${paint('!', 'yellow', terminal.screen)} ${uploaded}`, `  ${result.problem ?? 'no route takes it'}`];
}
