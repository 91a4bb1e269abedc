import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeSamplePair } from '../../examples/samples.ts';
import { bareEnvironment, ROOT, rundrop } from './command-line.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rundrop-up-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts `rundrop up` and resolves with its endpoint once it is ready. */
async function startUp(...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'rundrop.mjs'), 'up', '--port', '0', ...args], {
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let stdout = '';
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.once('close', () => reject(new Error(`rundrop up ended before it was ready:\n${stdout}`)));
    child.stderr.resume();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const found = /listens on (http:\S+)/.exec(stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, endpoint, ended, stdout: () => stdout };
}

async function sampleFiles(sample: string): Promise<[string, string]> {
  const folder = await temporaryFolder();
  const { r1, r2 } = makeSamplePair(sample, { pairs: 5 });
  const [first, second] = [join(folder, `${sample}_R1.fastq.gz`), join(folder, `${sample}_R2.fastq.gz`)];
  await writeFile(first, r1);
  await writeFile(second, r2);
  return [first, second];
}

test('drops the examples, follows each to its expected end, and ends with 0', async () => {
  const { exitStatus, stdout } = await rundrop(['up', '--port', '0', '--demo', '--once', '--speed', '3000']);
  expect(stdout.split('\n').filter((line) => line.startsWith('ok '))).toEqual([
    'ok a pair, R1 first: COMPLETED at attempt 1',
    'ok a pair, R2 first: COMPLETED at attempt 1',
    'ok a run that fails once with SERVICE_ERROR and is retried: COMPLETED at attempt 2',
    'ok half a pair: waiting for read=2',
    'ok a single object: COMPLETED at attempt 1',
    'ok a run request: COMPLETED at attempt 1',
  ]);
  expect(exitStatus).toBe(0);
}, 120_000);

test('ends with 1 when an example ends otherwise than expected', async () => {
  const args = [
    'up',
    '--port',
    '0',
    '--demo',
    '--once',
    '--speed',
    '3000',
    '--fail',
    'OUT_OF_MEMORY_ERROR,workflow=3333333',
  ];
  const { exitStatus, stdout } = await rundrop(args);
  expect(stdout).toContain('NOT OK a single object: expected COMPLETED at attempt 1, but FAILED at attempt 1');
  expect(exitStatus).toBe(1);
}, 120_000);

test('uploads a pair, shows what waits, the run and all that is on record of it', async () => {
  const { endpoint } = await startUp('--empty', '--speed', '3000');
  const target = { AWS_ENDPOINT_URL: endpoint };
  const [first, second] = await sampleFiles('SYN-0042');

  const half = await rundrop(['drop', first, join(tmpdir(), 'rundrop-no-such-file')], target);
  expect(half.exitStatus).toBe(1);
  expect(half.stdout).toContain('taken by route germline');
  expect(half.stdout).toContain('there is no such file');
  await untilRows('waiting', target, (rows) => rows[0]?.waitingFor === 'read=2');

  expect(await rundrop(['drop', second], target)).toMatchObject({ exitStatus: 0 });
  const rows = await untilRows('runs', target, (found) => found[0]?.status === 'COMPLETED');
  expect(rows).toHaveLength(1);
  expect(JSON.parse((await rundrop(['drops', '--json'], target)).stdout)).toHaveLength(2);
  expect(JSON.parse((await rundrop(['waiting', '--json'], target)).stdout)).toEqual([]);

  const shown = await rundrop(['show', String(rows[0]?.runId), '--json'], target);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    route: 'germline',
    outcome: 'COMPLETED',
    request: { workflowId: '1234567' },
  });
  expect((await rundrop(['show', String(rows[0]?.name)], target)).stdout).toContain(
    's3://acme-incoming/fastq/SYN-0042_R1.fastq.gz',
  );
  expect(await rundrop(['show', '9999999'], target)).toMatchObject({ exitStatus: 1, stdout: '' });
}, 120_000);

test('says of an object that no route takes which route is nearest and where they part', async () => {
  const { endpoint, child, ended, stdout } = await startUp('--empty');
  const [file] = await sampleFiles('SYN-0043');
  const { exitStatus, stdout: told } = await rundrop(['drop', file, '--to', 's3://acme-incoming/fastq/SYN.bam'], {
    AWS_ENDPOINT_URL: endpoint,
  });
  expect(exitStatus).toBe(1);
  expect(told).toContain("nearest is germline: the key matches 'fastq/' but then 'SYN.bam' does not match");
  child.kill('SIGTERM');
  await ended;
  expect(stdout()).toContain('s3://acme-incoming/fastq/SYN.bam: no route takes it; nearest is germline');
}, 60_000);

test.each(['SIGINT', 'SIGTERM'] as const)(
  'ends with 0 on %s, the way to end it',
  async (signal) => {
    const { child, ended } = await startUp('--empty');
    child.kill(signal);
    expect(await ended).toBe(0);
  },
  60_000,
);

test('ends with 128 and the signal when --once is cut short', async () => {
  const { child, ended } = await startUp('--demo', '--once', '--speed', '1');
  child.kill('SIGINT');
  expect(await ended).toBe(130);
}, 60_000);

test('keeps its state with --data, carries on from it, and writes the logs of the functions there', async () => {
  const data = await temporaryFolder();
  const [first, second] = await sampleFiles('SYN-0044');
  const before = await startUp('--empty', '--data', data, '--speed', '100');
  await rundrop(['drop', first, second], { AWS_ENDPOINT_URL: before.endpoint });
  await untilRows('runs', { AWS_ENDPOINT_URL: before.endpoint }, (rows) => rows[0]?.status === 'RUNNING');
  before.child.kill('SIGKILL');
  await before.ended;

  const after = await startUp('--empty', '--data', data, '--speed', '3000');
  const rows = await untilRows(
    'runs',
    { AWS_ENDPOINT_URL: after.endpoint },
    (found) => found[0]?.status === 'COMPLETED',
  );
  expect(rows).toHaveLength(1);
  after.child.kill('SIGTERM');
  await after.ended;
  const logged = (await readFile(join(data, 'functions.log'), 'utf8')).trim().split('\n');
  expect(logged.length).toBeGreaterThan(0);
  expect(logged.every((line) => typeof JSON.parse(line) === 'object')).toBe(true);
}, 120_000);

test.each([
  ['another Rundrop', '/_rundrop/health', 'npx rundrop env --port'],
  ['LocalStack', '/_localstack/health', 'taken by LocalStack'],
  ['another HTTP server', '/', 'taken by another HTTP server'],
])(
  'names %s on the port that it was given, and the next command to type',
  async (_, healthPath, message) => {
    const server = createServer((request, response) =>
      response.writeHead(request.url === healthPath ? 200 : 404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { exitStatus, stderr } = await rundrop(['up', '--empty', '--port', String(port)]);
    expect(exitStatus).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain('npm start -- --port 0');
  },
  60_000,
);

test('reports every problem of a route file with line, column and key before anything starts', async () => {
  const file = join(await temporaryFolder(), 'routes.yaml');
  const text =
    "version: 1\nroutes:\n  - name: a\n    on: { bucket: acme-incoming, key: 'x/{s}.cram' }\n    run: { workflow_id: '1' }\n";
  await writeFile(file, text);
  const { exitStatus, stdout, stderr } = await rundrop(['up', '--port', '0', '--routes', file]);
  expect({ exitStatus, stdout }).toEqual({ exitStatus: 1, stdout: '' });
  expect(stderr).toMatch(/routes\.yaml:5:\d+: routes\[0\]\.run\.workflow_id: .*did you mean "workflowId"\?/);
});

test('says which route file cannot be read', async () => {
  const { exitStatus, stderr } = await rundrop([
    'up',
    '--port',
    '0',
    '--routes',
    join(tmpdir(), 'rundrop-no-such.yaml'),
  ]);
  expect(exitStatus).toBe(1);
  expect(stderr).toContain('there is no such file');
});

test.each(['/proc/rundrop', join(ROOT, 'package.json'), join(ROOT, 'package.json', 'below')])(
  'ends with 1 and says so when %s cannot be the folder of --data',
  async (data) => {
    const { exitStatus, stderr } = await rundrop(['up', '--empty', '--port', '0', '--data', data]);
    expect({ exitStatus, stderr }).toEqual({
      exitStatus: 1,
      stderr: expect.stringMatching(/^error: The folder \S+ for --data cannot be used \(E[A-Z]+: .*\)/),
    });
  },
);

type Row = Readonly<Record<string, unknown>>;

/** Asks until the rows are as wanted; at most 60 times, each a process of its own. */
async function untilRows(
  command: 'waiting' | 'runs',
  target: Readonly<Record<string, string>>,
  wanted: (rows: readonly Row[]) => boolean,
): Promise<readonly Row[]> {
  let last = '';
  for (let asked = 0; asked < 60; asked += 1) {
    last = (await rundrop([command, '--json'], target)).stdout;
    const rows = JSON.parse(last) as Row[];
    if (wanted(rows)) return rows;
  }
  throw new Error(`rundrop ${command} never showed what was waited for; at last: ${last}`);
}
