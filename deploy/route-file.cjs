/** Reads the route file at package time, with the very code that the functions have. */
'use strict';

const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const ROOT = path.resolve(__dirname, '..');
/** What is needed of the routing sources. */
const ROUTING_MODULES = ['package-routes.ts', 'drop-rules.ts'].map((name) => path.join(ROOT, 'lib', 'routing', name));

/** The one variable that may be missing while packaging: then CloudFormation asks for its value at deployment. */
const ROLE_VARIABLE = 'HEALTHOMICS_ROLE_ARN';
/** Stands for the parameter while the route file is read, and gets into no template. */
const ROLE_STAND_IN = 'arn:aws:iam::000000000000:role/HealthOmicsRoleArn';

module.exports = { loadRoutes, ROLE_STAND_IN, ROLE_VARIABLE };

/** `routeFile` is what the file says; `packaged()` is what the functions are given of it, which is JSON; `routing`, the code. */
async function loadRoutes({ fileName, environment = process.env }) {
  const file = path.resolve(ROOT, fileName);
  const text = readFileSync(file, 'utf8');
  const routing = await importRouting();
  const routeFile = loadWithRole(routing, { text, fileName, environment });
  return { routeFile, packaged: () => routing.packageRoutes(text, routeFile), routing, file };
}

/** A route file whose role is not known yet is read with a stand-in, unless it names a default. */
function loadWithRole({ loadRouteFile }, { text, fileName, environment }) {
  const hash = (content) => createHash('sha256').update(content).digest('hex');
  if (!environment[ROLE_VARIABLE]) {
    try {
      return loadRouteFile(text, { fileName, environment, hash });
    } catch {
      // Whatever else is wrong with it comes up again below.
    }
  }
  const withRole = { ...environment, [ROLE_VARIABLE]: environment[ROLE_VARIABLE] || ROLE_STAND_IN };
  return loadRouteFile(text, { fileName, environment: withRole, hash });
}

/** Node runs the TypeScript itself where it can; before Node 22.18, esbuild makes JavaScript of it, in memory. */
async function importRouting() {
  if (process.features.typescript) {
    const modules = await Promise.all(ROUTING_MODULES.map((file) => import(pathToFileURL(file).href)));
    return Object.assign({}, ...modules);
  }
  const contents = ROUTING_MODULES.map((file) => `export * from ${JSON.stringify(file)};`).join('\n');
  const { outputFiles } = require('esbuild').buildSync({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    write: false,
  });
  // The one built-in of Node 22 that the routing sources use and Node 20 lacks.
  Map.groupBy ??= (items, keyOf) => {
    const groups = new Map();
    for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
    return groups;
  };
  const bundle = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0].text)(bundle, bundle.exports, createRequire(__filename));
  return bundle.exports;
}
