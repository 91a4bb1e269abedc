/** The whole laptop AWS for one test file, on a free port, and what the tests do with it: all over unmodified SDK clients. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { OmicsClient } from '@aws-sdk/client-omics';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, type DescribeExecutionOutput, SFNClient } from '@aws-sdk/client-sfn';
import { documentClient } from '../../lib/aws/ledger.ts';
import type { DropRecord } from '../../lib/ledger/drops.ts';
import { createLedger, type Ledger } from '../../lib/ledger/ledger.ts';
import type { RequestRecord } from '../../lib/runs/request-record.ts';
import { type Stack, type StackOptions, startStack } from '../../local/stack.ts';

export const BUCKET = 'acme-incoming';
export const STATE_MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:rundrop-local-run-lifecycle';
export const ROLE_ARN = 'arn:aws:iam::000000000000:role/HealthOmicsServiceRole';

/** How a route file begins whose runs make room for each other; its routes follow. */
export const REMOVE_ROUTES = `version: 1
defaults:
  roleArn: ${ROLE_ARN}
  outputUri: s3://acme-results/{route}/
  retentionMode: REMOVE
  storageType: DYNAMIC
routes:`;

export interface Laptop {
  readonly stack: Stack;
  /** For other clients of it. */
  readonly clientSettings: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly routesFile: string;
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly omics: OmicsClient;
  readonly ledger: Ledger;
  put(key: string, body?: string): Promise<void>;
  /** Waits until `count` requests have ended and are announced; newest first. */
  endedRequests(count: number): Promise<readonly RequestRecord[]>;
  drops(): Promise<readonly DropRecord[]>;
  /** What a function answers, by its name in functions/. @throws when it throws */
  invoke<T>(name: string, payload: unknown): Promise<T>;
  /** Waits for the end of an execution. */
  closed(executionArn: string): Promise<DescribeExecutionOutput>;
  stop(): Promise<void>;
}

/** Runs take a fraction of a second. */
const SPEED = 5_000;
const PROJECT_ROUTES = fileURLToPath(new URL('../../rundrop.yaml', import.meta.url));

export interface LaptopOptions extends Partial<Omit<StackOptions, 'routesFile'>> {
  /** The text of its route file; absent: the project's own. */
  readonly routes?: string;
}

export async function startLaptop({ routes, ...options }: LaptopOptions = {}): Promise<Laptop> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rundrop-laptop-'));
  const routesFile = routes === undefined ? PROJECT_ROUTES : path.join(folder, 'rundrop.yaml');
  if (routes !== undefined) await writeFile(routesFile, routes);
  const stack = await startStack({
    port: 0,
    speed: SPEED,
    routesFile,
    report: (line) => console.error(line),
    ...options,
  });
  const clientSettings = {
    endpoint: stack.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const s3 = new S3Client({ ...clientSettings, forcePathStyle: true });
  const sfn = new SFNClient(clientSettings);
  const omics = new OmicsClient({ ...clientSettings, disableHostPrefix: true });
  const lambda = new LambdaClient(clientSettings);
  const ledger = createLedger(documentClient(new DynamoDBClient(clientSettings)), 'rundrop-local-ledger');
  return {
    stack,
    clientSettings,
    routesFile,
    s3,
    sfn,
    omics,
    ledger,
    async put(key, body = `content of ${key}`) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
    },
    endedRequests: (count) =>
      eventually(async () => {
        const ended = (await ledger.requests.list(1_000)).filter(({ announcedAt }) => announcedAt !== undefined);
        return ended.length >= count ? ended : undefined;
      }),
    drops: () => ledger.drops.list(1_000),
    async invoke<T>(name: string, payload: unknown) {
      const FunctionName = `rundrop-local-${name}`;
      const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }));
      const text = Buffer.from(answer.Payload ?? []).toString();
      if (answer.FunctionError !== undefined) throw new Error(`${name} threw ${text}`);
      return JSON.parse(text) as T;
    },
    closed: (executionArn) =>
      eventually(async () => {
        const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
        return described.status === 'RUNNING' ? undefined : described;
      }),
    async stop() {
      for (const client of [s3, sfn, omics, lambda]) client.destroy();
      await stack.close();
      await rm(folder, { recursive: true });
    },
  };
}

const LOOK_EVERY_MS = 50;
const LONGEST_WAIT_MS = 25_000;

/** Looks until there is an answer. Bounded well below the test's own time limit, so that a failure names what was awaited. */
export async function eventually<T>(
  look: () => Promise<T | undefined>,
  { everyMs = LOOK_EVERY_MS, withinMs = LONGEST_WAIT_MS }: { everyMs?: number; withinMs?: number } = {},
): Promise<T> {
  const endMs = Date.now() + withinMs;
  while (Date.now() < endMs) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`Not seen within ${withinMs} ms: ${look.toString().slice(0, 200)}`);
}
