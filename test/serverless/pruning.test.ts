/** What the template gains when the route file has `prune`: nothing before it means it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../lib/aws/config.ts';
import { FUNCTION_SETTINGS } from '../support/function-environment.ts';

interface Statement {
  readonly Action: unknown;
  readonly Resource: unknown;
}
interface Derived {
  readonly sweepEnvironment: Readonly<Record<string, string>>;
  readonly template: {
    readonly Resources: Readonly<
      Record<string, { Properties: { Roles: unknown; PolicyDocument: { Statement: Statement[] } } }>
    >;
  };
}
type Derive = (options: {
  resolveConfigurationProperty: (name: readonly string[]) => Promise<string>;
  environment: Readonly<Record<string, string>>;
}) => Promise<Derived>;

const derive = createRequire(import.meta.url)('../../deploy/routes.cjs') as Derive;
const ROUTES = `version: 1
defaults:
  roleArn: arn:aws:iam::123456789012:role/omics
  outputUri: s3://acme-results/{route}/
  retentionMode: RETAIN
  storageType: DYNAMIC
routes:
  - name: single
    on: { bucket: acme-incoming, key: 'cram/{sample}.cram' }
    run: { workflowId: "3333333", parameters: { input: '{uri}', sample: '{sample}' } }
`;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'rundrop-prune-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function derived(prune: string): Promise<Derived> {
  const file = path.join(directory, 'rundrop.yaml');
  await writeFile(file, ROUTES + prune);
  return derive({
    resolveConfigurationProperty: async ([, name]) => (name === 'routesFile' ? file : 'rundrop-dev'),
    environment: {},
  });
}

describe('pruning in the template', () => {
  it.each([
    ['without prune', ''],
    ['in a dry run', 'prune: { olderThan: 90d }\n'],
  ])('gives nobody leave to delete runs %s', async (_, prune) => {
    expect((await derived(prune)).template.Resources).not.toHaveProperty('SweepRunsPruning');
  });

  it('lets the sweeper alone delete runs, and keep their evidence before', async () => {
    const { template } = await derived('prune: { olderThan: 90d, dryRun: false }\n');
    const { Roles, PolicyDocument } = template.Resources.SweepRunsPruning?.Properties ?? { Roles: [] };
    expect(Roles).toEqual([{ Ref: 'SweepRunsRole' }]);
    const omics = (kind: string) => ({
      'Fn::Sub': `arn:\${AWS::Partition}:omics:\${AWS::Region}:\${AWS::AccountId}:${kind}/*`,
    });
    expect(PolicyDocument?.Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      ['omics:ListRunTasks', [omics('run')]],
      ['omics:GetRunTask', [omics('run'), omics('task')]],
      [['s3:PutObject', 's3:GetObject'], [{ 'Fn::Sub': '${EvidenceBucket.Arn}/*' }]],
      ['omics:DeleteRun', [omics('run')]],
    ]);
  });

  it('tells the function the rules, which it reads back as they are', async () => {
    const { sweepEnvironment } = await derived(
      'prune: { olderThan: 90d, statuses: [COMPLETED, FAILED], keepNewest: 500, runs: all, dryRun: false }\n',
    );
    expect(parseConfig({ ...FUNCTION_SETTINGS, ...sweepEnvironment }).prune).toEqual({
      olderThanMs: 90 * 24 * 3_600_000,
      statuses: ['COMPLETED', 'FAILED'],
      keepNewest: 500,
      keepTag: 'keep',
      runs: 'all',
      mostPerSweep: 50,
      dryRun: false,
    });
    expect((await derived('')).sweepEnvironment).toEqual({});
    expect(parseConfig(FUNCTION_SETTINGS).prune).toBeUndefined();
  });

  it.each(['{}', 'yes', '{"olderThanMs":1,"statuses":[],"dryRun":false}'])(
    'refuses rules that nobody checked: %s',
    (text) => {
      expect(() => parseConfig({ ...FUNCTION_SETTINGS, RUNDROP_PRUNE: text })).toThrow('RUNDROP_PRUNE');
    },
  );
});
