/**
 * `npm run test:clients [-- PYTEST_ARGS…]`: tests the HealthOmics emulator with boto3 and the AWS CLI, in a Python
 * environment that is made once and kept in the user's cache folder.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../cli/node-binary.mjs';
import { run, SetupError, say, withLock } from '../../cli/processes.mjs';

const HERE = import.meta.dirname;
const REQUIREMENTS = join(HERE, 'requirements.txt');
const OLDEST_PYTHON = [3, 10];
const CANDIDATES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const DONE = 'complete';
/** Nothing of this machine's AWS settings, nor of its Python's, may reach the clients. */
const FOREIGN_VARIABLE = /^(AWS_|PYTHON|PYTEST_|PIP_TARGET|PIP_USER)/;

try {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN_VARIABLE.test(name)));
  const bin = await ensureClients(findPython(), environment);
  // Files are named from this folder, as in test_errors.py.
  const args = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', ...process.argv.slice(2)];
  process.exitCode = await run(join(bin, 'python'), args, {
    cwd: HERE,
    env: { ...environment, CLIENTS_BIN: bin, CLIENTS_NODE: process.execPath, PYTHONDONTWRITEBYTECODE: '1' },
  });
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = error.exitStatus;
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
    `the client tests need Python ${OLDEST_PYTHON.join('.')} or newer with venv, and ${found}. ` +
      'Install it (Debian and Ubuntu: apt-get install python3-venv) and run this again',
  );
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_PYTHON;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** The environment's folder of programs. One for each Python and set of packages; a half-made one is made anew. */
async function ensureClients({ command, version }, environment) {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(process.env), `clients-python-${version}-${digest}`);
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  const isComplete = () => existsSync(join(folder, DONE));
  if (!isComplete()) {
    await withLock(`${folder}.lock`, async () => {
      if (!isComplete()) await makeClients({ command, folder, bin, environment });
    });
  }
  return bin;
}

async function makeClients({ command, folder, bin, environment }) {
  say('installing boto3 and the AWS CLI into a Python environment of their own, once …');
  rmSync(folder, { recursive: true, force: true });
  await must(command, ['-m', 'venv', folder], environment);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', REQUIREMENTS];
  await must(join(bin, 'python'), install, environment);
  const record = spawnSync(join(bin, 'python'), ['-m', 'pip', 'check'], { encoding: 'utf8', env: environment });
  if (record.status !== 0) throw new SetupError(`the client packages do not fit together: ${record.stdout}`);
  // The last step: an environment without it was interrupted while it was made.
  writeFileSync(join(folder, DONE), '');
}

async function must(command, args, env) {
  const status = await run(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  if (status !== 0) throw new SetupError(`"${command} ${args.join(' ')}" ended with status ${status}`, status);
}
