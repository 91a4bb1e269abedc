/**
 * A function's cold start: a fresh process that imports a handler and calls it once, against a stub of AWS. Interleaved
 * with a bare handler that does nothing, and with the same function bundled the usual way and not bundled.
 *
 * What cannot be taken away is measured beside it: a bare handler that makes as many calls by `fetch`, one that makes as
 * many signed requests, and the least that a function can be which calls HealthOmics by its client.
 */
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import bundlePlugins from '../deploy/bundle-plugins.cjs';
import { bundleOptions, FUNCTION_NAMES, makeBundle } from '../deploy/bundles.ts';
import { type AwsStub, startAwsStub } from './aws-stub.ts';
import { CheckFailed, type Figure, median, type Row } from './figure.ts';
import { type FirstCall, type FirstCallResult, prepareFirstCalls, runFirstCall } from './first-calls.ts';

const REPETITIONS = 25;
const MOST_TIMES_BARE = 1.9;
const MOST_KB = 350;
/** What the usual way measured where that was promised. */
const USUAL_TIMES_BARE = 2.3;
const MOST_TIMES_USUAL = 0.83;
const ROOT = path.resolve(import.meta.dirname, '..');
const BARE = path.join(import.meta.dirname, 'bare-handler.mjs');
const REQUESTS_ALONE = path.join(import.meta.dirname, 'requests-alone.mjs');
const USUAL_HANDLER = 'bench/usual-handler.ts';
const CLIENT_ALONE = 'bench/client-alone.ts';

export const coldStart: Figure = {
  name: 'cold-start',
  async measure(say): Promise<Row[]> {
    // Beside node_modules, so that what is not bundled finds its packages.
    const folder = await mkdtemp(path.join(ROOT, 'node_modules', '.cold-start-'));
    const stub = await startAwsStub();
    try {
      await makeHandlers(folder);
      return await measureAll(stub, folder, say);
    } catch (error) {
      throw new CheckFailed(error instanceof Error ? error.message : String(error), { cause: error });
    } finally {
      await stub.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** What a bundle is without deploy/: one minified file of the SDK's ES modules and all that they import. */
const USUAL: BuildOptions = {
  plugins: [],
  splitting: false,
  // As everybody has it whose packages are in part CommonJS.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};
const UNBUNDLED: BuildOptions = { plugins: [], splitting: false, packages: 'external', minify: false };

type Kind = 'bundled' | 'usual' | 'unbundled';

function fileOf(folder: string, kind: Kind, name: string): string {
  return path.join(folder, kind, 'functions', `${name}.mjs`);
}

async function makeHandlers(folder: string): Promise<void> {
  const { loadRoutes } = createRequire(import.meta.url)('../deploy/route-file.cjs') as {
    loadRoutes(options: object): Promise<{ packaged(): string }>;
  };
  const environment = { HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::000000000000:role/HealthOmics' };
  const { packaged } = await loadRoutes({ fileName: 'rundrop.yaml', environment });
  for (const name of FUNCTION_NAMES) {
    await makeBundle(name, path.join(folder, 'bundled', 'functions'));
    await makeBundle(name, path.join(folder, 'usual', 'functions'), USUAL);
    await makeBundle(name, path.join(folder, 'unbundled', 'functions'), UNBUNDLED);
  }
  const { outExtension: _, ...options } = bundleOptions();
  await build({ ...options, ...USUAL, entryPoints: [USUAL_HANDLER], outfile: fileOf(folder, 'usual', 'handler') });
  const lean = { plugins: bundlePlugins(), splitting: false };
  await build({ ...options, ...lean, entryPoints: [CLIENT_ALONE], outfile: fileOf(folder, 'bundled', 'client-alone') });
  await writeFile(path.join(folder, 'bundled', 'rundrop.yaml.json'), packaged());
  for (const kind of ['usual', 'unbundled'])
    await symlink(path.join(ROOT, 'rundrop.yaml'), path.join(folder, kind, 'rundrop.yaml'));
}

async function measureAll(stub: AwsStub, folder: string, say: (line: string) => void): Promise<Row[]> {
  const calls = await prepareFirstCalls(stub, (name) => fileOf(folder, 'bundled', name));
  const times = new Map<string, number[]>();
  const time = async (what: string, call: FirstCall, file: string) => {
    const before = stub.operations.length;
    const { ms } = await runFirstCall(stub, call, { file });
    times.set(what, [...(times.get(what) ?? []), ms]);
    return stub.operations.length - before;
  };
  const run = calls.find((call) => call.run !== null)?.run ?? null;
  const alone = (event: object) => ({ name: 'alone', event, items: new Map(), run });
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    await time('usual handler', alone({}), fileOf(folder, 'usual', 'handler'));
    await time('client alone', alone({}), fileOf(folder, 'bundled', 'client-alone'));
    await time('one call', alone({ calls: 1 }), BARE);
    for (const call of calls) {
      const { name } = call;
      await time('bare', alone({}), BARE);
      const requests = await time(`bundled ${name}`, call, fileOf(folder, 'bundled', name));
      await time(`calls ${name}`, alone({ calls: requests }), BARE);
      await time(`requests ${name}`, alone({ requests }), REQUESTS_ALONE);
      await time(`usual ${name}`, call, fileOf(folder, 'usual', name));
      await time(`unbundled ${name}`, call, fileOf(folder, 'unbundled', name));
    }
    say(`cold-start ${repetition + 1} of ${REPETITIONS}`);
  }
  const msOf = (what: string) => median(times.get(what) ?? []);
  const clientAlone = rowOf(msOf, 'one GetRun by its client, and nothing else', ['client alone', 'bare']);
  const sizes = await Promise.all(calls.map((call) => sizeRow(call, folder)));
  const names = calls.map(({ name }) => name);
  const usual = [...usualHandlerRows(msOf), usualBundlesRow(names, msOf)];
  return [...sizes, clientAlone, ...usual, ...names.flatMap((name) => rowsOf(name, msOf))];
}

/** Of what import and first call loaded of the package, minified. */
async function sizeRow({ name, loaded }: FirstCallResult, folder: string): Promise<Row> {
  const files = loaded.filter((file) => file.startsWith(folder));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const value = sizes.reduce((total, size) => total + size, 0) / 1000;
  const figure = `bundle, ${name}, loaded by import and first call`;
  return { figure, value, unit: 'KB', bound: MOST_KB, from: `${files.length} files` };
}

type MsOf = (what: string) => number;

function rowOf(msOf: MsOf, figure: string, [what, unit]: readonly [what: string, unit: string]): Row {
  const from = `${msOf(what).toFixed(0)} ms against ${msOf(unit).toFixed(0)} ms`;
  return { figure: `cold start, ${figure}`, value: msOf(what) / msOf(unit), unit: '×', from };
}

/** How far the usual way is here from what it was where the bound was set. */
function usualHandlerRows(msOf: MsOf): Row[] {
  const figure = 'middy, Powertools and the SDK the usual way, one call';
  return [
    rowOf(msOf, figure, ['usual handler', 'bare']),
    rowOf(msOf, `${figure}, against a bare handler's one call`, ['usual handler', 'one call']),
  ].map((row) => ({ ...row, from: `${row.from}; ${USUAL_TIMES_BARE} where ${MOST_TIMES_BARE} is promised` }));
}

/** The middle one of the usual bundles, against bare handlers that make as many calls. */
function usualBundlesRow(names: readonly string[], msOf: MsOf): Row {
  const value = median(names.map((name) => msOf(`usual ${name}`) / msOf(`calls ${name}`)));
  const from = `median of ${names.length}; ${USUAL_TIMES_BARE} where ${MOST_TIMES_BARE} is promised`;
  return { figure: 'cold start, the usual bundles, against as many calls by a bare handler', value, unit: '×', from };
}

function rowsOf(name: string, msOf: MsOf): Row[] {
  const bundled = `bundled ${name}`;
  return [
    { ...rowOf(msOf, name, [bundled, 'bare']), bound: MOST_TIMES_BARE },
    { ...rowOf(msOf, `${name}, against the usual bundle`, [bundled, `usual ${name}`]), bound: MOST_TIMES_USUAL },
    rowOf(msOf, `${name}, against as many calls by a bare handler`, [bundled, `calls ${name}`]),
    rowOf(msOf, `${name}, against one GetRun by its client`, [bundled, 'client alone']),
    rowOf(msOf, `${name}, as many signed requests alone`, [`requests ${name}`, 'bare']),
    rowOf(msOf, `${name}, the usual bundle`, [`usual ${name}`, 'bare']),
    rowOf(msOf, `${name}, not bundled`, [`unbundled ${name}`, 'bare']),
  ];
}
