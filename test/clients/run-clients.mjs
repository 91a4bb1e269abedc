/**
 * `npm run test:clients [-- PYTEST_ARGS…]`: tests the HealthOmics emulator with boto3 and the AWS CLI, in a Python
 * environment that is made once and kept in the user's cache folder.
 */
import { join } from 'node:path';
import { run, SetupError, say } from '../../cli/processes.mjs';
import { ensurePythonPackages } from '../support/python-packages.mjs';

const HERE = import.meta.dirname;
/** Nothing of this machine's AWS settings, nor of its Python's, may reach the clients. */
const FOREIGN_VARIABLE = /^(AWS_|PYTHON|PYTEST_|PIP_TARGET|PIP_USER)/;

try {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN_VARIABLE.test(name)));
  const bin = await ensurePythonPackages({
    name: 'clients',
    what: 'boto3 and the AWS CLI',
    requirements: join(HERE, 'requirements.txt'),
    environment,
  });
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
