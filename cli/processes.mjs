/** Child processes and the lock between them, for the launcher. Plain JavaScript: it runs on whatever Node there is. */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const LOCK_WAIT_MS = 10 * 60_000;
const LOCK_POLL_MS = 200;
/** How long a lock file may be empty: its holder is between creating and writing it, or was killed there. */
const EMPTY_LOCK_MS = 5_000;
const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A problem of the machine that a person has to solve; its message is printed without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
  constructor(message, exitStatus = 1) {
    super(message);
    this.exitStatus = exitStatus;
  }
}

export const say = (line) => process.stderr.write(`rundrop: ${line}\n`);

/** Runs a child to its end, hands our signals on, and answers its exit status (128 + n after a signal). `started` is told its pid. */
export function run(command, args, { started, ...options } = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    if (child.pid !== undefined) started?.(child.pid);
    const forward = (signal) => child.kill(signal);
    for (const signal of FORWARDED_SIGNALS) process.on(signal, forward);
    const stopForwarding = () => {
      for (const signal of FORWARDED_SIGNALS) process.off(signal, forward);
    };
    child.once('error', (error) => {
      stopForwarding();
      failed(new SetupError(`could not start ${command}: ${error.message}`));
    });
    child.once('exit', (code, signal) => {
      stopForwarding();
      done(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Runs npm in `folder`; throws when it does not end well. Standard output belongs to the command that was asked for. */
export async function npm(args, folder, { started } = {}) {
  const script = npmScript();
  const [command, leading] = script === undefined ? ['npm', []] : [process.execPath, [script]];
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', '--prefix', folder];
  const status = await run(command, [...leading, ...args, ...quiet], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    started,
    shell: script === undefined && process.platform === 'win32',
  });
  if (status !== 0) {
    throw new SetupError(
      `"npm ${args.join(' ')}" in ${folder} ended with status ${status}; npm's own messages are above`,
      status,
    );
  }
}

/** npm's own script where it can be found, so that no shell is needed to start it. */
function npmScript() {
  const candidates = [
    process.env.npm_execpath,
    join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  return candidates.find((file) => file && /npm-cli\.c?js$/.test(file) && existsSync(file));
}

/** The environment of a child in which `node` is the one given, for the tools that start more of it by name. */
export function environmentWith(node, environment = process.env) {
  const key = Object.keys(environment).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...environment, [key]: [dirname(node), environment[key]].filter(Boolean).join(delimiter) };
}

/**
 * Holds `file` while `action` runs. A holder that died is noticed; a live one is waited for, ten minutes at most. `action` is
 * given a function that takes the pid of a child which holds the lock too: npm works on when who started it is killed.
 */
export async function withLock(file, action) {
  mkdirSync(dirname(file), { recursive: true });
  const deadlineMs = Date.now() + LOCK_WAIT_MS;
  for (let told = false; !takeLock(file); told = true) {
    if (Date.now() > deadlineMs) throw new SetupError(`another start holds ${file}; if none is running, delete it`);
    if (!told) say('waiting for another start to finish its set-up …');
    await new Promise((resume) => setTimeout(resume, LOCK_POLL_MS));
  }
  try {
    return await action((pid) => appendFileSync(file, `\n${pid}`));
  } finally {
    rmSync(file, { force: true });
  }
}

function takeLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    breakDeadLock(file);
    return false;
  }
}

/** Moves the lock of a dead holder out of the way; puts it back when another start took it over in that moment. */
function breakDeadLock(file) {
  try {
    const holders = readFileSync(file, 'utf8');
    if (holders === '' && Date.now() - statSync(file).mtimeMs < EMPTY_LOCK_MS) return;
    if (holders.split('\n').some((pid) => pid !== '' && isAlive(Number(pid)))) return;
    const aside = `${file}.${process.pid}`;
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') === holders) rmSync(aside, { force: true });
    else renameSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
