/** Programs from PyPI, each set in a Python environment that is made once and kept in the user's cache folder. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../cli/node-binary.mjs';
import { run, SetupError, say, withLock } from '../../cli/processes.mjs';

const OLDEST_PYTHON = [3, 10];
const CANDIDATES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const DONE = 'complete';

/**
 * The folder of the programs that the file `requirements` names, every package and version. One folder for each Python
 * and set of packages; a half-made one is made anew. Throws SetupError where no Python is new enough.
 */
export async function ensurePythonPackages({ name, what, requirements, environment }) {
  const { command, version } = findPython();
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(process.env), `${name}-python-${version}-${digest}`);
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  const isComplete = () => existsSync(join(folder, DONE));
  if (!isComplete()) {
    await withLock(`${folder}.lock`, async () => {
      if (!isComplete()) await make({ command, folder, bin, what, requirements, environment });
    });
  }
  return bin;
}

/** The first Python that is new enough and can make environments. */
function findPython() {
  const seen = [];
  for (const command of CANDIDATES) {
    const script = 'import sys; print(sys.version.split()[0]); import venv, ensurepip';
    const answer = spawnSync(command, ['-c', script], { encoding: 'utf8' });
    const version = answer.stdout?.trim();
    if (answer.error || !version) continue;
    if (!isNewEnough(version)) seen.push(`${command} is ${version}`);
    else if (answer.status !== 0) seen.push(`${command} ${version} lacks venv or ensurepip`);
    else return { command, version };
  }
  const found = seen.length === 0 ? 'no Python was found' : seen.join('; ');
  throw new SetupError(
    `these tests need Python ${OLDEST_PYTHON.join('.')} or newer with venv, and ${found}. ` +
      'Install it (Debian and Ubuntu: apt-get install python3-venv) and run this again',
  );
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_PYTHON;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

async function make({ command, folder, bin, what, requirements, environment }) {
  say(`installing ${what} into a Python environment of their own, once …`);
  rmSync(folder, { recursive: true, force: true });
  await must(command, ['-m', 'venv', folder], environment);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', requirements];
  await must(join(bin, 'python'), install, environment);
  const record = spawnSync(join(bin, 'python'), ['-m', 'pip', 'check'], { encoding: 'utf8', env: environment });
  if (record.status !== 0)
    throw new SetupError(`the packages of ${requirements} do not fit together: ${record.stdout}`);
  // The last step: an environment without it was interrupted while it was made.
  writeFileSync(join(folder, DONE), '');
}

async function must(command, args, env) {
  const status = await run(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  if (status !== 0) throw new SetupError(`"${command} ${args.join(' ')}" ended with status ${status}`, status);
}
