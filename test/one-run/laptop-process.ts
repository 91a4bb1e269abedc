/** `rundrop up --data` in a process of its own, as a person starts it, to be killed without warning. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '..', '..');
const READY_LINE = /^Rundrop is ready: .* http:\/\/[^:]+:(\d+)\b/;
const LAST_LINES = 20;

export interface LaptopProcess {
  /** The port, once it answers. Rejects when the process ends before that. */
  readonly ready: Promise<number>;
  /** SIGKILL, and resolves when the process is gone. */
  kill(): Promise<void>;
  /** Why it ended by itself, if it did. */
  died(): string | undefined;
}

/** `args` are those of `rundrop up`. */
export function startLaptopProcess(args: readonly string[]): LaptopProcess {
  const script = join(ROOT, 'cli', 'rundrop.mjs');
  const child = spawn(process.execPath, [script, 'up', '--empty', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const last: string[] = [];
  const { promise: ready, resolve, reject } = Promise.withResolvers<number>();
  const hear = (line: string) => {
    last.push(line);
    if (last.length > LAST_LINES) last.shift();
    const port = READY_LINE.exec(line)?.[1];
    if (port !== undefined) resolve(Number(port));
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', hear);
  let killed = false;
  const died = () =>
    !killed && hasEnded(child) ? `rundrop up ended with ${child.exitCode}:\n${last.join('\n')}` : undefined;
  child.once('close', () => reject(new Error(died() ?? 'rundrop up was killed before it was ready')));
  // Whoever kills it during its start does not wait for it.
  ready.catch(() => undefined);
  return {
    ready,
    died,
    async kill() {
      if (hasEnded(child)) return;
      killed = true;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
