#!/usr/bin/env node
/** The `rundrop` command: makes the machine ready, then runs main.ts here or, when this Node is too old, in a newer one. */
import module from 'node:module';
import { join } from 'node:path';
import { ensureNode } from './node-binary.mjs';
import { environmentWith, run, SetupError, say } from './processes.mjs';
import { ensurePackages, ROOT } from './setup.mjs';
import { forgetsStripped, keepStripped } from './stripped-sources.mjs';

const END_LIMIT_MS = 300;
const PARENT_CHECK_MS = 250;
/** Set for the child to the process that made everything ready for it. */
const isLaunched = process.env.RUNDROP_LAUNCHER === String(process.ppid) && process.channel !== undefined;

try {
  if (isLaunched) endWithLauncher();
  else endWithNpm();
  const node = isLaunched ? process.execPath : await makeReady();
  if (node === process.execPath) await runHere();
  else process.exitCode = await runIn(node);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = error.exitStatus;
}

async function makeReady() {
  const [node] = await Promise.all([ensureNode(), ensurePackages()]);
  return node;
}

async function runHere() {
  hushWarnings();
  module.enableCompileCache(join(ROOT, 'node_modules', '.cache', 'rundrop'));
  const cache = module.getCompileCacheDir();
  if (cache !== undefined && forgetsStripped()) keepStripped({ root: ROOT, file: join(cache, 'stripped.json') });
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2));
  // Whatever still holds the process open by then was not worth waiting for.
  setTimeout(() => process.exit(), END_LIMIT_MS).unref();
}

/** The channel is there only so that the child notices when this process is killed. */
function runIn(node) {
  const args = [join(ROOT, 'cli', 'rundrop.mjs'), ...process.argv.slice(2)];
  const env = { ...environmentWith(node), RUNDROP_LAUNCHER: String(process.pid) };
  return run(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
}

function endWithLauncher() {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}

/** npm runs scripts in a shell, hands SIGTERM to that shell, and the shell ends without telling us. */
function endWithNpm() {
  if (process.platform === 'win32' || !process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  timer.unref();
}

/** What Node 22 calls experimental is what it is used for here; people who start the laptop AWS can do nothing about that. */
function hushWarnings() {
  const emit = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    if (!/^(SQLite|stripTypeScriptTypes) is an experimental feature/.test(String(warning))) {
      emit.call(process, warning, ...rest);
    }
  };
}
