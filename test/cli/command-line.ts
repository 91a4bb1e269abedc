import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Ended {
  readonly exitStatus: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables with which no setting of this machine's user is found. */
export function bareEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  const nowhere = join(tmpdir(), 'rundrop-no-such-home');
  return { ...(PATH === undefined ? {} : { PATH }), HOME: nowhere, USERPROFILE: nowhere, ...extra };
}

/** Longer than any command takes that ends by itself. */
const TIMEOUT_MS = 120_000;

/** Runs `rundrop` to its end, in the Node that runs the tests. */
export function rundrop(args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'cli', 'rundrop.mjs'), ...args], {
      env: bareEnvironment(extra),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (exitStatus) => resolve({ exitStatus, stdout, stderr }));
  });
}
