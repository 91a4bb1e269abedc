/** AWS's linter of templates, from PyPI. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensurePythonPackages } from '../support/python-packages.mjs';
import type { Finding } from './findings.ts';

const TIMEOUT_MS = 120_000;
const REPORT_LIMIT_BYTES = 64 * 1024 * 1024;
/** Bits of the exit status: findings of each level. Anything else is a failure of the linter. */
const FOUND_SOMETHING = 2 | 4 | 8;

interface Reported {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

/** Errors, warnings and advice, for every region in `regions`. */
export async function cfnLint(templateFile: string, regions: readonly string[]): Promise<Finding[]> {
  const bin = await ensurePythonPackages({
    name: 'linters',
    what: 'cfn-lint',
    requirements: path.join(import.meta.dirname, 'requirements.txt'),
    environment: process.env,
  });
  const options = ['--format', 'json', '--include-checks', 'I', '--regions', ...regions, '--', templateFile];
  const { status, stdout, stderr, error } = spawnSync(path.join(bin, 'cfn-lint'), options, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: REPORT_LIMIT_BYTES,
    env: { PATH: process.env.PATH },
  });
  if (error !== undefined || status === null || (status & ~FOUND_SOMETHING) !== 0) {
    throw new Error(`cfn-lint did not run (status ${status}): ${error?.message ?? stderr}`);
  }
  return (JSON.parse(stdout || '[]') as Reported[]).map(({ Rule, Message, Location }) => ({
    linter: 'cfn-lint',
    rule: Rule.Id,
    resource: Location.Path?.[0] === 'Resources' ? String(Location.Path[1]) : 'template',
    message: Message,
  }));
}
