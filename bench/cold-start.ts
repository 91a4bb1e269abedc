/**
 * A function's cold start: a fresh process that imports a handler and calls it once, against a stub of AWS. Interleaved
 * with a handler that does nothing, and with one whose packages are not bundled.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { BuildOptions } from 'esbuild';
import { FUNCTION_NAMES, makeBundle } from '../deploy/bundles.ts';
import { type AwsStub, startAwsStub } from './aws-stub.ts';
import { CheckFailed, type Figure, median, type Row } from './figure.ts';
import { type FirstCall, prepareFirstCalls, runFirstCall } from './first-calls.ts';

const REPETITIONS = 25;
const MOST_TIMES_BARE = 1.9;
const ROOT = path.resolve(import.meta.dirname, '..');
const BARE = 'export const handler = async () => ({});\n';

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

type Kind = 'bundled' | 'unbundled';

function fileOf(folder: string, kind: Kind, name: string): string {
  return path.join(folder, kind, 'functions', `${name}.mjs`);
}

async function makeHandlers(folder: string): Promise<void> {
  const { loadRoutes } = createRequire(import.meta.url)('../deploy/route-file.cjs') as {
    loadRoutes(options: object): Promise<{ packaged(): unknown }>;
  };
  const environment = { HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::000000000000:role/HealthOmics' };
  const { packaged } = await loadRoutes({ fileName: 'rundrop.yaml', environment });
  for (const name of FUNCTION_NAMES) {
    await makeBundle(name, path.join(folder, 'bundled', 'functions'));
    const unbundled: BuildOptions = { plugins: [], packages: 'external', splitting: false, minify: false };
    await makeBundle(name, path.join(folder, 'unbundled', 'functions'), unbundled);
  }
  await writeFile(path.join(folder, 'bundled', 'rundrop.yaml.json'), JSON.stringify(packaged()));
  await symlink(path.join(ROOT, 'rundrop.yaml'), path.join(folder, 'unbundled', 'rundrop.yaml'));
  await mkdir(path.join(folder, 'bare', 'functions'), { recursive: true });
  await writeFile(path.join(folder, 'bare', 'functions', 'bare.mjs'), BARE);
}

async function measureAll(stub: AwsStub, folder: string, say: (line: string) => void): Promise<Row[]> {
  const calls = await prepareFirstCalls(stub, (name) => fileOf(folder, 'bundled', name));
  const times = new Map<string, number[]>();
  const bare = { name: 'bare', event: {}, items: new Map(), run: null };
  const time = async (what: string, call: FirstCall, file: string) => {
    const { ms } = await runFirstCall(stub, call, { file });
    times.set(what, [...(times.get(what) ?? []), ms]);
  };
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    for (const call of calls) {
      await time('bare', bare, path.join(folder, 'bare', 'functions', 'bare.mjs'));
      await time(`bundled ${call.name}`, call, fileOf(folder, 'bundled', call.name));
      await time(`unbundled ${call.name}`, call, fileOf(folder, 'unbundled', call.name));
    }
    say(`cold-start ${repetition + 1} of ${REPETITIONS}`);
  }
  const bareMs = median(times.get('bare') ?? []);
  return calls.flatMap(({ name }) => [
    { ...rowOf(`cold start, ${name}`, times.get(`bundled ${name}`) ?? [], bareMs), bound: MOST_TIMES_BARE },
    rowOf(`cold start, ${name}, unbundled`, times.get(`unbundled ${name}`) ?? [], bareMs),
  ]);
}

function rowOf(figure: string, times: readonly number[], bareMs: number): Row {
  const ms = median(times);
  return {
    figure,
    value: ms / bareMs,
    unit: '×',
    from: `${ms.toFixed(0)} ms against ${bareMs.toFixed(0)} ms of a bare handler`,
  };
}
