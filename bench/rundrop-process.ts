/** `rundrop up` in a process of its own, as a person starts it, watched from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CheckFailed } from './figure.ts';

const ROOT = join(import.meta.dirname, '..');
const READY_LIMIT_MS = 60_000;
/** The promise is two seconds from signal to end. */
const END_LIMIT_MS = 5_000;
const READY_LINE = /^Rundrop is ready: .* (http:\/\/\S+)$/;

export interface RundropProcess {
  readonly pid: number;
  readonly endpoint: string;
  /** From the start of the process to its ready line. */
  readonly readyMs: number;
  /** Waits for a line that it prints. @throws CheckFailed when it does not come in time or the process ends. */
  line(pattern: RegExp, limitMs: number): Promise<RegExpExecArray>;
  /** Ends it as Ctrl-C would. */
  stop(): Promise<void>;
}

/** Starts it on a free port, with no examples. `compileCacheDir` replaces the compile cache that it would use. */
export async function startRundrop(
  options: { readonly args?: readonly string[]; readonly compileCacheDir?: string } = {},
): Promise<RundropProcess> {
  const { args = [], compileCacheDir } = options;
  const script = join(ROOT, 'cli', 'rundrop.mjs');
  const env = compileCacheDir === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: compileCacheDir };
  const startedMs = performance.now();
  const child = spawn(process.execPath, [script, 'up', '--empty', '--port', '0', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const heard = listenTo(child);
  try {
    const [, endpoint = ''] = await heard.line(READY_LINE, READY_LIMIT_MS);
    const readyMs = performance.now() - startedMs;
    return { pid: child.pid ?? 0, endpoint, readyMs, line: heard.line, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

function listenTo(child: ChildProcess) {
  const waiting = new Set<{ readonly pattern: RegExp; readonly done: (found: RegExpExecArray) => void }>();
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line);
      if (last.length > 20) last.shift();
      for (const { pattern, done } of waiting) {
        const found = pattern.exec(line);
        if (found !== null) done(found);
      }
    });
  }
  return {
    line(pattern: RegExp, limitMs: number): Promise<RegExpExecArray> {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      const fail = (why: string) => () =>
        reject(new CheckFailed(`rundrop up ${why} before it printed ${pattern}:\n${last.join('\n')}`));
      const one = { pattern, done: resolve };
      waiting.add(one);
      const ended = fail('ended');
      child.once('close', ended);
      const timer = setTimeout(fail(`took longer than ${limitMs} ms`), limitMs);
      return promise.finally(() => {
        clearTimeout(timer);
        child.off('close', ended);
        waiting.delete(one);
      });
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

/** A folder for a compile cache that has nothing in it yet, as before the very first start. */
export async function withEmptyCache<T>(use: (compileCacheDir: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rundrop-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resident memory of a process in MB of a million bytes. @throws CheckFailed where /proc does not tell. */
export function residentMb(pid: number): number {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch (cause) {
    throw new CheckFailed(`The memory of process ${pid} cannot be read from /proc; this figure needs Linux.`, {
      cause,
    });
  }
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new CheckFailed(`/proc/${pid}/status has no VmRSS.`);
  return (Number(kib) * 1024) / 1e6;
}
