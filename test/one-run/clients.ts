/** Unmodified SDK clients of a laptop AWS that may be gone at any moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OmicsClient } from '@aws-sdk/client-omics';
import { PutObjectCommand, type PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { documentClient } from '../../lib/aws/ledger.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import type { Laptop } from './read-everything.ts';

const BUCKET = 'acme-incoming';
const WORKERS = 8;
const TRY_AGAIN_MS = 100;
const LONGEST_PUT_MS = 5_000;
/** What the run requests read, where no route listens: without it they would be refused. */
const INPUT_BUCKET = 'acme-results';
const INPUT_KEY = 'inputs/SYN.cram';

function settingsOf(port: number) {
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'kill', secretAccessKey: 'kill' },
    maxAttempts: 1,
  };
}

export interface Progress {
  /** So many keys, from the first, may be dropped now. */
  allowed: number;
  /** PUTs so far, answered or not. */
  tries: number;
}

/** Puts an object for each key, again until the answer is 200. Resolves when all have been. */
export async function dropEach(
  keys: readonly string[],
  { port, progress }: { readonly port: number; readonly progress: Progress },
): Promise<void> {
  const s3 = new S3Client({ ...settingsOf(port), forcePathStyle: true });
  const put = async (Bucket: string, Key: string, Body: string) => {
    while (!(await isPut(s3, { Bucket, Key, Body }, progress))) await sleep(TRY_AGAIN_MS);
  };
  await put(INPUT_BUCKET, INPUT_KEY, 'reads');
  const left = keys.entries();
  const drop = async () => {
    for (const [number, key] of left) {
      while (number >= progress.allowed) await sleep(TRY_AGAIN_MS);
      await put(BUCKET, key, bodyOf(key));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, drop));
  s3.destroy();
}

async function isPut(s3: S3Client, object: PutObjectCommandInput, progress: Progress): Promise<boolean> {
  progress.tries += 1;
  try {
    await s3.send(new PutObjectCommand(object), {
      abortSignal: AbortSignal.timeout(LONGEST_PUT_MS),
    });
    return true;
  } catch {
    // Whoever answers 5xx, or nothing, because it was just killed, is asked again: that is what the tool is about.
    return false;
  }
}

function bodyOf(key: string): string {
  if (!key.endsWith('.json')) return `reads of ${key}`;
  return JSON.stringify({ workflowId: '3333333', parameters: { input: `s3://${INPUT_BUCKET}/${INPUT_KEY}` } });
}

export function laptopOn(port: number): Laptop {
  const settings = { ...settingsOf(port), maxAttempts: 10 };
  return {
    omics: new OmicsClient({ ...settings, disableHostPrefix: true }),
    ledger: createLedger(documentClient(new DynamoDBClient(settings)), 'rundrop-local-ledger'),
  };
}
