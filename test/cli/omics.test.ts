import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  GetRunCommand,
  ListRunsCommand,
  OmicsClient,
  StartRunCommand,
  type StartRunCommandInput,
} from '@aws-sdk/client-omics';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { expect, onTestFinished, test } from 'vitest';
import { bareEnvironment, ROOT, rundrop } from './command-line.ts';

const CREDENTIALS = { accessKeyId: 'laptop', secretAccessKey: 'laptop' };

interface Emulator {
  readonly child: ChildProcess;
  readonly endpoint: string;
  readonly client: OmicsClient;
  /** Lines of standard output so far. */
  readonly printed: readonly string[];
}

/** `rundrop omics` in a process of its own; resolves once it is ready. */
async function startEmulator(...args: string[]): Promise<Emulator> {
  const command = [join(ROOT, 'cli', 'rundrop.mjs'), 'omics', '--port', '0', ...args];
  const child = spawn(process.execPath, command, { env: bareEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => printed.push(line));
  // With --json the ready line is on standard error.
  const ready = createInterface({ input: args.includes('--json') ? child.stderr : child.stdout });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const said: string[] = [];
  ready.on('line', (line) => {
    said.push(line);
    const found = /listens on (http:\S+)/.exec(line)?.[1];
    if (found !== undefined) resolve(found);
  });
  child.once('close', () => reject(new Error(`rundrop omics ended before it was ready:\n${said.join('\n')}`)));
  const endpoint = await promise;
  const settings = { endpoint, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 };
  const client = new OmicsClient({ ...settings, disableHostPrefix: true });
  onTestFinished(() => client.destroy());
  return { child, endpoint, client, printed };
}

function runRequest(overrides: Partial<StartRunCommandInput> = {}): StartRunCommandInput {
  return {
    workflowId: '1234567',
    roleArn: 'arn:aws:iam::000000000000:role/HealthOmicsRunRole',
    outputUri: 's3://acme-results/',
    parameters: { fastq_1: 's3://acme-incoming/a_R1.fastq.gz' },
    requestId: crypto.randomUUID(),
    ...overrides,
  };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rundrop-omics-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('sets every kind of option that it has', async () => {
  const { client, endpoint } = await startEmulator(
    ...['--quota', 'stored-runs=2', '--switch', 'requestIdReuse=SAME_ANSWER', '--seed', '7', '--speed', '100'],
    ...['--fault', 'CancelRun=ACCESS_DENIED', '--fail', 'SERVICE_ERROR@STARTING', '--duration', 'PENDING=0'],
    '--duration=STARTING=0',
    '--duration=STOPPING=0',
  );
  const request = runRequest();
  const { id } = await client.send(new StartRunCommand(request));
  expect((await client.send(new StartRunCommand({ ...request, priority: 5 }))).id).toBe(id);
  await expect
    .poll(async () => (await client.send(new GetRunCommand({ id }))).failureReason, { timeout: 10_000 })
    .toBe('SERVICE_ERROR');
  await client.send(new StartRunCommand(runRequest()));
  await expect(client.send(new StartRunCommand(runRequest()))).rejects.toMatchObject({
    name: 'ServiceQuotaExceededException',
  });
  const quotas = new ServiceQuotasClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  onTestFinished(() => quotas.destroy());
  const stored = { ServiceCode: 'omics', QuotaCode: 'L-C9679DBC' };
  expect((await quotas.send(new GetServiceQuotaCommand(stored))).Quota?.Value).toBe(2);
});

test('prints events as lines of JSON', async () => {
  const { client, printed } = await startEmulator('--json', '--speed', '1000000');
  const { id, arn } = await client.send(new StartRunCommand(runRequest()));
  const runEvents = () =>
    printed
      .map((line) => JSON.parse(line) as { 'detail-type': string; detail: { runId: string; status: string } })
      .filter((event) => event['detail-type'] === 'Run Status Change');
  const statuses = ['PENDING', 'STARTING', 'RUNNING', 'STOPPING', 'COMPLETED'];
  await expect.poll(() => runEvents().map(({ detail }) => detail.status), { timeout: 10_000 }).toEqual(statuses);
  expect(runEvents()[0]).toMatchObject({ source: 'aws.omics', resources: [arn], detail: { runId: id } });
});

test('ends with 0 when it is told to, and takes the same port and folder again', async () => {
  const folder = await temporaryFolder();
  const { child, client } = await startEmulator('--data', folder);
  const { id } = await client.send(new StartRunCommand(runRequest()));
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  const again = await startEmulator('--data', folder);
  expect((await again.client.send(new GetRunCommand({ id }))).id).toBe(id);
  const { exitStatus, stderr } = await rundrop(['omics', '--port', '0', '--data', folder]);
  expect([exitStatus, stderr]).toEqual([1, expect.stringContaining('is in use by process')]);
});

test.each([
  [['--switch', 'listOrder=SIDEWAYS'], 'NEWEST_FIRST, OLDEST_FIRST'],
  [['--switch', 'unheardOf=1'], 'requestIdReuse'],
  [['--fault', 'GetRun=EXPLODE'], 'SERVER_ERROR'],
  [['--fault', 'GetRuns=SERVER_ERROR'], 'no operation GetRuns'],
  [['--fault', 'GetRun=SERVER_ERROR:2'], 'from 0 to 1'],
  [['--event-fault', 'lose=x'], 'not a number'],
  [['--duration', 'COMPLETED=1'], 'PENDING, STARTING, RUNNING, STOPPING'],
  [['--quota', 'x=1'], 'stored-runs'],
])('rejects %j', async (args, advice) => {
  const { exitStatus, stderr } = await rundrop(['omics', '--port', '0', ...args]);
  expect([exitStatus, stderr]).toEqual([2, expect.stringContaining(advice)]);
});

/** Each life of the process ends by SIGKILL in the middle of StartRun calls, at a moment of no one's choosing. */
test('comes back from SIGKILL with every run that was acknowledged, none of them twice', async () => {
  const folder = await temporaryFolder();
  const acknowledged = new Map<string, { readonly request: StartRunCommandInput; readonly uuid: string }>();
  const unanswered: StartRunCommandInput[] = [];
  for (const killAfter of [1, 23, 57, 90]) {
    const { child, client } = await startEmulator('--data', folder);
    const ended = once(child, 'close');
    let answers = 0;
    const startUntilKilled = async () => {
      for (let calls = 0; calls < 1_000; calls += 1) {
        const request = runRequest();
        try {
          const { id = '', uuid = '' } = await client.send(new StartRunCommand(request));
          acknowledged.set(id, { request, uuid });
        } catch {
          unanswered.push(request);
          return;
        }
        answers += 1;
        if (answers === killAfter) child.kill('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 8 }, startUntilKilled));
    await ended;
  }
  const { client } = await startEmulator('--data', folder);
  for (const [id, { request, uuid }] of acknowledged) {
    expect((await client.send(new GetRunCommand({ id }))).uuid).toBe(uuid);
    expect((await client.send(new StartRunCommand(request))).uuid).toBe(uuid);
  }
  const ids = new Set<string | undefined>(acknowledged.keys());
  for (const request of unanswered) ids.add((await client.send(new StartRunCommand(request))).id);
  expect(ids.size).toBe(acknowledged.size + unanswered.length);
  const listed = new Set<string | undefined>();
  let startingToken: string | undefined;
  do {
    const page = await client.send(new ListRunsCommand({ startingToken }));
    for (const item of page.items ?? []) listed.add(item.id);
    startingToken = page.nextToken;
  } while (startingToken !== undefined && listed.size < 5_000);
  expect(listed).toEqual(ids);
}, 60_000);
