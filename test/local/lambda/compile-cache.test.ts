import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const START = path.join(import.meta.dirname, 'fixtures', 'invoke-once.ts');

it('functions are kept in the compile cache of the process, and are not told of it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'rundrop-compiled-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', START, folder]);
  expect(JSON.parse(stdout)).toEqual({ kind: 'returned', payload: { seen: 'no cache' } });
  const kept = await readdir(folder, { recursive: true });
  // The worker, what it imports, and the function: the process itself compiles nothing of these.
  expect(kept.filter((name) => path.dirname(name) !== '.').length).toBeGreaterThan(2);
});
