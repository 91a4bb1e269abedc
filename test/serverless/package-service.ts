import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import type { Template } from '../../local/wiring/intrinsics.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const TIMEOUT_MS = 90_000;
const SOURCES = [
  'serverless.yml',
  'package.json',
  'tsconfig.json',
  'rundrop.yaml',
  'settings.yml',
  'deploy',
  'functions',
  'lib',
  'statemachines',
];

export interface PackagedService {
  readonly template: Template;
  /** A copy of the sources, where the packages are too. */
  readonly directory: string;
  /** What it had for temporary files. */
  readonly temporary: string;
  /** The files of a function's package, by name. */
  files(functionName: string): Promise<ReadonlyMap<string, Buffer>>;
  /** A function's package as it is uploaded. */
  archive(functionName: string): Promise<Buffer>;
  remove(): Promise<void>;
}

/**
 * Runs the real `serverless package` on a copy of the sources, so that nothing in the repository changes.
 * `nodeOptions` go to Node; the environment is what is given, without proxies, credentials or a home of one's own.
 */
export async function packageService(options: {
  readonly stage?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** Packaged in place of rundrop.yaml. */
  readonly routesFile?: string;
  /** As in settings.yml. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}): Promise<PackagedService> {
  const directory = await mkdtemp(path.join(tmpdir(), 'rundrop-package-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    for (const name of SOURCES) await cp(path.join(ROOT, name), path.join(directory, name), { recursive: true });
    if (options.routesFile !== undefined) await cp(options.routesFile, path.join(directory, 'rundrop.yaml'));
    await symlink(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'), 'junction');
    const command = path.join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');
    const stage = options.stage === undefined ? [] : ['--stage', options.stage];
    const settings = Object.entries(options.settings ?? {}).map(([name, value]) => `--param=${name}=${value}`);
    const args = [...(options.nodeOptions ?? []), command, 'package', ...stage, ...settings];
    const temporary = path.join(directory, '.temporary');
    await mkdir(temporary);
    await promisify(execFile)(process.execPath, args, {
      cwd: directory,
      timeout: TIMEOUT_MS,
      env: { PATH: process.env.PATH, HOME: directory, TMPDIR: temporary, ...options.environment },
    });
    const template = path.join(directory, '.serverless', 'cloudformation-template-update-stack.json');
    const archive = (name: string) => readFile(path.join(directory, '.serverless', `${name}.zip`));
    return {
      template: JSON.parse(await readFile(template, 'utf8')) as Template,
      directory,
      temporary,
      files: async (name) => unzip(await archive(name)),
      archive,
      remove,
    };
  } catch (error) {
    await remove();
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`serverless package failed: ${stdout}${stderr}`, { cause: error });
  }
}

const END_OF_DIRECTORY = 0x06054b50;
const DEFLATED = 8;

/** The files of a ZIP archive without comment or encryption, as our packages are. */
function unzip(archive: Buffer): ReadonlyMap<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from(Uint32Array.of(END_OF_DIRECTORY).buffer));
  const files = new Map<string, Buffer>();
  let entry = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [nameLength, extraLength] = [archive.readUInt16LE(entry + 28), archive.readUInt16LE(entry + 30)];
    const name = archive.toString('utf8', entry + 46, entry + 46 + nameLength);
    const local = archive.readUInt32LE(entry + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const content = archive.subarray(start, start + archive.readUInt32LE(entry + 20));
    files.set(name, archive.readUInt16LE(entry + 10) === DEFLATED ? inflateRawSync(content) : content);
    entry += 46 + nameLength + extraLength + archive.readUInt16LE(entry + 32);
  }
  return files;
}

/** Every setting set to something else than its default, or to it where the default is the fuller one. */
export const ALL_SETTINGS = {
  allowedAccounts: '123456789012',
  allowedRegions: 'us-east-1,eu-central-1',
  alarmTopicArns: 'arn:aws:sns:us-east-1:123456789012:on-call',
  bucketAccounts: '210987654321,310987654321',
  bucketKeyArns: 'arn:aws:kms:us-east-1:123456789012:key/66666666-7777-8888-9999-000000000000',
  createBuckets: true,
  dropRules: 'buckets',
  dropsConcurrency: 20,
  evidenceLockDays: 365,
  evidenceLockMode: 'COMPLIANCE',
  forwardBusArn: 'arn:aws:events:eu-central-1:123456789012:event-bus/all-stacks',
  kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555',
  logLevel: 'DEBUG',
  logRetentionDays: 731,
  notify: 'FAILED,COMPLETED',
  permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
  quotaProbeSeconds: 30,
  quotaThresholds: '50,75',
  requestIdTrustSeconds: 3600,
  retryBaseSeconds: 30,
  statusLimits: 'PENDING=12h',
  sweepMinutes: 30,
  sweepRateShare: 0.25,
  tags: 'cost-center=genomics',
  tracing: 'detailed',
  vpcSecurityGroupIds: 'sg-01234567',
  vpcSubnetIds: 'subnet-01234567,subnet-89abcdef',
} as const;
