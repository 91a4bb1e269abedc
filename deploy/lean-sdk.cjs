/**
 * What leaves parts of packages out of the functions' bundles. A cold start pays for every byte that is parsed, and the
 * SDK's clients carry much that a Lambda cannot use, or that Rundrop does not. Only whole modules are replaced, by small
 * ones that say in place of what they stand (deploy/lean/), and two kinds of file are rewritten without changing what
 * they mean. The laptop runs the packages as they are; test/serverless/bundles.test.ts runs the bundles.
 */
'use strict';

const { readFile } = require('node:fs/promises');
const { builtinModules } = require('node:module');
const path = require('node:path');

const lean = (file) => path.join(__dirname, 'lean', file);

const PROTOCOLS = /^import \{([^}]+)\} from "@aws-sdk\/core\/protocols";$/m;

/** By what is imported. */
const REPLACED_PACKAGES = new Map([
  ['@aws-sdk/credential-provider-node', lean('credentials.mjs')],
  ['@aws-sdk/middleware-endpoint-discovery', lean('endpoint-discovery.mjs')],
  ['@smithy/core/event-streams', lean('event-streams.mjs')],
  ['@aws-lambda-powertools/jmespath', lean('jmespath.mjs')],
  ['@aws-lambda-powertools/jmespath/functions', lean('jmespath.mjs')],
]);

/** By the name of the file inside one of the SDK's packages. */
const REPLACED_FILES = new Map([
  ['Md5Js', lean('hash-in-javascript.mjs')],
  ['Sha1Js', lean('hash-in-javascript.mjs')],
  ['Sha256Js', lean('hash-in-javascript.mjs')],
  ['configLoader', lean('config-loader.mjs')],
  ['loadSharedConfigFiles', lean('shared-config.mjs')],
  ['getInstanceMetadataRegion', lean('instance-region.mjs')],
  ['S3ExpressIdentityProviderImpl', lean('s3-express.mjs')],
  ['CreateSessionCommand', lean('s3-express.mjs')],
  ['AdaptiveRetryStrategy', lean('adaptive-retry.mjs')],
  ['AwsSdkSigV4ASigner', lean('sigv4a.mjs')],
  ['resolveAwsSdkSigV4AConfig', lean('sigv4a.mjs')],
  ['HeaderFormatter', lean('header-formatter.mjs')],
  ['emitWarningIfUnsupportedVersion', lean('node-version.mjs')],
  ['check-content-length-header', lean('no-middleware.mjs')],
  ['loggerMiddleware', lean('no-middleware.mjs')],
  ['middleware-ssec', lean('no-middleware.mjs')],
  ['region-redirect-middleware', lean('no-middleware.mjs')],
  ['s3ExpressHttpSigningMiddleware', lean('no-middleware.mjs')],
  ['s3ExpressMiddleware', lean('no-middleware.mjs')],
  ['createBufferedReadable', lean('web-streams.mjs')],
  ['createChecksumStream.browser', lean('web-streams.mjs')],
  ['getAwsChunkedEncodingStream.browser', lean('web-streams.mjs')],
  ['headStream.browser', lean('web-streams.mjs')],
  ['sdk-stream-mixin.browser', lean('web-streams.mjs')],
  ['splitStream.browser', lean('web-streams.mjs')],
  ['stream-collector.browser', lean('web-streams.mjs')],
  ['stream-type-check', lean('web-streams.mjs')],
  ['XmlShapeSerializer', lean('xml-serializer.mjs')],
]);

/** By the name of the file inside Powertools. */
const REPLACED_POWERTOOLS = new Map([['awsSdkUtils', lean('user-agent.mjs')]]);

function leanSdk() {
  return {
    name: 'lean-sdk',
    setup(build) {
      build.onResolve({ filter: /^@(?:aws-sdk|smithy|aws-lambda-powertools)\// }, ({ path: name }) =>
        REPLACED_PACKAGES.has(name) ? { path: REPLACED_PACKAGES.get(name) } : undefined,
      );
      build.onResolve({ filter: /^\.{1,2}\/[\w./-]+$/ }, ({ path: name, importer }) => {
        const base = path.basename(name, '.js');
        const file = isSdk(importer)
          ? REPLACED_FILES.get(base)
          : isPowertools(importer) && REPLACED_POWERTOOLS.get(base);
        return file ? { path: file } : undefined;
      });
      build.onLoad({ filter: /[\\/]schemas[\\/]schemas_\d+\.js$/ }, async ({ path: file }) =>
        isSdk(file) ? { contents: leanSchemas(await readFile(file, 'utf8')), loader: 'js' } : undefined,
      );
      build.onLoad({ filter: /[\\/]package\.json$/ }, async ({ path: file }) => {
        if (!isSdk(file)) return undefined;
        const { version } = JSON.parse(await readFile(file, 'utf8'));
        return { contents: JSON.stringify({ version }), loader: 'json' };
      });
      build.onLoad({ filter: /[\\/]dist-es[\\/]endpoint[\\/]endpointResolver\.js$/ }, async ({ path: file }) =>
        isSdk(file) ? { contents: await plainEndpoints(file), loader: 'js' } : undefined,
      );
      build.onLoad({ filter: /[\\/]lib[\\/]aws[\\/]partitions\.js$/ }, async ({ path: file }) =>
        isSdk(file) ? { contents: leanPartitions(await readFile(file, 'utf8')), loader: 'js' } : undefined,
      );
      build.onLoad({ filter: /[\\/]runtimeExtensions\.js$/ }, ({ path: file }) =>
        isSdk(file) ? { contents: NO_EXTENSIONS, loader: 'js' } : undefined,
      );
      // Nothing but a multi-region access point is signed for all regions, and Rundrop names none.
      build.onLoad({ filter: /[\\/]SignatureV4MultiRegion\.js$/ }, () => ({
        contents: ONE_REGION_SIGNER,
        loader: 'js',
      }));
      build.onLoad({ filter: /[\\/]node_modules[\\/]@(?:aws|aws-sdk|smithy)[\\/].*\.js$/ }, async ({ path: file }) => {
        const text = await readFile(file, 'utf8');
        if (!PROTOCOLS.test(text))
          return text.includes('import(') ? { contents: leanImports(text), loader: 'js' } : undefined;
        const list = await build.resolve('@aws-sdk/core/protocols', {
          resolveDir: path.dirname(file),
          kind: 'import-statement',
        });
        return { contents: directProtocols(text, await protocolFiles(list.path)), loader: 'js' };
      });
      requireBuiltins(build);
    },
  };
}

const PLAIN_BUCKETS = `
import { partition } from '@aws-sdk/core/client';
import { s3Endpoint } from ${JSON.stringify(lean('s3-endpoint.mjs'))};
export const defaultEndpointResolver = (params) => s3Endpoint(params, partition);
`;

/** The name that a service signs with is the first label of its host, for the services that Rundrop calls. */
async function plainEndpoints(file) {
  if (/[\\/]client-s3[\\/]/.test(file)) return PLAIN_BUCKETS;
  const parameters = await readFile(path.join(path.dirname(file), 'EndpointParameters.js'), 'utf8');
  const [, service] = /defaultSigningName: "([a-z]+)"/.exec(parameters);
  return `
import { partition } from '@aws-sdk/core/client';
import { regionalEndpoint } from ${JSON.stringify(lean('regional-endpoint.mjs'))};
export const defaultEndpointResolver = (params) => regionalEndpoint('${service}', params, partition);
`;
}

/** Without the names of all regions: a region's partition is known by its regex, too. */
function leanPartitions(text) {
  const { partitions } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
  const lean = partitions.map((each) => ({ ...each, regions: {} }));
  return `export const partitionsInfo = ${JSON.stringify({ partitions: lean })};`;
}

/** Rundrop's clients have no extensions that change their configuration. Asking for it tells the HTTP handler what a service needs of it. */
const NO_EXTENSIONS = `
import { getHttpHandlerExtensionConfiguration } from '@smithy/core/protocols';
export const resolveRuntimeExtensions = (config, extensions) => {
  if (extensions.length > 0) throw new Error('Extensions of a client are not in this bundle.');
  getHttpHandlerExtensionConfiguration(config);
  return config;
};
`;

const ONE_REGION_SIGNER = `
import { SignatureV4SignWithCredentials } from './SignatureV4SignWithCredentials';
export class SignatureV4MultiRegion extends SignatureV4SignWithCredentials {
  static sigv4aDependency() {
    return 'none';
  }
}
`;

function isPowertools(file) {
  return /[\\/]node_modules[\\/]@aws-lambda-powertools[\\/]/.test(file);
}

function isSdk(file) {
  return /[\\/]node_modules[\\/]@(?:aws-sdk|smithy)[\\/]/.test(file);
}

/**
 * esbuild keeps a schema that nobody uses when it has a computed key, because computing a key might do something. So the
 * keys, which are constants of the same file, are written out. Errors are kept only where the SDK's retries look at more
 * than their name: one that is not registered is thrown all the same, under its name, as the service's base exception.
 */
function leanSchemas(text) {
  const constants = new Map(
    [...text.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)].map(([, name, value]) => [name, value]),
  );
  return text
    .replaceAll(/\[(\w+)\]: /g, (key, name) => (constants.has(name) ? `${constants.get(name)}: ` : key))
    .replaceAll(/^n0_registry\.registerError\((\w+)\$, \w+\);$/gm, (line, name) => (RETRIED.has(name) ? line : ''));
}

/** The errors that have `$retryable`; a test compares them with the clients' own. */
const RETRIED = new Set([
  'InternalServerException',
  'RangeNotSatisfiableException',
  'ReplicatedWriteConflictException',
  'ThrottlingException',
]);

/** What the SDK imports when it needs it: Node's own modules are there already, and the rest is not for Lambda. */
function leanImports(text) {
  return text
    .replaceAll(/\bimport\(["'](node:\w+)["']\)/g, (_, name) => `Promise.resolve(process.getBuiltinModule("${name}"))`)
    .replaceAll(
      /\bimport\("(bowser|@smithy\/core\/event-streams)"\)/g,
      (_, name) => `Promise.reject(new Error("${name} is not in this bundle"))`,
    );
}

/**
 * A client's protocol straight from its file. By way of the list of all protocols, a start would load also those that only
 * clients need which are loaded on demand. `files`: by a protocol's name.
 */
function directProtocols(text, files) {
  return text.replace(PROTOCOLS, (_, names) =>
    namesIn(names)
      .map((name) => `import { ${name} } from ${JSON.stringify(files.get(name))};`)
      .join('\n'),
  );
}

async function protocolFiles(list) {
  const lines = (await readFile(list, 'utf8')).matchAll(/^export \{([^}]+)\} from "([^"]+)";$/gm);
  return new Map(
    [...lines].flatMap(([, names, from]) => {
      const file = from.startsWith('.') ? path.join(path.dirname(list), `${from}.js`) : from;
      return namesIn(names).map((name) => [name, file]);
    }),
  );
}

function namesIn(list) {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

const BUILTINS = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/**
 * `import` of one of Node's own modules reads every property of it, and some of those load more: `node:http` all of
 * undici, for its WebSocket, which is 20 ms. Asking for the module itself reads what is used.
 */
function requireBuiltins(build) {
  build.onResolve({ filter: /^(?:node:)?[a-z_/0-9]+$/ }, ({ path: name }) =>
    BUILTINS.has(name) ? { path: name.replace(/^node:/, ''), namespace: 'builtin' } : undefined,
  );
  build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path: name }) => ({
    contents: `module.exports = process.getBuiltinModule('node:${name}');`,
    loader: 'js',
  }));
}

module.exports = { leanSdk, RETRIED };
