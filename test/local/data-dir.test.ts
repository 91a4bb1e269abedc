import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirInUseError, openDataDir } from '../../local/data-dir.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'rundrop-data-dir-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('openDataDir', () => {
  it('makes the folder, and one for each service', () => {
    const dataDir = openDataDir(path.join(directory, 'new', 'state'));
    expect(existsSync(dataDir.of('s3'))).toBe(true);
    expect(path.isAbsolute(dataDir.of('s3'))).toBe(true);
    dataDir.release();
  });

  it('says why a folder cannot be made', async () => {
    const file = path.join(directory, 'file');
    await writeFile(file, '');
    expect(() => openDataDir(path.join(file, 'new', 'state'))).toThrow('ENOTDIR');
  });

  it('refuses a folder that this process holds, naming the process', () => {
    const dataDir = openDataDir(directory);
    expect(() => openDataDir(directory)).toThrow(DataDirInUseError);
    expect(() => openDataDir(directory)).toThrow(new RegExp(`process ${process.pid}`));
    dataDir.release();
  });

  it('refuses a folder that another living process holds, naming it', async () => {
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
    try {
      await writeFile(path.join(directory, 'lock'), String(other.pid));
      expect(() => openDataDir(directory)).toThrow(new RegExp(`process ${other.pid}`));
    } finally {
      other.kill();
    }
  });

  it('takes a folder whose holder was killed', async () => {
    const other = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => other.once('exit', resolve));
    await writeFile(path.join(directory, 'lock'), String(other.pid));
    openDataDir(directory).release();
  });

  it.each(['', 'not a number', String(process.pid)])('takes a folder with a left-over lock of %j', async (content) => {
    await writeFile(path.join(directory, 'lock'), content);
    openDataDir(directory).release();
  });

  it('can be taken again after its release, and leaves no lock behind', async () => {
    openDataDir(directory).release();
    openDataDir(directory).release();
    expect(await readdir(directory)).toEqual([]);
  });
});
