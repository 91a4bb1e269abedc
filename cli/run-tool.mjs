#!/usr/bin/env node
/** `run-tool TOOL args…`: a development tool of this project, for npm scripts, with packages and Node made ready first. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureNode } from './node-binary.mjs';
import { environmentWith, run, SetupError, say } from './processes.mjs';
import { ensurePackages, ROOT } from './setup.mjs';

const PACKAGE_OF_TOOL = { vitest: 'vitest', biome: '@biomejs/biome', tsc: 'typescript', serverless: 'serverless' };
const SCRIPT_OF_TOOL = {
  bundles: join(ROOT, 'deploy', 'list-bundles.ts'),
  bench: join(ROOT, 'bench', 'bench.ts'),
  clients: join(ROOT, 'test', 'clients', 'run-clients.mjs'),
  'lint-template': join(ROOT, 'test', 'linters', 'lint-template.ts'),
  permissions: join(ROOT, 'test', 'permissions', 'permissions.ts'),
  kill: join(ROOT, 'test', 'one-run', 'kill.ts'),
  mutate: join(ROOT, 'test', 'mutation', 'mutate.mjs'),
  storm: join(ROOT, 'test', 'one-run', 'storm.ts'),
  crashes: join(ROOT, 'test', 'simulation', 'crash-pairs.ts'),
  sim: join(ROOT, 'test', 'simulation', 'sim.ts'),
};

try {
  const [tool = '', ...args] = process.argv.slice(2);
  const [node] = await Promise.all([ensureNode(), ensurePackages()]);
  process.exitCode = await run(node, [entryOf(tool), ...args], { env: environmentWith(node) });
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = error.exitStatus;
}

function entryOf(tool) {
  if (Object.hasOwn(SCRIPT_OF_TOOL, tool)) return SCRIPT_OF_TOOL[tool];
  if (!Object.hasOwn(PACKAGE_OF_TOOL, tool)) {
    const known = [...Object.keys(PACKAGE_OF_TOOL), ...Object.keys(SCRIPT_OF_TOOL)].join(', ');
    throw new SetupError(`there is no tool "${tool}"; known: ${known}`, 2);
  }
  const folder = join(ROOT, 'node_modules', PACKAGE_OF_TOOL[tool]);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[tool]);
}
