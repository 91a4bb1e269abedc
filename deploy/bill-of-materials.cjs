/**
 * What is bundled, and under which licences: of every package of which a bundle has a byte, from esbuild's own account.
 * (Tools that read node_modules or the lock file list what is installed, which is a hundred times more.)
 */
'use strict';

const { readFileSync } = require('node:fs');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..');

/** Licences that ask for no more than to be named; any other makes packaging fail until somebody has read it. */
const PERMISSIVE = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0']);

module.exports = { bundledPackages, cycloneDx, PERMISSIVE };

/** Sorted, each once: name, version and licence. Throws for a licence that is missing or not permissive. */
function bundledPackages(metafiles, permissive = PERMISSIVE) {
  const folders = new Set();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
        if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
      }
    }
  }
  const packages = [...folders].map(readPackage);
  const unfit = packages.filter(({ licence }) => !permissive.has(licence));
  if (unfit.length > 0) {
    const list = unfit.map(({ name, version, licence }) => `${name}@${version} (${licence})`).join(', ');
    throw new Error(`These licences are not among the permissive ones of deploy/bill-of-materials.cjs: ${list}`);
  }
  return packages.sort((a, b) => compareTexts(`${a.name}@${a.version}`, `${b.name}@${b.version}`));
}

function readPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8'));
  return { name, version, licence: typeof license === 'string' ? license : 'unknown' };
}

function compareTexts(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** CycloneDX 1.6. Without time or serial number: the same bundles have the same bill. */
function cycloneDx(packages, { name, version }) {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name, version, 'bom-ref': `${name}@${version}` } },
    components: packages.map((each) => ({
      type: 'library',
      'bom-ref': `${each.name}@${each.version}`,
      ...nameOf(each.name),
      version: each.version,
      purl: `pkg:npm/${each.name.replace('@', '%40')}@${each.version}`,
      licenses: [{ license: { id: each.licence } }],
    })),
  };
}

function nameOf(name) {
  const [group, rest] = name.split('/');
  return rest === undefined ? { name } : { group, name: rest };
}
