import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsStub, startAwsStub } from '../../bench/aws-stub.ts';
import { type FirstCall, type FirstCallResult, prepareFirstCalls, runFirstCall } from '../../bench/first-calls.ts';
import { bundledPackages } from '../../deploy/bill-of-materials.cjs';
import { type Bundle, FUNCTION_NAMES } from '../../deploy/bundles.ts';
import { BUNDLES_DOCUMENT, LICENCES_DOCUMENT, licencesDocument, makeAllBundles } from '../../deploy/list-bundles.ts';
import { startXRayDaemon } from '../lib/aws/xray-daemon.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);
const LARGEST_START_BYTES = 350_000;

let folder: string;
let stub: AwsStub;
let bundles: readonly Bundle[];
let calls: readonly (FirstCall & FirstCallResult)[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rundrop-bundles-'));
  stub = await startAwsStub();
  bundles = await makeAllBundles(folder);
  const { loadRoutes } = require('../../deploy/route-file.cjs') as {
    loadRoutes(options: object): Promise<{ packaged(): string }>;
  };
  const environment = { HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::000000000000:role/HealthOmics' };
  const { packaged } = await loadRoutes({ fileName: 'rundrop.yaml', environment });
  await writeFile(path.join(folder, 'rundrop.yaml.json'), packaged());
  calls = await prepareFirstCalls(stub, (name) => path.join(folder, 'functions', `${name}.mjs`));
}, 120_000);

afterAll(async () => {
  await stub?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the bundles', () => {
  it('are small: what a start loads has at most 350 KB', () => {
    const large = bundles.filter(({ alwaysBytes }) => alwaysBytes > LARGEST_START_BYTES);
    expect(large.map(({ name, alwaysBytes }) => `${name} ${alwaysBytes}`)).toEqual([]);
  });

  it('are read at a start as two files, however much comes on demand', () => {
    const many = bundles.filter(({ alwaysFiles }) => alwaysFiles > 2);
    expect(many.map(({ name, alwaysFiles }) => `${name} ${alwaysFiles}`)).toEqual([]);
  });

  it('are all listed in docs/bundles.md, with sizes that are about right', async () => {
    const text = await readFile(BUNDLES_DOCUMENT, 'utf8');
    const listed = [...text.matchAll(/^\| ([a-z-]+) \| +(\d+) KB \| +(\d+) KB \| +(\d+) KB \|$/gm)];
    expect(listed.map(([, name]) => name)).toEqual(FUNCTION_NAMES);
    for (const [, name, always, tracing, all] of listed) {
      const bundle = bundles.find((each) => each.name === name);
      for (const [said, bytes] of [
        [always, bundle?.alwaysBytes ?? 0] as const,
        [tracing, bundle?.tracingBytes ?? 0] as const,
        [all, bundle?.allBytes ?? 0] as const,
      ]) {
        const ratio = (Number(said) * 1_000) / bytes;
        expect(
          ratio > 0.9 && ratio < 1.1,
          `${name} has ${bytes} bytes and is listed with ${said} KB: npm run bundles`,
        ).toBe(true);
      }
    }
  });

  it('have nothing but permissive licences, all of them listed in docs/licences.md', async () => {
    expect(await readFile(LICENCES_DOCUMENT, 'utf8'), 'run npm run bundles').toBe(licencesDocument(bundles));
    const metafiles = bundles.map(({ metafile }) => metafile);
    expect(() => bundledPackages(metafiles, new Set(['MIT', 'MIT-0']))).toThrow(/@aws-sdk\/core@\S+ \(Apache-2.0\)/);
  });

  it('have neither a YAML parser nor RE2, and the SDK without what is not for Lambda', () => {
    const inputs = new Set(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
    const heavy =
      /node_modules\/(?:yaml|re2js|mnemonist|bowser|@aws-sdk\/(?:credential-provider-\w+|nested-clients))\//;
    const used = [...inputs].filter((file) => heavy.test(file));
    const bytesOf = (file: string) =>
      bundles.flatMap(({ metafile }) =>
        Object.values(metafile.outputs).map((output) => output.inputs[file]?.bytesInOutput ?? 0),
      );
    expect(used.filter((file) => bytesOf(file).some((bytes) => bytes > 0))).toEqual([]);
  });

  it('have every stand-in of deploy/lean, so that none stands for what is no longer there', async () => {
    const inputs = new Set(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
    const standIns = (await readdir(path.join(ROOT, 'deploy', 'lean'))).filter((file) => file.endsWith('.mjs'));
    expect(standIns.filter((file) => !inputs.has(`deploy/lean/${file}`))).toEqual([]);
  });

  it('name no folder of this machine, in their maps neither, and require nothing', async () => {
    for (const file of await readdir(path.join(folder, 'functions'))) {
      const text = await readFile(path.join(folder, 'functions', file), 'utf8');
      expect(text.includes(ROOT), file).toBe(false);
      if (file.endsWith('.mjs')) expect(text, file).not.toMatch(/\brequire\(["']/);
    }
  });
});

describe('the first call of each bundled function', () => {
  it('does what it is for', () => {
    expect(calls.map(({ name }) => name).sort()).toEqual(FUNCTION_NAMES);
    const resultOf = (name: string) => calls.find((call) => call.name === name)?.result;
    expect(resultOf('on-drop')).toEqual({ batchItemFailures: [] });
    expect(resultOf('on-schedule')).toMatchObject({ request: expect.any(String) });
    expect(resultOf('reconcile-runs')).toMatchObject({ repaired: 0 });
    expect(resultOf('record-outcome')).toMatchObject({ outcome: 'COMPLETED', next: 'completed' });
    expect(resultOf('sweep-runs')).toMatchObject({ outcome: 'done' });
    const services = [
      'StartExecution',
      'HEAD /acme-incoming/cram/S1.cram',
      'SendMessage',
      'POST /run',
      'SendTaskSuccess',
    ];
    expect(stub.operations).toEqual(
      expect.arrayContaining([...services, 'PutEvents', 'GetServiceQuota', 'GET /run/1234567']),
    );
  });

  it('loads no package from node_modules', () => {
    for (const { name, loaded } of calls) {
      expect(
        loaded.filter((file) => !file.startsWith(`${folder}${path.sep}`) && !file.includes('first-call-child')),
        name,
      ).toEqual([]);
    }
  });
});

describe('a bundled function that traces in detail', () => {
  it('loads the tracer then only, and tells X-Ray of each call without the key', async () => {
    const call = calls.find(({ name }) => name === 'on-drop');
    if (call === undefined) throw new Error('on-drop was not called');
    const isTracer = (file: string) => file.includes('.detailed-tracing-');
    expect(calls.flatMap(({ loaded }) => loaded).filter(isTracer)).toEqual([]);
    const daemon = await startXRayDaemon();
    try {
      const environment = { ...TRACED, AWS_XRAY_DAEMON_ADDRESS: daemon.address };
      const file = path.join(folder, 'functions', 'on-drop.mjs');
      const { result, loaded } = await runFirstCall(stub, call, { file, report: true, environment });
      expect(result).toEqual({ batchItemFailures: [] });
      expect(loaded.filter(isTracer)).toHaveLength(1);
      await expect.poll(() => daemon.sent.map(({ name }) => name)).toContain('## on-drop.handler');
      const operations = daemon.sent.map(({ name, aws }) => `${name} ${aws?.operation ?? ''}`);
      expect(operations).toEqual(expect.arrayContaining(['S3 HeadObject', 'SFN StartExecution', 'DynamoDB PutItem']));
      expect(daemon.texts.join('\n')).not.toMatch(/S1|cram/);
    } finally {
      await daemon.stop();
    }
  });
});

const TRACED = {
  RUNDROP_TRACING: 'detailed',
  _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1',
  _HANDLER: 'on-drop.handler',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  LAMBDA_TASK_ROOT: '/var/task',
};

describe('errors of the SDK that are kept in the bundles', () => {
  it('are those that a retry looks at', async () => {
    const { RETRIED } = require('../../deploy/lean-sdk.cjs') as { RETRIED: ReadonlySet<string> };
    const clients = new Set(
      bundles.flatMap(({ metafile }) =>
        Object.keys(metafile.inputs).filter((file) => /client-[\w-]+\/dist-es\/models\/errors\.js$/.test(file)),
      ),
    );
    const retryable = new Set<string>();
    for (const file of clients) {
      for (const definition of (await readFile(path.join(ROOT, file), 'utf8')).split('export class ').slice(1)) {
        if (definition.includes('$retryable')) retryable.add(definition.split(' ')[0] ?? '');
      }
    }
    expect([...retryable].sort()).toEqual([...RETRIED].sort());
  });
});
