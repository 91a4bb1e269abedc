/** How the house is kept: who may import whom, sizes, names, and what a fresh clone relies on. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cyclesIn, filesUnder, type Import, importsOf, ROOT, sourceFiles, topFolders } from './source-tree.ts';

const files = sourceFiles();
const sources = files.filter(({ path }) => !path.startsWith('test/'));
const imports = files.flatMap(importsOf);
const own = imports.filter(({ isOwn }) => isOwn);
const foreign = imports.filter(({ isOwn }) => !isOwn);

const within = (...folders: string[]) => {
  const prefixes = folders.map((folder) => `${folder}/`);
  return (path: string) => prefixes.some((prefix) => path.startsWith(prefix));
};
const shown = ({ from, to }: Import) => `${from} → ${to}`;

function expectNone(found: readonly Import[]): void {
  expect(found.map(shown)).toEqual([]);
}

describe('imports', () => {
  const pure = within('lib/routing', 'lib/runs', 'lib/quota');

  test('finds the imports that there are', () => {
    const text =
      "import { a } from './a.ts';\nexport {\n  b,\n} from '../b.ts';\nimport 'yaml';\nawait import('node:fs');\n";
    const found = importsOf({ path: 'x/y/z.ts', text }).map(({ to }) => to);
    expect(found.sort()).toEqual(['node:fs', 'x/b.ts', 'x/y/a.ts', 'yaml']);
  });

  test('lead to files that exist', () => {
    const known = new Set(filesUnder(''));
    expectNone(own.filter(({ to }) => !known.has(to)));
  });

  test('make no cycle', () => {
    expect(cyclesIn(imports)).toEqual([]);
    expect(cyclesIn([link('a', 'b'), link('b', 'c'), link('c', 'b')])).toEqual([['b', 'c', 'b']]);
  });

  test('keep the pure parts free of AWS, clock and environment', () => {
    const allowed = (to: string) => ['csv-parse', 'yaml', 're2js', 'node:crypto'].includes(to);
    expectNone(foreign.filter(({ from, to }) => pure(from) && !allowed(to)));
    expectNone(own.filter(({ from, to }) => pure(from) && !pure(to)));
    const impure =
      /\bprocess\.|\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bset(?:Timeout|Interval|Immediate)\b|\bMath\.random\b/;
    expect(sources.filter(({ path, text }) => pure(path) && impure.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('keep lib/ to itself', () => {
    expectNone(own.filter(({ from, to }) => within('lib')(from) && !within('lib')(to)));
    expectNone(own.filter(({ from, to }) => within('lib')(from) && within('lib/aws')(to) && !within('lib/aws')(from)));
  });

  test('let functions import lib/ only', () => {
    expectNone(own.filter(({ from, to }) => within('functions')(from) && !within('lib', 'functions')(to)));
  });

  test('keep middy and Powertools in lib/aws', () => {
    const edge = /^@middy\/|^@aws-lambda-powertools\//;
    const elsewhere = (from: string) => !within('lib/aws', 'test', 'bench')(from);
    expectNone(foreign.filter(({ from, to }) => edge.test(to) && elsewhere(from)));
  });

  test('let local/ reach lib/ only by hosting functions', () => {
    expectNone(own.filter(({ from, to }) => within('local')(from) && !within('local')(to)));
  });

  test('let no service of the laptop import another', () => {
    const serviceOf = (path: string) => /^local\/([^/]+)\//.exec(path)?.[1];
    const services = own.filter(({ from }) => within('local')(from) && serviceOf(from) !== undefined);
    expectNone(services.filter(({ from, to }) => serviceOf(to) !== undefined && serviceOf(to) !== serviceOf(from)));
  });

  test('let cli/ import lib/, the examples, the stacks and their settings, and nothing import cli/', () => {
    const ofLocal = [
      'local/stack.ts',
      'local/omics-stack.ts',
      'local/omics/settings.ts',
      'local/omics/read-settings.ts',
    ];
    const allowed = (to: string) => within('cli', 'lib', 'examples')(to) || ofLocal.includes(to);
    expectNone(own.filter(({ from, to }) => within('cli')(from) && !allowed(to)));
    expectNone(own.filter(({ from, to }) => within('cli')(to) && !within('cli', 'test', 'bench')(from)));
  });

  test('name only packages of package.json', () => {
    const { dependencies, devDependencies } = readPackage();
    const known = new Set(Object.keys({ ...dependencies, ...devDependencies }).map(nameWithoutTypes));
    expectNone(foreign.filter(({ to }) => !to.startsWith('node:') && !known.has(to)));
  });

  test('give what is deployed only what is a dependency at run time', () => {
    const { dependencies } = readPackage();
    const deployed = foreign.filter(({ from, to }) => within('lib', 'functions')(from) && !to.startsWith('node:'));
    // Types are gone by then.
    const known = new Set([...Object.keys(dependencies), 'aws-lambda']);
    expectNone(deployed.filter(({ to }) => !known.has(to)));
  });
});

describe('files', () => {
  test.each([
    ['sources', 400, sources],
    ['tests', 500, files.filter(({ path }) => path.startsWith('test/'))],
  ])('%s have at most %i lines', (_, limit, list) => {
    const lines = list.map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }));
    expect(lines.filter((file) => file.lines > limit)).toEqual([]);
  });

  test('functions have at most 70 lines, which the linter measures', () => {
    const config = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8')) as {
      linter?: { rules?: { complexity?: { noExcessiveLinesPerFunction?: unknown } } };
    };
    expect(config.linter?.rules?.complexity?.noExcessiveLinesPerFunction).toMatchObject({
      level: 'error',
      options: { maxLines: 70 },
    });
  });

  test('are named for an idea, in kebab-case', () => {
    const banned = /^(utils?|helpers?|common|misc|index)\.(ts|mjs)$/;
    const names = files.map(({ path }) => path).filter((path) => basename(path) !== 'vitest.config.ts');
    expect(names.filter((path) => banned.test(basename(path)))).toEqual([]);
    expect(names.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.asl)?\.(ts|mjs)$/.test(basename(path)))).toEqual(
      [],
    );
  });

  test('are in folders that docs/architecture.md explains', () => {
    const architecture = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
    const explained = (folder: string) =>
      folder === 'docs' || new RegExp(`(^|[\\s\`(])${folder}/`, 'm').test(architecture);
    expect(topFolders().filter((folder) => !explained(folder))).toEqual([]);
  });

  test('read the environment in one module of lib/, one of cli/, the launcher, the function host and what the bundles’ SDK is told only', () => {
    const allowed =
      /^(lib\/aws\/config\.ts|cli\/config\.ts|cli\/[a-z-]+\.mjs|local\/lambda\/worker\.ts|deploy\/lean\/(?:credentials|config-loader)\.mjs|bench\/.*|vitest\.config\.ts)$/;
    const reading = sources.filter(
      ({ text }) => /\bprocess\.env\b/.test(text) || /import \{[^}]*\benv\b[^}]*\} from 'node:process'/.test(text),
    );
    expect(reading.map(({ path }) => path).filter((path) => !allowed.test(path))).toEqual([]);
  });

  test('hold no test that is skipped or runs alone', () => {
    const partial = /\b(?:test|it|describe)\.(?:skip|only|todo|skipIf|runIf|fails)\b|\bx(?:it|describe|test)\(/;
    const self = 'test/tidy.test.ts';
    const tests = files.filter(({ path }) => path.startsWith('test/') && path !== self);
    expect(tests.filter(({ text }) => partial.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

describe('packages', () => {
  test('are pinned to exact versions', () => {
    const { dependencies, devDependencies } = readPackage();
    const exact = /^(npm:(@[^/]+\/)?[^@]+@)?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !exact.test(version));
    expect(loose).toEqual([]);
  });

  test('have fewer than a dozen npm scripts', () => {
    expect(Object.keys(readPackage().scripts).length).toBeLessThan(12);
  });

  test('are in the lockfile without the address of a registry', () => {
    expect(lockedPackages().filter(({ entry }) => entry.resolved?.includes('://'))).toEqual([]);
  });

  test('are all in the lockfile with version and content, for every platform', () => {
    const locked = lockedPackages().filter(({ path, entry }) => path !== '' && entry.link !== true);
    expect(
      locked.filter(({ entry }) => !entry.version || (!entry.integrity && !entry.inBundle)).map(({ path }) => path),
    ).toEqual([]);
    // npm ci refuses a lockfile that lacks a platform's optional package, though this machine does not need it.
    const names = new Set(
      locked.map(({ path }) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
    );
    const wanted = locked.flatMap(({ entry }) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });
});

function link(from: string, to: string): Import {
  return { from, to, isOwn: true, isType: false };
}

/** `@types/aws-lambda` is what `aws-lambda` is imported for. */
function nameWithoutTypes(name: string): string {
  return name.replace(/^@types\//, '');
}

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

function readPackage(): PackageFile {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as PackageFile;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly inBundle?: boolean;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function lockedPackages(): { readonly path: string; readonly entry: LockedPackage }[] {
  const lockfile = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  return Object.entries(lockfile.packages).map(([path, entry]) => ({ path, entry }));
}
