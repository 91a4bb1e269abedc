/** What packaging makes of the route file's keys, and what it says about them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Derived {
  readonly template: {
    readonly Resources: Readonly<
      Record<
        string,
        { Type: string; DependsOn?: readonly string[]; Properties: { Name?: string; EventPattern?: object } }
      >
    >;
  };
}
type Derive = (options: {
  resolveConfigurationProperty: (keys: readonly string[]) => Promise<unknown>;
  environment: Readonly<Record<string, string>>;
  say: (line: string) => void;
}) => Promise<Derived>;

const derive = createRequire(import.meta.url)('../../deploy/routes.cjs') as Derive;
const HEAD = `version: 1
defaults: { roleArn: 'arn:aws:iam::123456789012:role/omics', outputUri: s3://results/, retentionMode: REMOVE, storageType: DYNAMIC }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rundrop-drop-rules-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function packageRoutes(routes: string, settings: object = {}) {
  const file = path.join(folder, 'rundrop.yaml');
  await writeFile(file, HEAD + routes);
  const said: string[] = [];
  const values: Readonly<Record<string, unknown>> = { routesFile: file, prefix: 'rundrop-dev', settings };
  const derived = await derive({
    resolveConfigurationProperty: async ([, name = '']) => values[name],
    environment: {},
    say: (line) => void said.push(line),
  });
  const rules = Object.entries(derived.template.Resources).filter(([, { Type }]) => Type === 'AWS::Events::Rule');
  const schedules = Object.values(derived.template.Resources)
    .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
    .map(({ Properties }) => Properties.Name);
  return { rules, said, schedules };
}

const route = (name: string, bucket: string, key: string) =>
  `  - { name: ${name}, on: { bucket: ${bucket}, key: '${key}' }, run: { workflowId: "1", parameters: { x: '{x}' } } }\n`;

describe('the rules of a package', () => {
  it('are named for their buckets, so that a further bucket moves none', async () => {
    const one = await packageRoutes(`routes:\n${route('a', 'lab-b', 'in/{x}.gz')}`);
    const two = await packageRoutes(`routes:\n${route('z', 'lab-a', 'in/{x}')}${route('a', 'lab-b', 'in/{x}.gz')}`);
    expect(one.rules.map(([id]) => id)).toEqual(['DropsRuleLabDashb']);
    expect(Object.fromEntries(two.rules).DropsRuleLabDashb).toEqual(Object.fromEntries(one.rules).DropsRuleLabDashb);
    expect(two.said).toEqual([]);
  });

  it('come after the policies of the queues that they send to, so that none passes on what nobody lets in', async () => {
    const some = `routes:\n${route('a', 'lab-b', 'in/{x}.gz')}${route('z', 'lab-a', '{x,.*}')}`;
    const { rules } = await packageRoutes(some);
    expect(rules.map(([, { Properties }]) => Properties.Name)).toEqual([
      'rundrop-dev-drops-lab-b',
      'rundrop-dev-drops_shared-1',
    ]);
    for (const [, { DependsOn }] of rules) expect(DependsOn).toEqual(['DropsQueuePolicy', 'UndeliveredQueuePolicy']);
  });

  it('say while packaging where one takes more than its routes ask for', async () => {
    const { rules, said } = await packageRoutes(`routes:\n${route('a', 'lab-b', '{x,.*}')}`);
    expect(said).toEqual([expect.stringMatching(/^lab-b: its rule takes every object of the bucket, because /)]);
    expect(rules.map(([, { Properties }]) => Properties.Name)).toEqual(['rundrop-dev-drops_shared-1']);
  });

  it('have names that EventBridge takes, two for two buckets', async () => {
    const long = 'b'.repeat(62);
    const { rules } = await packageRoutes(
      `routes:\n${route('a', `${long}1`, 'in/{x}')}${route('b', `${long}2`, 'in/{x}')}`,
    );
    const names = rules.map(([, { Properties }]) => Properties.Name ?? '');
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^rundrop-dev-drops-b+-[0-9a-f]{8}$/);
    expect(Math.max(...names.map(({ length }) => length))).toBe(64);
  });

  it('are one for each bucket, whatever it is called, beside the one that buckets share', async () => {
    const buckets = ['shared1', 'buckets-1', 'shared-1', 'a.b', 'a-b', 'adashb'];
    const own = buckets.map((bucket, index) => route(`r${index}`, bucket, 'in/{x}')).join('');
    const { rules } = await packageRoutes(`routes:\n${own}${route('all', 'lab-b', '{x,.*}')}`);
    expect(rules).toHaveLength(buckets.length + 1);
    expect(new Set(rules.map(([, { Properties }]) => Properties.Name)).size).toBe(buckets.length + 1);
  });

  it('take drops of this account and region, and of the accounts that are named', async () => {
    const { rules } = await packageRoutes(`routes:\n${route('a', 'lab-b', 'in/{x}')}`, {
      bucketAccounts: ['210987654321'],
    });
    expect(rules[0]?.[1].Properties.EventPattern).toMatchObject({
      account: [{ Ref: 'AWS::AccountId' }, '210987654321'],
      region: [{ Ref: 'AWS::Region' }],
    });
  });

  it('have a schedule beside them for each name, also where names differ in capitals only', async () => {
    const names = ['nightly', 'Nightly', 'a-b', 'aDashb', 'a_b'];
    const { schedules } = await packageRoutes(
      `schedules:\n${names.map((name) => `  - { name: ${name}, rate: 1 day, run: { workflowId: "1" } }\n`).join('')}`,
    );
    expect(schedules).toEqual(names.map((name) => `rundrop-dev-schedule-${name}`));
  });

  it('need a file: one that is not there is said to be so, without a trace', async () => {
    const missing = path.join(folder, 'missing.yaml');
    const resolveConfigurationProperty = async () => missing;
    const error = await derive({ resolveConfigurationProperty, environment: {}, say: () => {} }).catch((one) => one);
    expect(error.stack).toBe(
      `The route file ${missing} cannot be read: there is no such file. docs/routes.md says what it has.`,
    );
  });

  it('of a file without routes are one that takes nothing, since a queue policy names a rule', async () => {
    const schedules = `schedules:\n  - { name: s, rate: 1 day, run: { workflowId: "1" } }\n`;
    const { rules } = await packageRoutes(schedules);
    expect(rules[0]?.[1].Properties.EventPattern).toMatchObject({ detail: { bucket: { name: [{ exists: false }] } } });
  });
});
