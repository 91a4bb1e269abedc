/** A laptop AWS in a child process, and the clients that the figures need of it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OmicsClient, paginateListRuns, type RunListItem } from '@aws-sdk/client-omics';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { documentClient } from '../lib/aws/ledger.ts';
import { createLedger, type Ledger } from '../lib/ledger/ledger.ts';
import { CheckFailed } from './figure.ts';
import type { ChildOptions, ChildReady } from './stack-child.ts';

/** The route file that ships takes run requests here. */
export const LISTENED_BUCKET = 'acme-incoming';
/** Outputs go here, so the bucket exists and no rule listens to it. */
export const UNHEARD_BUCKET = 'acme-results';
const ROUTES_FILE = join(import.meta.dirname, '..', 'rundrop.yaml');
const END_LIMIT_MS = 5_000;
const LISTED_AT_MOST = 10_000;

export interface Laptop {
  readonly endpoint: string;
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly omics: OmicsClient;
  readonly ledger: Ledger;
  readonly pid: number;
  put(bucket: string, key: string, body: string): Promise<void>;
  runs(): Promise<RunListItem[]>;
  stop(): Promise<void>;
}

export async function startLaptop(options: Omit<ChildOptions, 'routesFile'>, concurrency: number): Promise<Laptop> {
  const child = fork(join(import.meta.dirname, 'stack-child.ts'), [
    JSON.stringify({ ...options, routesFile: ROUTES_FILE } satisfies ChildOptions),
  ]);
  const { endpoint } = await readyOf(child);
  const settings = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: concurrency }) },
  };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const sfn = new SFNClient(settings);
  const omics = new OmicsClient({ ...settings, disableHostPrefix: true });
  const documents = documentClient(new DynamoDBClient(settings));
  return {
    endpoint,
    s3,
    sfn,
    omics,
    ledger: createLedger(documents, 'rundrop-local-ledger'),
    pid: child.pid ?? 0,
    async put(bucket, key, body) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    },
    async runs() {
      const runs: RunListItem[] = [];
      for await (const page of paginateListRuns({ client: omics, pageSize: 100 }, {})) {
        runs.push(...(page.items ?? []));
        if (runs.length > LISTED_AT_MOST) break;
      }
      return runs;
    },
    async stop() {
      for (const client of [s3, sfn, omics, documents]) client.destroy();
      await end(child);
    },
  };
}

async function readyOf(child: ChildProcess): Promise<ChildReady> {
  const { promise, resolve, reject } = Promise.withResolvers<ChildReady>();
  child.once('message', (message) => resolve(message as ChildReady));
  child.once('exit', (code) => reject(new CheckFailed(`The laptop AWS ended with ${code} before it was ready.`)));
  return promise;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

/** Looks every `everyMs` until there is an answer. @throws CheckFailed after `limitMs`. */
export async function eventually<T>(
  what: string,
  { everyMs = 1_000, limitMs }: { readonly everyMs?: number; readonly limitMs: number },
  look: () => Promise<T | undefined>,
): Promise<T> {
  const endMs = Date.now() + limitMs;
  while (Date.now() < endMs) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(everyMs);
  }
  throw new CheckFailed(`Not seen within ${limitMs / 1_000} s: ${what}.`);
}
