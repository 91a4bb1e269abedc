/** The functions' bundles as serverless.yml has them made, for what looks at bundles without packaging: tests, the bench, docs. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build, type Metafile, type OutputFile } from 'esbuild';
import { parse } from 'yaml';
import bundlePlugins from './bundle-plugins.cjs';

const ROOT = path.resolve(import.meta.dirname, '..');
const BUILT_FOR = path.join(ROOT, '.esbuild', 'functions');

/** serverless-esbuild's own options; all others are esbuild's. */
const OF_SERVERLESS_ESBUILD = ['outputFileExtension', 'plugins', 'skipRebuild', 'exclude'];

export interface Bundle {
  readonly name: string;
  /** Minified bytes of what every start loads: the file with the handler, and those that it imports at once. */
  readonly alwaysBytes: number;
  /** How many those are. */
  readonly alwaysFiles: number;
  /** What is loaded besides when the setting `tracing` is `detailed`; 0 where all is in one file. */
  readonly tracingBytes: number;
  /** Of all JavaScript in the package, so also of what is imported when it is needed. */
  readonly allBytes: number;
  readonly metafile: Metafile;
}

export const FUNCTION_NAMES: readonly string[] = readdirSync(path.join(ROOT, 'functions'))
  .map((file) => path.basename(file, '.ts'))
  .sort();

/** The options of serverless.yml's `custom.esbuild`. */
export function bundleOptions(): BuildOptions {
  const text = readFileSync(path.join(ROOT, 'serverless.yml'), 'utf8');
  const { custom } = parse(text, { logLevel: 'silent' }) as { custom: { esbuild: Record<string, unknown> } };
  const own = Object.entries(custom.esbuild).filter(([name]) => !OF_SERVERLESS_ESBUILD.includes(name));
  const extension = String(custom.esbuild.outputFileExtension);
  return { ...Object.fromEntries(own), outExtension: { '.js': extension }, absWorkingDir: ROOT };
}

/**
 * Built as if for a folder of the project, as packaging does, because maps name sources by their path from there.
 * `change` is for comparisons only.
 */
export async function makeBundle(name: string, folder: string, change: BuildOptions = {}): Promise<Bundle> {
  const { metafile, outputFiles } = (await build({
    ...bundleOptions(),
    entryPoints: [`functions/${name}.ts`],
    outdir: BUILT_FOR,
    plugins: bundlePlugins(),
    ...change,
    metafile: true,
    write: false,
  })) as { metafile: Metafile; outputFiles: OutputFile[] };
  await mkdir(folder, { recursive: true });
  await Promise.all(
    outputFiles.map((file) => writeFile(path.join(folder, path.relative(BUILT_FOR, file.path)), file.contents)),
  );
  const entry = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === `functions/${name}.ts`);
  if (entry === undefined) throw new Error(`esbuild made no bundle of functions/${name}.ts.`);
  const scripts = Object.entries(metafile.outputs).filter(([file]) => file.endsWith('.mjs'));
  const always = loadedAtOnce(metafile, entry[0]);
  const bytesOf = (files: Iterable<string>) => sum([...files].map((file) => metafile.outputs[file]?.bytes ?? 0));
  return {
    name,
    alwaysBytes: bytesOf(always),
    alwaysFiles: always.size,
    tracingBytes: change.splitting === false ? 0 : bytesOf(withTracer(metafile, always)) - bytesOf(always),
    allBytes: sum(scripts.map(([, { bytes }]) => bytes)),
    metafile,
  };
}

function withTracer(metafile: Metafile, always: ReadonlySet<string>): ReadonlySet<string> {
  const files = Object.entries(metafile.outputs);
  const tracer = files.find(([, { entryPoint }]) => entryPoint === 'lib/aws/detailed-tracing.ts');
  if (tracer === undefined) throw new Error('lib/aws/detailed-tracing.ts has no file of its own in the bundle.');
  return loadedAtOnce(metafile, tracer[0], new Set(always));
}

function loadedAtOnce({ outputs }: Metafile, file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file) || outputs[file] === undefined) return seen;
  seen.add(file);
  for (const { path: imported, kind } of outputs[file].imports) {
    if (kind === 'import-statement') loadedAtOnce({ outputs } as Metafile, imported, seen);
  }
  return seen;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
