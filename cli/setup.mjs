/** The packages of the lockfile, in place before anything needs them. Plain JavaScript on built-in modules only. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm, SetupError, say, withLock } from './processes.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Why the installed packages are not those of the lockfile, or undefined when they are. Compares npm's own record of
 * what it installed; optional packages are left out, since which of them belong here depends on the platform.
 */
export function whyStale(root) {
  const wanted = lockedPackages(join(root, 'package-lock.json'));
  if (wanted === undefined) throw new SetupError(`${join(root, 'package-lock.json')} is missing or is not a lockfile`);
  const installed = lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'node_modules is missing or incomplete';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional || entry.devOptional || entry.link) continue;
    const found = installed[path];
    if (found?.version === entry.version && found?.integrity === entry.integrity) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return `${name} is ${found?.version ?? 'not installed'}, the lockfile says ${entry.version}`;
  }
  return undefined;
}

function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Installs from the lockfile when that is needed. Of several starts at once, one installs and the others wait. */
export async function ensurePackages(root = ROOT) {
  if (whyStale(root) === undefined) return;
  await withLock(join(root, '.rundrop', 'install.lock'), async (started) => {
    const reason = whyStale(root);
    if (reason === undefined) return;
    say(`installing packages with "npm ci" (${reason}) …`);
    await npm(['ci'], root, { started });
  });
}
