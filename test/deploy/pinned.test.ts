import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const REQUIREMENTS = ['test/linters/requirements.txt', 'test/clients/requirements.txt'];
const DEPLOYED = [
  'serverless.yml',
  'deploy/roles.yml',
  'deploy/routes.cjs',
  'deploy/route-grants.cjs',
  'deploy/route-resources.cjs',
  '.ci/run',
  'rundrop.yaml',
  'package.json',
];
/** An access key's id, a secret's name with a value, a private key, a token of a registry or of GitHub. */
const SECRETS = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /(?:secret|password|token)[A-Za-z_]*\s*[:=]\s*['"]?[A-Za-z0-9/+]{32,}/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(?:npm_|ghp_|github_pat_)\w{20,}/,
];

describe('what is installed', () => {
  it('has exact versions, from npm and from PyPI', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, name).toMatch(/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+$/);
    }
    for (const file of REQUIREMENTS) {
      const lines = read(file)
        .split('\n')
        .filter((line) => /^\s*[A-Za-z]/.test(line));
      expect(lines.length, file).toBeGreaterThan(0);
      for (const line of lines) expect(line, file).toMatch(/^[\w.[\]-]+==[\w.]+(?:\s*;.*)?(?:\s*\\)?$/);
    }
  });

  it('is the framework that serverless.yml asks for', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    const [, wanted] = /^frameworkVersion: (\S+)$/m.exec(read('serverless.yml')) ?? [];
    expect(devDependencies.serverless).toBe(`npm:osls@${wanted}`);
  });
});

describe('what is deployed', () => {
  it('holds no secret', () => {
    for (const file of DEPLOYED) for (const secret of SECRETS) expect(read(file), file).not.toMatch(secret);
    // Put together here, so that this file holds none either.
    const found = ['AKIA', 'IOSFODNN7EXAMPLE'].join('');
    expect(SECRETS.some((secret) => secret.test(`key: ${found}`))).toBe(true);
  });
});
