import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
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
  'deploy',
  'functions',
  'lib',
  'statemachines',
];

export interface PackagedService {
  readonly template: Template;
  /** A copy of the sources, where the packages are too. */
  readonly directory: string;
  /** The files of a function's package, by name. */
  files(functionName: string): Promise<ReadonlyMap<string, Buffer>>;
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
}): Promise<PackagedService> {
  const directory = await mkdtemp(path.join(tmpdir(), 'rundrop-package-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    for (const name of SOURCES) await cp(path.join(ROOT, name), path.join(directory, name), { recursive: true });
    await symlink(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'), 'junction');
    const command = path.join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');
    const stage = options.stage === undefined ? [] : ['--stage', options.stage];
    await promisify(execFile)(process.execPath, [...(options.nodeOptions ?? []), command, 'package', ...stage], {
      cwd: directory,
      timeout: TIMEOUT_MS,
      env: { PATH: process.env.PATH, HOME: directory, ...options.environment },
    });
    const template = path.join(directory, '.serverless', 'cloudformation-template-update-stack.json');
    return {
      template: JSON.parse(await readFile(template, 'utf8')) as Template,
      directory,
      files: async (name) => unzip(await readFile(path.join(directory, '.serverless', `${name}.zip`))),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
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
