import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ensureNode, runsTypeScript } from '../../cli/node-binary.mjs';
import { run, SetupError, withLock } from '../../cli/processes.mjs';
import { whyStale } from '../../cli/setup.mjs';

type Packages = Record<string, { version?: string; integrity?: string; optional?: boolean; link?: boolean }>;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rundrop-setup-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function projectWith(locked: Packages, installed?: Packages): Promise<string> {
  const root = await temporaryFolder();
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: locked }));
  if (installed !== undefined) {
    await mkdir(join(root, 'node_modules'));
    await writeFile(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
  }
  return root;
}

const yaml = { 'node_modules/yaml': { version: '2.9.1', integrity: 'sha512-a' } };

test('finds packages as the lockfile says in order, also without optional ones and with more than that', async () => {
  const locked = {
    '': {},
    ...yaml,
    'node_modules/fsevents': { version: '2.3.3', integrity: 'sha512-f', optional: true },
  };
  expect(whyStale(await projectWith(locked, { ...yaml, 'node_modules/extra': { version: '1.0.0' } }))).toBeUndefined();
});

test('finds missing packages stale', async () => {
  expect(whyStale(await projectWith(yaml))).toBe('node_modules is missing or incomplete');
});

test.each([
  ['another version', { version: '2.9.0', integrity: 'sha512-a' }, 'yaml is 2.9.0, the lockfile says 2.9.1'],
  ['other content', { version: '2.9.1', integrity: 'sha512-b' }, 'yaml is 2.9.1, the lockfile says 2.9.1'],
])('finds a package with %s stale', async (_, installed, reason) => {
  expect(whyStale(await projectWith(yaml, { 'node_modules/yaml': installed }))).toBe(reason);
});

test('names the package itself when a nested one is not installed', async () => {
  const locked = { 'node_modules/a/node_modules/@scope/b': { version: '1.0.0', integrity: 'sha512-c' } };
  expect(whyStale(await projectWith(locked, {}))).toBe('@scope/b is not installed, the lockfile says 1.0.0');
});

test('refuses a folder without a lockfile', async () => {
  const folder = await temporaryFolder();
  expect(() => whyStale(folder)).toThrow(SetupError);
});

test('lets only one holder of a lock in at a time and lets the next one in afterwards', async () => {
  const file = join(await temporaryFolder(), 'install.lock');
  let inside = 0;
  let most = 0;
  const hold = () =>
    withLock(file, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resume) => setImmediate(resume));
      inside -= 1;
    });
  await Promise.all([hold(), hold(), hold()]);
  expect(most).toBe(1);
  expect(await readdir(join(file, '..'))).toEqual([]);
});

test('breaks the lock of a holder that is no longer there', async () => {
  const file = join(await temporaryFolder(), 'install.lock');
  // No process has this id: Linux ends at 2^22.
  await writeFile(file, String(2 ** 30));
  await expect(withLock(file, async () => 'in')).resolves.toBe('in');
});

test('leaves the lock to a child that works on when its holder is gone', async () => {
  const file = join(await temporaryFolder(), 'install.lock');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await writeFile(file, `${2 ** 30}\n${child.pid}`);
  const held = withLock(file, async () => child.signalCode);
  expect(await readFile(file, 'utf8')).toContain(String(child.pid));
  child.kill();
  await ended;
  await expect(held).resolves.toBe('SIGTERM');
});

test('writes into the lock which child holds it too', async () => {
  const file = join(await temporaryFolder(), 'install.lock');
  const holders = await withLock(file, async (started: (pid: number) => void) => {
    await run(process.execPath, ['-e', ''], { started });
    return readFile(file, 'utf8');
  });
  expect(holders).toMatch(new RegExp(`^${process.pid}\\n\\d+$`));
});

test('gives the lock back when the work fails', async () => {
  const file = join(await temporaryFolder(), 'install.lock');
  await expect(withLock(file, () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
  await expect(withLock(file, async () => 'in')).resolves.toBe('in');
});

test.each([
  ['20.20.2', false],
  ['22.17.1', false],
  ['22.18.0', true],
  ['23.5.0', false],
  ['23.6.0', true],
  ['24.0.0', true],
])('knows whether Node %s runs TypeScript: %s', (version, answer) => {
  expect(runsTypeScript(version)).toBe(answer);
});

test('uses the Node that is running when it is new enough, and refuses one that does not run', async () => {
  await expect(ensureNode({})).resolves.toBe(process.execPath);
  await expect(ensureNode({ RUNDROP_NODE: process.execPath })).resolves.toBe(process.execPath);
  await expect(ensureNode({ RUNDROP_NODE: join(tmpdir(), 'no-such-node') })).rejects.toThrow('RUNDROP_NODE=');
});
