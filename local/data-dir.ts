/** The folder in which a stack keeps its state: one sub-folder a service, and a lock, since two stacks would tear it. */
import { existsSync, linkSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface DataDir {
  /** The absolute folder of one service, which exists. */
  of(service: string): string;
  /** Lets another stack have the folder. */
  release(): void;
}

/** Another stack, in a process that still runs, keeps its state in the folder. */
export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError';
  readonly directory: string;
  readonly pid: number;

  constructor(directory: string, pid: number, lockFile: string) {
    super(
      `${directory} is in use by process ${pid}: stop it, or choose another folder. ` +
        `If process ${pid} is no Rundrop, its predecessor of that number was killed: delete ${lockFile}.`,
    );
    this.directory = directory;
    this.pid = pid;
  }
}

const LOCK_FILE = 'lock';
const MOST_TRIES = 5;

/** Folders that this process holds: a lock with our own pid that is not among them is left from an earlier process. */
const held = new Set<string>();

/** Creates the folder where it is missing, and takes it. @throws DataDirInUseError */
export function openDataDir(directory: string): DataDir {
  makeFolder(directory);
  const root = realpathSync(directory);
  const lockFile = path.join(root, LOCK_FILE);
  takeLock(root, lockFile);
  held.add(root);
  return {
    of(service) {
      const folder = path.join(root, service);
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    release() {
      if (held.delete(root)) rmSync(lockFile, { force: true });
    },
  };
}

/** One level at a time: `recursive` never returns where a folder that exists answers ENOENT, as those below /proc do. */
function makeFolder(directory: string): void {
  const missing: string[] = [];
  for (let at = path.resolve(directory); !existsSync(at); at = path.dirname(at)) missing.unshift(at);
  for (const folder of missing) mkdirSync(folder);
}

function takeLock(root: string, lockFile: string): void {
  const own = `${lockFile}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      // A link appears with its content or not at all, so nobody reads a lock without a pid.
      if (linked(own, lockFile)) return;
      const pid = lockHolder(lockFile);
      if (pid !== undefined && isAlive(pid, root)) throw new DataDirInUseError(root, pid, lockFile);
      rmSync(lockFile, { force: true });
    }
    throw new DataDirInUseError(root, lockHolder(lockFile) ?? 0, lockFile);
  } finally {
    rmSync(own, { force: true });
  }
}

function linked(own: string, lockFile: string): boolean {
  try {
    linkSync(own, lockFile);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function lockHolder(lockFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid: number, root: string): boolean {
  if (pid === process.pid) return held.has(root);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
