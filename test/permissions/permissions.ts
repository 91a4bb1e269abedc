/**
 * `npm run permissions`: every AWS call that the functions make, in all end-to-end tests on the laptop and in the
 * simulation, against the packaged template's roles: nothing used is missing, nothing granted is unused. The sweeper twice:
 * without \`prune\` in the route file, and with it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageService } from '../serverless/package-service.ts';
import { simulate } from '../simulation/simulate.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { compare, type Grant, grantsOf, unusedKinds } from './grants.ts';
import { journalOfNamedSheets } from './named-sheets.ts';
import { type Need, needsOf, needsOfJournalLine, type RecordedCall } from './needs.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Enough that each rare repair of reconciliation comes up. */
const SEEDS = 500;
const TESTS_TIMEOUT_MS = 480_000;
const ROLE = 'arn:aws:iam::000000000000:role/HealthOmicsServiceRole';

const folder = await mkdtemp(path.join(tmpdir(), 'rundrop-permissions-'));
try {
  process.exitCode = await judge();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function judge(): Promise<number> {
  const { others, pruning } = await allNeeds();
  const needs = distinct(others);
  const granted = await granting(path.join(import.meta.dirname, 'routes.yaml'));
  const plain = compare(needs, granted, EXCEPTIONS);
  const withPrune = (await granting(await pruningRoutes())).filter(isSweepers);
  const sweeper = compare(distinct([...needs.filter(isSweepers), ...pruning]), withPrune, EXCEPTIONS);
  const missing = distinct([...plain.missing, ...sweeper.missing]);
  const unused = distinct([...plain.unused, ...sweeper.unused]);
  // What is deployed names other workflows and keys, and grants no other kind of call.
  const more = unusedKinds(needs, await granting(path.join(ROOT, 'rundrop.yaml')), EXCEPTIONS);
  for (const { function: caller, action, resource } of missing) {
    console.log(`missing: ${caller} needs ${action} on ${resource}; its role in deploy/roles.yml does not allow it`);
  }
  for (const { function: caller, sid, action, resource } of [...unused, ...more]) {
    console.log(`unused: ${caller} is allowed ${action} on ${resource} (${sid}), and nothing uses it`);
  }
  for (const { reason, count } of plain.excepted) console.log(`${count} not compared: ${reason}`);
  const used = distinct([...needs, ...pruning]).length;
  console.log(`${used} permissions used: ${missing.length} missing, ${unused.length + more.length} unused`);
  return missing.length + unused.length + more.length === 0 ? 0 : 1;
}

/** The simulated sweeper prunes, and so do the laptops that say so. */
async function allNeeds(): Promise<{ readonly others: readonly Need[]; readonly pruning: readonly Need[] }> {
  const laptop = await callsOnTheLaptop();
  const simulated = await needsInTheSimulation();
  const ofPruning = (call: RecordedCall) => isSweepers(call) && call.prunes === true;
  return {
    others: [
      ...laptop.filter((call) => !ofPruning(call)).flatMap(needsOf),
      ...simulated.filter((need) => !isSweepers(need)),
    ],
    pruning: [...laptop.filter(ofPruning).flatMap(needsOf), ...simulated.filter(isSweepers)],
  };
}

function isSweepers({ function: caller }: { readonly function: string }): boolean {
  return caller === 'sweep-runs';
}

/** The same routes, of a file that prunes and means it. */
async function pruningRoutes(): Promise<string> {
  const file = path.join(folder, 'rundrop.yaml');
  const routes = await readFile(path.join(import.meta.dirname, 'routes.yaml'), 'utf8');
  await writeFile(file, `${routes}\nprune: { olderThan: 90d, dryRun: false }\n`);
  return file;
}

async function granting(routesFile: string): Promise<readonly Grant[]> {
  const packaged = await packageService({ stage: 'local', environment: { HEALTHOMICS_ROLE_ARN: ROLE }, routesFile });
  await packaged.remove();
  const scope = { accountId: '000000000000', region: 'us-east-1', endpoint: 'http://laptop', parameters: {} };
  return grantsOf(packaged.template, scope);
}

async function callsOnTheLaptop(): Promise<readonly RecordedCall[]> {
  const file = path.join(folder, 'calls.jsonl');
  await writeFile(file, '');
  const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const recorder = pathToFileURL(path.join(import.meta.dirname, 'record-workers.mjs')).href;
  const child = spawn(process.execPath, [vitest, 'run', '--reporter=dot', 'test/end-to-end'], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: `--import=${recorder}`, RUNDROP_CALLS_FILE: file },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: TESTS_TIMEOUT_MS,
  });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0)
    console.log(`The end-to-end tests ended with status ${status}: what they did not reach may look unused.`);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const calls = lines.map((line) => JSON.parse(line) as RecordedCall);
  return calls.map((call) => ({ ...call, function: call.function.replace('rundrop-local-', '') }));
}

async function needsInTheSimulation(): Promise<readonly Need[]> {
  const needs: Need[] = (await journalOfNamedSheets()).flatMap(needsOfJournalLine);
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { lines } = await simulate(seed, { keepsJournal: true, byHand: seed % 5 === 0 });
    needs.push(...distinct(lines.flatMap(needsOfJournalLine)));
  }
  return needs;
}

function distinct<T>(all: readonly T[]): readonly T[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}
