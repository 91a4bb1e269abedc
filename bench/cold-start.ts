/**
 * A function's cold start: a fresh process that imports a handler and calls it once, against a stub of AWS. Interleaved
 * with a handler that does nothing, with the same function bundled the usual way and not bundled, with a handler of
 * nothing but as many requests, so that what the calls take can be told from what the code takes, and with the least that
 * middy, Powertools and the SDK take, bundled the usual way, for one call: what the bound was once measured beside.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { bundleOptions, FUNCTION_NAMES, makeBundle } from '../deploy/bundles.ts';
import { type AwsStub, startAwsStub } from './aws-stub.ts';
import { CheckFailed, type Figure, median, type Row } from './figure.ts';
import { type FirstCall, prepareFirstCalls, runFirstCall } from './first-calls.ts';

const REPETITIONS = 25;
const MOST_TIMES_BARE = 1.9;
/** Where 1.9 is promised, the usual way was measured with this. */
const USUAL_TIMES_BARE = 2.3;
const MOST_TIMES_USUAL = 0.83;
const ROOT = path.resolve(import.meta.dirname, '..');
const BARE = 'export const handler = async () => ({});\n';
const REQUESTS_ALONE = path.join(import.meta.dirname, 'requests-alone.mjs');
const LEAST_USUAL = 'bench/least-usual.ts';

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

type Kind = 'bundled' | 'usual' | 'unbundled' | 'least';

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
  await writeFile(path.join(folder, 'bundled', 'rundrop.yaml.json'), packaged());
  for (const kind of ['usual', 'unbundled'])
    await symlink(path.join(ROOT, 'rundrop.yaml'), path.join(folder, kind, 'rundrop.yaml'));
  await build({ ...bundleOptions(), ...USUAL, entryPoints: [LEAST_USUAL], outfile: fileOf(folder, 'least', 'usual') });
  await mkdir(path.join(folder, 'bare', 'functions'), { recursive: true });
  await writeFile(path.join(folder, 'bare', 'functions', 'bare.mjs'), BARE);
}

async function measureAll(stub: AwsStub, folder: string, say: (line: string) => void): Promise<Row[]> {
  const calls = await prepareFirstCalls(stub, (name) => fileOf(folder, 'bundled', name));
  const times = new Map<string, number[]>();
  const nothing = { name: 'bare', event: {}, items: new Map(), run: null };
  const lookedAt = calls.find(({ run }) => run !== null)?.run ?? null;
  const time = async (what: string, call: FirstCall, file: string) => {
    const before = stub.operations.length;
    const { ms } = await runFirstCall(stub, call, { file });
    times.set(what, [...(times.get(what) ?? []), ms]);
    return stub.operations.length - before;
  };
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    await time(LEAST_USUAL, { ...nothing, name: 'least-usual', run: lookedAt }, fileOf(folder, 'least', 'usual'));
    for (const call of calls) {
      const { name } = call;
      await time('bare', nothing, path.join(folder, 'bare', 'functions', 'bare.mjs'));
      const requests = await time(`bundled ${name}`, call, fileOf(folder, 'bundled', name));
      await time(`requests ${name}`, { ...nothing, event: { requests } }, REQUESTS_ALONE);
      await time(`usual ${name}`, call, fileOf(folder, 'usual', name));
      await time(`unbundled ${name}`, call, fileOf(folder, 'unbundled', name));
    }
    say(`cold-start ${repetition + 1} of ${REPETITIONS}`);
  }
  const msOf = (what: string) => median(times.get(what) ?? []);
  return [leastUsualRow(msOf), ...calls.flatMap(({ name }) => rowsOf(name, msOf))];
}

type MsOf = (what: string) => number;

function timesBare(msOf: MsOf, { what, figure }: { what: string; figure: string }): Row {
  const [ms, bareMs] = [msOf(what), msOf('bare')];
  const from = `${ms.toFixed(0)} ms against ${bareMs.toFixed(0)} ms of a bare handler`;
  return { figure: `cold start, ${figure}`, value: ms / bareMs, unit: '×', from };
}

function leastUsualRow(msOf: MsOf): Row {
  const row = timesBare(msOf, {
    what: LEAST_USUAL,
    figure: 'middy, Powertools and one call of one client, the usual bundle',
  });
  return { ...row, from: `${row.from}; put at ${USUAL_TIMES_BARE} where ${MOST_TIMES_BARE} is promised` };
}

function rowsOf(name: string, msOf: MsOf): Row[] {
  const [bundledMs, usualMs] = [msOf(`bundled ${name}`), msOf(`usual ${name}`)];
  const yardMs = msOf(LEAST_USUAL) / USUAL_TIMES_BARE;
  return [
    { ...timesBare(msOf, { what: `bundled ${name}`, figure: name }), bound: MOST_TIMES_BARE },
    {
      figure: `cold start, ${name}, against the usual bundle`,
      value: bundledMs / usualMs,
      unit: '×',
      bound: MOST_TIMES_USUAL,
      from: `${bundledMs.toFixed(0)} ms against ${usualMs.toFixed(0)} ms`,
    },
    {
      figure: `cold start, ${name}, where the least usual bundle is ${USUAL_TIMES_BARE}`,
      value: bundledMs / yardMs,
      unit: '×',
      from: `${bundledMs.toFixed(0)} ms against ${yardMs.toFixed(0)} ms`,
    },
    timesBare(msOf, { what: `requests ${name}`, figure: `${name}, as many signed requests alone` }),
    timesBare(msOf, { what: `usual ${name}`, figure: `${name}, the usual bundle` }),
    timesBare(msOf, { what: `unbundled ${name}`, figure: `${name}, not bundled` }),
  ];
}
