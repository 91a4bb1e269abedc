/** `npm run bundles`: writes docs/bundles.md, the size of each function's bundle, and docs/licences.md, whose work is in them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundledPackages } from './bill-of-materials.cjs';
import { type Bundle, FUNCTION_NAMES, makeBundle } from './bundles.ts';

export const BUNDLES_DOCUMENT = path.resolve(import.meta.dirname, '..', 'docs', 'bundles.md');

export async function makeAllBundles(folder: string): Promise<readonly Bundle[]> {
  return Promise.all(FUNCTION_NAMES.map((name) => makeBundle(name, path.join(folder, 'functions'))));
}

/** Markdown. Sizes in KB of 1,000 bytes, rounded up. */
export function bundlesDocument(bundles: readonly Bundle[]): string {
  const kilobytes = (bytes: number) => String(Math.ceil(bytes / 1_000)).padStart(3);
  const rows = bundles.map(
    ({ name, ...bytes }) =>
      `| ${name} | ${kilobytes(bytes.alwaysBytes)} KB | ${kilobytes(bytes.tracingBytes)} KB | ${kilobytes(bytes.allBytes)} KB |`,
  );
  return [
    HEAD,
    '| function | a start loads | detailed traces | whole package |',
    '|---|---:|---:|---:|',
    ...rows,
    FOOT,
  ].join('\n');
}

const HEAD = `# What each function loads

Minified JavaScript of each function, without maps. *A start loads* the handler's file and the one chunk that it imports at once;
the *whole package* has besides what a function imports when it needs it, such as the reader of sheets, or S3 in the sweeper.
*Detailed traces* are Powertools' tracer and the X-Ray SDK, a file of their own that is loaded by the first invocation where the
setting \`tracing\` is \`detailed\`, and nowhere else.
Written by \`npm run bundles\`; a test compares it with the bundles as serverless.yml has them made, to a tenth.
`;

const FOOT = `
The bound is 350 KB for what import and first call load, which is 219 to 345 KB (\`npm run bench -- cold-start\`). Without
detailed traces the whole package is within the bound, too, but for four, by an eighth at most: \`start-runs\` speaks to eight services,
three of them on demand, and the others have the reader of sheets or the clients of people and events on demand. Such code
costs a start nothing.

What is left out of the packages, and why, is in \`deploy/lean-sdk.cjs\`. The route file is read and checked and
its regexes are compiled while packaging (\`rundrop.yaml.json\` in the packages that need it), so neither what reads route
files nor YAML nor a compiler of regexes is deployed.

\`npm run bench -- cold-start\` measures fresh processes, from their beginning to the answer of their first call, against a stub
of AWS. It interleaves four handlers for each function:

- a bare one, that does nothing. The bound is 1.9 times that;
- the function as it is packaged;
- the function bundled the usual way: esbuild with the same options, but without splitting, the plugins of \`deploy/\` and the
  packaged route file. Where 1.9 is asked the usual way was put at 2.3, so the bound against it is 1.9 / 2.3 = 0.83;
- the function with its packages in node_modules.

The second bound holds: the functions take 0.50 to 0.69 times as long as the usual bundles. **The first does not hold for any
function**: they take 3.0 to 5.2 times as long as a handler that does nothing, 72 to 129 ms against 24 to 25. Nothing that calls
HealthOmics by its client can be at 1.9:

| against a handler that does nothing | |
|---|---:|
| the bound | 1.9 × |
| one GetRun by HealthOmics' client, bundled as leanly, and nothing else (\`bench/client-alone.ts\`) | 2.2 to 2.3 × |
| as many requests as a function makes, signed, without any package (\`bench/requests-alone.mjs\`) | 1.5 to 2.1 × |
| the functions | 3.0 to 5.2 × |
| middy, Powertools and the SDK the usual way, with one call (\`bench/usual-handler.ts\`) | 4.3 to 4.5 × |
| the functions, bundled the usual way | 4.7 to 8.5 × |

A bare handler that makes as many calls by Node's \`fetch\` takes long, too: against that the functions are at 1.1 to 1.5, and the
usual bundles at 2.2 in the middle.
`;

export const LICENCES_DOCUMENT = path.resolve(import.meta.dirname, '..', 'docs', 'licences.md');

/** Markdown. */
export function licencesDocument(bundles: readonly Bundle[]): string {
  const packages = bundledPackages(bundles.map(({ metafile }) => metafile));
  const rows = packages.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`);
  return [LICENCES_HEAD, '| package | version | licence |', '|---|---|---|', ...rows, ''].join('\n');
}

const LICENCES_HEAD = `# Whose work is deployed

Every package of which some function's bundle has a part. Packaging fails on a licence that is not permissive, and writes
the same list as an SBOM in CycloneDX: \`.serverless/sbom.cdx.json\`. Written by \`npm run bundles\`.
`;

if (import.meta.main) {
  const folder = await mkdtemp(path.join(tmpdir(), 'rundrop-bundles-'));
  try {
    const bundles = await makeAllBundles(folder);
    await writeFile(BUNDLES_DOCUMENT, bundlesDocument(bundles));
    await writeFile(LICENCES_DOCUMENT, licencesDocument(bundles));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
