/**
 * Our sources without their types, kept from start to start. Node 24 keeps them beside its compiled code; Node 22 strips
 * every file at every start, which takes a third of the time until the laptop AWS listens, and 30 MB. Plain JavaScript,
 * because it is there before anything can be stripped.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Whether this version of Node forgets what it stripped. */
export function forgetsStripped(version = process.versions.node) {
  return Number(version.split('.', 1)[0]) < 24;
}

/**
 * From now on, modules of TypeScript below the folder `root` come from `file` as long as their time and size are the
 * same; what is new is put there when the process ends.
 */
export function keepStripped({ root, file }) {
  const kept = readKept(file);
  const below = pathToFileURL(`${root}/`).href;
  let isChanged = false;
  const strip = (url) => {
    const path = fileURLToPath(url);
    const { mtimeMs, size } = statSync(path);
    const known = kept.get(url);
    if (known?.mtimeMs === mtimeMs && known.size === size) return known.source;
    const source = module.stripTypeScriptTypes(readFileSync(path, 'utf8'));
    kept.set(url, { mtimeMs, size, source });
    isChanged = true;
    return source;
  };
  module.registerHooks({
    load(url, context, nextLoad) {
      const isOurs = url.startsWith(below) && url.endsWith('.ts') && !url.includes('/node_modules/');
      return isOurs ? { format: 'module', source: strip(url), shortCircuit: true } : nextLoad(url, context);
    },
  });
  process.once('exit', () => {
    if (isChanged) writeKept(file, kept);
  });
}

/** Whatever is wrong with the file, the sources can be stripped again. */
function readKept(file) {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
  } catch {
    return new Map();
  }
}

/** In one step, since several may start and end at once. A folder that cannot be written costs the next start its time. */
function writeKept(file, kept) {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, JSON.stringify(Object.fromEntries(kept)));
    renameSync(draft, file);
  } catch {
    // Nothing is lost.
  }
}
