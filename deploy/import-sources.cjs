/** What packaging needs of lib/, on whatever Node the Serverless Framework runs on. */
'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const ROOT = path.resolve(__dirname, '..');

/**
 * The exports of these TypeScript files, together. Node runs them itself where it can; before Node 22.18, esbuild makes
 * JavaScript of them, in memory.
 */
module.exports = async function importSources(names) {
  const files = names.map((name) => path.join(ROOT, name));
  if (process.features.typescript) {
    const modules = await Promise.all(files.map((file) => import(pathToFileURL(file).href)));
    return Object.assign({}, ...modules);
  }
  const contents = files.map((file) => `export * from ${JSON.stringify(file)};`).join('\n');
  const { outputFiles } = require('esbuild').buildSync({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    write: false,
  });
  // The one built-in of Node 22 that these sources use and Node 20 lacks.
  Map.groupBy ??= (items, keyOf) => {
    const groups = new Map();
    for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
    return groups;
  };
  const bundle = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0].text)(bundle, bundle.exports, createRequire(__filename));
  return bundle.exports;
};
