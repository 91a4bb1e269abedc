/** serverless.yml names this file: esbuild's plugins for the functions' bundles. */
'use strict';

const { mkdir, readdir, readFile, writeFile } = require('node:fs/promises');
const path = require('node:path');
const { version: VERSION } = require('../package.json');
const { bundledPackages, cycloneDx } = require('./bill-of-materials.cjs');
const { leanSdk } = require('./lean-sdk.cjs');
const { loadRoutes } = require('./route-file.cjs');

const ROOT = path.resolve(__dirname, '..');

/** What runs on a laptop, where the route file is edited, and what a deployed function has in its place. */
const PACKAGED = new Map([
  ['./read-route-file.ts', 'read-packaged-routes.ts'],
  ['./linear-regex.ts', 'compiled-regex.ts'],
]);
const READS_ROUTES = 'lib/aws/read-packaged-routes.ts';

/** Without `serverless` bundles are made and nothing else is written. */
module.exports = (serverless) => [
  leanSdk(),
  chunksOfEntry(),
  oneChunkAtStart(),
  packagedRoutes(serverless),
  ...(serverless === undefined ? [] : [billOfMaterials(serverless)]),
];

/** Writes .serverless/sbom.cdx.json: what is bundled, in CycloneDX. Complete when the last function is. */
function billOfMaterials({ serviceDir, service }) {
  const metafiles = new Map();
  return {
    name: 'bill-of-materials',
    setup(build) {
      build.onEnd(async ({ metafile }) => {
        if (metafile === undefined) return;
        metafiles.set(build.initialOptions.entryPoints[0], metafile);
        const bill = cycloneDx(bundledPackages(metafiles.values()), { name: service.service, version: VERSION });
        await mkdir(path.join(serviceDir, '.serverless'), { recursive: true });
        await writeFile(
          path.join(serviceDir, '.serverless', 'sbom.cdx.json'),
          `${JSON.stringify(bill, undefined, 2)}\n`,
        );
      });
    },
  };
}

/**
 * What a function imports only when it needs it is a file of its own in its package, which a cold start does not read.
 * It begins with the function's name, by which serverless-esbuild tells what belongs to whom.
 */
function chunksOfEntry() {
  return {
    name: 'chunks-of-entry',
    setup({ initialOptions }) {
      const [entry] = initialOptions.entryPoints;
      initialOptions.chunkNames = `${path.basename(entry, path.extname(entry))}.[name]-[hash]`;
    },
  };
}

/**
 * What is imported when it is needed comes after the start. So it may import the start as a whole, which is there by then:
 * to esbuild each of its modules is shared with all of them, and they get one chunk instead of one for each set of sharers.
 * A start reads two files instead of up to fifteen, which are a third of a millisecond each.
 */
function oneChunkAtStart() {
  return {
    name: 'one-chunk-at-start',
    setup(build) {
      const { entryPoints, absWorkingDir = process.cwd() } = build.initialOptions;
      const entry = path.resolve(absWorkingDir, entryPoints[0]);
      build.onLoad({ filter: /[\\/]lib[\\/].*\.ts$/ }, async ({ path: file }) => {
        // A promise, because esbuild asks for many files at once.
        onDemand ??= importedOnDemand();
        if (!(await onDemand).has(path.relative(absWorkingDir, file))) return undefined;
        const start = path.relative(path.dirname(file), entry).replaceAll(path.sep, '/');
        return { contents: `${await readFile(file, 'utf8')}\nimport '${start}';\n`, loader: 'ts' };
      });
    },
  };
}

let onDemand;

/** Files of the project, by their path in it, that some file imports by `import()`. */
async function importedOnDemand() {
  const found = new Set();
  for (const folder of ['functions', 'lib']) {
    const files = await readdir(path.join(ROOT, folder), { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const text = await readFile(path.join(ROOT, folder, file), 'utf8');
      for (const [, target] of text.matchAll(/\bimport\('(\.[^']+)'\)/g)) {
        found.add(path.join(folder, path.dirname(file), target));
      }
    }
  }
  return found;
}

function packagedRoutes(serverless) {
  return {
    name: 'packaged-routes',
    setup(build) {
      build.initialOptions.metafile = true;
      build.onResolve({ filter: /^\.\/(?:read-route-file|linear-regex)\.ts$/ }, ({ path: name, resolveDir }) => ({
        path: path.join(resolveDir, PACKAGED.get(name)),
      }));
      if (serverless === undefined) return;
      build.onEnd(async ({ metafile }) => {
        if (metafile !== undefined && READS_ROUTES in metafile.inputs)
          await writeRoutes(build.initialOptions, serverless);
      });
    },
  };
}

/** serverless-esbuild puts what is under `__only_<function>` into that function's package and no other. */
async function writeRoutes({ entryPoints: [entry], outdir }, { service }) {
  const fileName = service.custom.routesFile;
  const { packaged } = await loadRoutes({ fileName });
  const handler = entry.replace(/\.ts$/, '.');
  const [name] = Object.entries(service.functions).find(([, each]) => each.handler.startsWith(handler));
  const folder = path.join(path.resolve(outdir, path.relative(path.dirname(entry), '.')), `__only_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${fileName}.json`), packaged());
}
