import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFailureRule } from '../../cli/up/options.ts';
import { bareEnvironment, ROOT, rundrop } from './command-line.ts';

test('prints its help with examples of use on standard output and ends with 0', async () => {
  const { exitStatus, stdout, stderr } = await rundrop(['--help']);
  expect({ exitStatus, stderr }).toEqual({ exitStatus: 0, stderr: '' });
  for (const command of ['up', 'check', 'explain', 'drop', 'drops', 'waiting', 'runs', 'show', 'backfill', 'env'])
    expect(stdout).toContain(`\n  ${command}`);
  expect(stdout).toContain('Exit status: 0 done, 1 failed or found something wrong, 2 wrong usage.');
});

test.each(['up', 'check', 'explain', 'drop', 'drops', 'waiting', 'runs', 'show', 'backfill', 'env'])(
  'explains %s with an example',
  async (command) => {
    const { exitStatus, stdout } = await rundrop([command, '--help']);
    expect(exitStatus).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}.*(npx rundrop|npm start)/);
    expect(stdout).toContain('Exit status');
  },
);

test.each(['up', 'omics'])('the failure rules that the help of %s names are understood', async (command) => {
  const { stdout } = await rundrop([command, '--help']);
  const [, named = ''] = /make runs fail, as in (.+?); repeatable/.exec(stdout.replaceAll(/\s+/g, ' ')) ?? [];
  const rules = named.split(' or ');
  expect(rules).not.toEqual(['']);
  for (const rule of rules) expect(parseFailureRule(rule)).toMatchObject({ failureReason: expect.any(String) });
});

test('prints the version of package.json', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(await rundrop(['--version'])).toMatchObject({ exitStatus: 0, stdout: `${version}\n` });
});

test.each([
  [[], 'Usage: rundrop'],
  [['runz'], 'Did you mean runs?'],
  [['runs', '--limitt', '3'], 'Did you mean --limit?'],
  [['runs', '--limit', 'many'], 'whole number'],
  [['runs', '--limit', '0'], '1 or more'],
  [['runs', '--stage', 'a b'], '--stage "a b"'],
  [['show'], "missing required argument 'run'"],
  [['drop'], "missing required argument 'file'"],
  [['drop', 'a', 'b', '--to', 's3://bucket/one-key'], 'names one object for 2 files'],
  [['drop', 'a', '--to', 'bucket/key'], 'not of the form s3://'],
  [['up', '--port', '70000'], '0 to 65535'],
  [['up', '--speed', '0'], 'above 0'],
  [['up', '--data', ''], 'must name a folder'],
  [['up', '--quota', 'runs=1'], 'the names are stored-runs'],
  [['up', '--fail', 'sometimes'], '--fail "sometimes"'],
  [['env', '--port', 'x'], 'whole number'],
  [['quota', '--route', 'germline'], 'give --if, too'],
  [['quota', '--minutes', '3'], '--minutes is for --live'],
  [['quota', '--live', '--history', '3d'], '--live knows this moment only'],
])('answers wrong usage %j with 2 and says what is wrong', async (args, message) => {
  const { exitStatus, stdout, stderr } = await rundrop(args);
  expect({ exitStatus, stdout }).toEqual({ exitStatus: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test('needs the account to be named before it drops into a real one', async () => {
  const { exitStatus, stderr } = await rundrop(['drop', 'a', '--to', 's3://b/'], {
    AWS_PROFILE: 'lab',
    AWS_REGION: 'eu-west-1',
  });
  expect(exitStatus).toBe(2);
  expect(stderr).toContain('--account ID');
});

test('drops nothing on the laptop when another account is named', async () => {
  const { exitStatus, stderr } = await rundrop(['drop', 'a', '--to', 's3://b/', '--account', '123456789012']);
  expect(exitStatus).toBe(2);
  expect(stderr).toContain('--account says 123456789012, and this would go to the laptop, which is 000000000000');
});

test('prints export lines, and nothing else, on standard output for a shell to read', async () => {
  const { exitStatus, stdout, stderr } = await rundrop(['env', '--port', '4999']);
  expect(exitStatus).toBe(0);
  expect(stdout.trim().split('\n')).toEqual([
    'export AWS_ENDPOINT_URL=http://127.0.0.1:4999',
    'export AWS_ACCESS_KEY_ID=laptop',
    'export AWS_SECRET_ACCESS_KEY=laptop',
    'export AWS_REGION=us-east-1',
    'export AWS_DEFAULT_REGION=us-east-1',
    'export AWS_DISABLE_HOST_PREFIX_INJECTION=true',
    'unset AWS_PROFILE AWS_SESSION_TOKEN',
  ]);
  expect(stderr).toContain('Target: laptop AWS at http://127.0.0.1:4999');
});

test.each(['stdout', 'stderr'] as const)('ends well when nobody reads its %s any more', async (stream) => {
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'rundrop.mjs'), 'env'], { env: bareEnvironment() });
  child[stream].destroy();
  child.stdout.resume();
  const [exitStatus] = (await once(child, 'close')) as [number | null];
  expect(exitStatus).toBe(0);
});

test('prints the same variables as JSON, and never a real endpoint', async () => {
  const { stdout } = await rundrop(['env', '--json'], {
    AWS_ENDPOINT_URL: 'https://example.com',
    AWS_REGION: 'eu-west-1',
  });
  expect(JSON.parse(stdout)).toMatchObject({ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_REGION: 'us-east-1' });
});

test.each([[['runs']], [['check', '--live']]])('says of %j what to do when nothing answers', async (args) => {
  const port = await freePort();
  const { exitStatus, stdout, stderr } = await rundrop(args, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  expect({ exitStatus, stdout }).toEqual({ exitStatus: 1, stdout: '' });
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(stderr).toContain(`Target: laptop AWS at http://127.0.0.1:${port}`);
  expect(stderr).toContain('npm start');
});

test('says what a real account needs, without a stack', async () => {
  const { exitStatus, stderr } = await rundrop(['check', '--live'], { AWS_PROFILE: 'none' });
  expect({ exitStatus, stderr }).toEqual({
    exitStatus: 1,
    stderr: expect.stringMatching(/^error: No AWS region is set\..+\n$/),
  });
});

test('says what failed, without a stack, when something else answers at the target', async () => {
  const server = createHttpServer((_request, response) => response.writeHead(418).end('<p>a teapot</p>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { exitStatus, stderr } = await rundrop(['runs'], { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  server.close();
  expect(exitStatus).toBe(1);
  expect(stderr).toContain('error: The call to AWS failed, ');
  expect(stderr).not.toMatch(/^ {4}at /m);
});

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
