import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListRunsCommand, OmicsClient } from '@aws-sdk/client-omics';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { documentClient } from '../../lib/aws/ledger.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import { BUCKET, eventually } from './laptop.ts';

let dataDir: string;
let laptop: ChildProcess | undefined;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'rundrop-restart-'));
});
afterEach(async () => {
  laptop?.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

const program = fileURLToPath(new URL('stack-process.ts', import.meta.url));

/** A laptop in a process of its own, so that it can be killed. Resolves to its endpoint. */
async function start(): Promise<string> {
  laptop = spawn(process.execPath, [program, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: laptop.stdout ?? process.stdin });
  const [endpoint] = (await once(lines, 'line')) as [string];
  return endpoint;
}

async function kill(): Promise<void> {
  const dead = laptop && once(laptop, 'exit');
  laptop?.kill('SIGKILL');
  await dead;
}

function clientsOf(endpoint: string) {
  const settings = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  return {
    put: (key: string) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: `content of ${key}` })),
    omics: new OmicsClient({ ...settings, disableHostPrefix: true }),
    ledger: createLedger(documentClient(new DynamoDBClient(settings)), 'rundrop-local-ledger'),
  };
}

const SAMPLES = Array.from({ length: 12 }, (_, number) => `SYN-${number}`);

it('goes on after SIGKILL at any moment: every acknowledged drop ends in one run', async () => {
  let endpoint = await start();
  for (const [index, sample] of SAMPLES.entries()) {
    const { put } = clientsOf(endpoint);
    await put(`fastq/${sample}_R1.fastq.gz`);
    await put(`fastq/${sample}_R2.fastq.gz`);
    if (index % 4 === 3) {
      await kill();
      endpoint = await start();
    }
  }
  const { ledger, omics } = clientsOf(endpoint);
  const requests = await eventually(async () => {
    const all = await ledger.requests.list(100);
    return all.length >= SAMPLES.length && all.every(({ announcedAt }) => announcedAt !== undefined) ? all : undefined;
  });
  expect(requests.map(({ outcome }) => outcome)).toEqual(SAMPLES.map(() => 'COMPLETED'));
  const { items = [] } = await omics.send(new ListRunsCommand({ maxResults: 100 }));
  expect(items).toHaveLength(SAMPLES.length);
});

it('keeps half a pair over a restart, and completes it afterwards', async () => {
  await clientsOf(await start()).put('fastq/SYN-A_R1.fastq.gz');
  await kill();
  const { put, ledger } = clientsOf(await start());
  await put('fastq/SYN-A_R2.fastq.gz');
  const [request] = await eventually(async () => {
    const ended = (await ledger.requests.list(10)).filter(({ announcedAt }) => announcedAt !== undefined);
    return ended.length > 0 ? ended : undefined;
  });
  expect(request?.outcome).toBe('COMPLETED');
});
