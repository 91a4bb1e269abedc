import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TemplateScope } from '../../local/wiring/intrinsics.ts';
import { readWiring } from '../../local/wiring/read-wiring.ts';
import { readServerlessFile } from '../../local/wiring/serverless-file.ts';
import type { Wiring } from '../../local/wiring/wiring.ts';
import { type PackagedService, packageService } from './package-service.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const scope: TemplateScope = {
  accountId: '000000000000',
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:4566',
  parameters: { HealthOmicsRoleArn: 'arn:aws:iam::000000000000:role/HealthOmicsServiceRole' },
};

/** The packaged copy of the sources is in no repository. */
const COMMIT = { RUNDROP_ROUTES_COMMIT: '0123456789abcdef0123456789abcdef01234567' };

let packaged: PackagedService;
let deployed: Wiring;
let local: Wiring;

beforeAll(async () => {
  // As on Node 20, which does not run TypeScript either: esbuild reads the route file's sources, on the laptop Node does.
  const likeNode20 = path.join(import.meta.dirname, 'like-node-20.cjs');
  packaged = await packageService({
    stage: 'local',
    environment: COMMIT,
    nodeOptions: ['--no-experimental-strip-types', '--require', likeNode20],
  });
  deployed = readWiring(packaged.template, scope);
  const serverless = await readServerlessFile({
    file: path.join(ROOT, 'serverless.yml'),
    stage: 'local',
    routesFile: 'rundrop.yaml',
    environment: COMMIT,
  });
  local = readWiring(serverless.template, scope);
}, 120_000);

afterAll(() => packaged?.remove());

describe('the laptop and what serverless package makes', () => {
  it.each([
    'functions',
    'queues',
    'tables',
    'topicNames',
    'buckets',
    'busNames',
    'rules',
    'scheduleGroups',
    'schedules',
    'stateMachines',
    'stateMachineAliases',
    'eventSources',
  ] as const)('wire the same %s', (part) => {
    expect(local[part]).toEqual(deployed[part]);
    expect(deployed[part]).not.toHaveLength(0);
  });

  it('ask for the service role at deployment when it is not known before', () => {
    expect(packaged.template.Parameters).toHaveProperty('HealthOmicsRoleArn.AllowedPattern');
    expect(packaged.template.Parameters).not.toHaveProperty('HealthOmicsRoleArn.Default');
  });

  it('wire nothing that this test does not compare', () => {
    expect(local).toEqual(deployed);
  });
});
