/**
 * `node cli/run-tool.mjs mutate [GROUP…]`: mutation testing with Stryker. Writes the table of docs/mutation-testing.md once
 * there is a report of every group, of this run or of an earlier one. Exit status 0: at least 90% of the mutants were detected; 1: fewer; 2: wrong usage.
 *
 * Stryker is 63 MB that nobody needs who does not run this: it is fetched once into node_modules/.cache, as its own
 * lockfile pins it, where it finds this project's vitest.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm, run, SetupError, say, withLock } from '../../cli/processes.mjs';
import { scoreOf, scoresOf, tableOf, withTable } from './report.ts';

const PINNED = join(import.meta.dirname, 'stryker');
const ROOT = join(import.meta.dirname, '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'rundrop');
/** Out of the tree, where no other test or linter finds it. */
const SANDBOX = join(tmpdir(), 'rundrop-mutation');
const PAGE = join(ROOT, 'docs', 'mutation-testing.md');
const LEAST_SCORE = 90;
const WORKERS = 2;
/** A mutant that keeps a test waiting for so much longer than before counts as detected. */
const TIMEOUT_MS = 10_000;
/** Pure steps are judged by their own tests; claiming and starting by tests that also know a ledger. */
const GROUPS = {
  steps: [
    'lib/runs/admission-order.ts',
    'lib/runs/identity.ts',
    'lib/runs/line-entry.ts',
    'lib/runs/request-record.ts',
    'lib/runs/retry.ts',
    'lib/runs/run-status.ts',
    'lib/runs/start-gate.ts',
    'lib/runs/start-run-input.ts',
    'lib/runs/told.ts',
    'lib/runs/transitions.ts',
  ],
  claims: [
    'lib/lifecycle/claim-request.ts',
    'lib/lifecycle/claim-set.ts',
    'lib/lifecycle/find-run.ts',
    'lib/lifecycle/start-one.ts',
  ],
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = error.exitStatus;
}

async function main(names) {
  const unknown = names.filter((name) => !Object.hasOwn(GROUPS, name));
  if (unknown.length > 0)
    throw new SetupError(`there is no group ${unknown.join(', ')}; there are ${Object.keys(GROUPS).join(', ')}`, 2);
  const chosen = names.length === 0 ? Object.keys(GROUPS) : names;
  const stryker = await ensureStryker();
  for (const name of chosen) await mutate(stryker, name);
  const scores = scoresOf(chosen.map(readReport));
  console.log(tableOf(scores));
  const all = Object.keys(GROUPS);
  if (all.every((name) => existsSync(reportOf(name))))
    writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), tableOf(scoresOf(all.map(readReport)))));
  return scoreOf(scores) >= LEAST_SCORE ? 0 : 1;
}

/** The folder of Stryker's packages. */
async function ensureStryker() {
  const folder = join(CACHE, 'stryker');
  const done = join(folder, 'complete');
  const wanted = readFileSync(join(PINNED, 'package-lock.json'), 'utf8');
  const isThere = () => existsSync(done) && readFileSync(done, 'utf8') === wanted;
  await withLock(`${folder}.lock`, async (started) => {
    if (isThere()) return;
    say('fetching Stryker from the npm registry, once …');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(PINNED, name), join(folder, name));
    // Its peer is this project's vitest, a few folders up.
    await npm(['ci', '--ignore-scripts', '--legacy-peer-deps'], folder, { started });
    writeFileSync(done, wanted);
  });
  return join(folder, 'node_modules', '@stryker-mutator');
}

function reportOf(name) {
  return join(CACHE, `mutation-${name}.json`);
}

function readReport(name) {
  return JSON.parse(readFileSync(reportOf(name), 'utf8'));
}

async function mutate(stryker, name) {
  const report = reportOf(name);
  const settings = join(CACHE, `mutation-${name}-settings.json`);
  rmSync(report, { force: true });
  writeFileSync(settings, JSON.stringify(settingsOf(stryker, name, report)));
  const program = join(stryker, 'core', 'bin', 'stryker.js');
  const status = await run(process.execPath, [program, 'run', settings], { cwd: ROOT });
  if (status !== 0 || !existsSync(report)) throw new SetupError(`Stryker ended with status ${status} on ${name}`, 1);
}

function settingsOf(stryker, name, fileName) {
  return {
    testRunner: 'vitest',
    plugins: [join(stryker, 'vitest-runner', 'dist', 'src', 'index.js')],
    vitest: { configFile: `test/mutation/judges-of-${name}.ts` },
    mutate: GROUPS[name],
    coverageAnalysis: 'perTest',
    concurrency: WORKERS,
    timeoutMS: TIMEOUT_MS,
    reporters: ['clear-text', 'json'],
    clearTextReporter: { logTests: false, reportTests: false },
    jsonReporter: { fileName },
    tempDirName: SANDBOX,
    // The compiler of this project has no API that Stryker could read it with.
    tsconfigFile: 'none.json',
    ignorePatterns: ['bench', '.serverless', '.rundrop'],
    allowConsoleColors: false,
  };
}
