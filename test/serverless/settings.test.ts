import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { NOTICE_KINDS } from '../../lib/lifecycle/ports.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Setting {
  readonly default: unknown;
  readonly range: string;
}
interface SettingsModule {
  (options: object): Promise<Record<string, unknown>>;
  readonly SETTINGS: Readonly<Record<string, Setting>>;
}
const settings = createRequire(import.meta.url)(path.join(ROOT, 'deploy', 'settings.cjs')) as SettingsModule;

/** The settings of a stage, as `serverless package --stage prod --param=…` reads them. */
function read(params: unknown, param?: readonly (string | null)[], stage = 'prod') {
  const configuration: Readonly<Record<string, unknown>> = { params, provider: 'dev' };
  return settings({
    resolveConfigurationProperty: async ([name = '']: readonly string[]) => configuration[name],
    options: { stage, ...(param === undefined ? {} : { param }) },
  });
}

const of = (values: Readonly<Record<string, unknown>>) => read({ default: values });

describe('the settings', () => {
  it('are their defaults when nothing is said', async () => {
    const defaults = Object.fromEntries(
      Object.entries(settings.SETTINGS).map(([name, setting]) => [name, setting.default]),
    );
    expect(await read(null)).toMatchObject(defaults);
    expect(await read({ default: { kmsKeyArn: null } })).toMatchObject(defaults);
  });

  it("come from the default, over it the stage's own, over both the command line", async () => {
    const params = {
      default: { logRetentionDays: 30, sweepMinutes: 20, dropsConcurrency: 3, tags: { owner: 'lab' } },
      prod: { sweepMinutes: 30, dropsConcurrency: 4, tags: { stage: 'prod' } },
      dev: { logRetentionDays: 1 },
    };
    expect(await read(params, ['dropsConcurrency=5'])).toMatchObject({
      logRetentionDays: 30,
      sweepMinutes: 30,
      sweepExpression: 'rate(30 minutes)',
      dropsConcurrency: 5,
    });
    expect((await read(params)).tags).toEqual({ stage: 'prod' });
  });

  it('lock evidence for some days, or have the lock without a time', async () => {
    const locked = await of({ evidenceLockDays: 30, evidenceLockMode: 'COMPLIANCE' });
    const rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: 30 } };
    expect(locked.evidenceObjectLock).toEqual({ ObjectLockEnabled: 'Enabled', Rule: rule });
    expect((await of({})).evidenceObjectLock).toEqual({ ObjectLockEnabled: 'Enabled' });
  });

  it('take lists and tags in YAML and as text', async () => {
    const groups = ['sg-01234567', 'sg-89abcdef'];
    const subnets = { vpcSubnetIds: ['subnet-0123456789abcdef0'] };
    expect(await of({ ...subnets, vpcSecurityGroupIds: groups })).toMatchObject({ vpcSecurityGroupIds: groups });
    expect(await of({ ...subnets, vpcSecurityGroupIds: groups.join(', ') })).toMatchObject({
      vpcSecurityGroupIds: groups,
    });
    expect(await of({ ...subnets, vpcSecurityGroupIds: [...groups, ...groups] })).toMatchObject({
      vpcSecurityGroupIds: groups,
    });
    const tags = { 'cost-center': '42', owner: 'a@b.example' };
    expect(await of({ tags: { 'cost-center': 42, owner: 'a@b.example' } })).toMatchObject({ tags });
    expect(await of({ tags: 'cost-center=42,owner=a@b.example' })).toMatchObject({ tags });
    expect(await of({ tags: ['cost-center=42', 'owner=a@b.example'] })).toMatchObject({ tags });
    expect(await of({ quotaThresholds: [50, 75] })).toMatchObject({ quotaThresholds: '50,75' });
  });

  it.each<[string, unknown]>([
    ['allowedAccounts', '12345'],
    ['allowedRegions', ['eu-central']],
    ['alarmTopicArns', 'on-call'],
    ['alarmTopicArns', Array.from({ length: 6 }, (_, index) => `arn:aws:sns:eu-central-1:123456789012:t${index}`)],
    ['bucketAccounts', ['1234567890123']],
    ['bucketKeyArns', 'alias/inputs'],
    ['createBuckets', 'yes'],
    ['dropRules', 'key'],
    ['dropsConcurrency', 1],
    ['dropsConcurrency', 1001],
    ['dropsConcurrency', 2.5],
    ['evidenceLockDays', 36_501],
    ['evidenceLockDays', -1],
    ['evidenceLockDays', true],
    ['evidenceLockDays', '0x10'],
    ['evidenceLockMode', 'NONE'],
    ['forwardBusArn', 'all-stacks'],
    ['kmsKeyArn', 'arn:aws:kms:eu-central-1:123456789012:alias/rundrop'],
    ['logLevel', 'VERBOSE'],
    ['logRetentionDays', 100],
    ['logRetentionDays', ''],
    ['logRetentionDays', true],
    ['logRetentionDays', [30]],
    ['permissionsBoundaryArn', 'boundary'],
    ['sweepMinutes', 4],
    ['sweepMinutes', 61],
    ['tags', { 'aws:owner': 'x' }],
    ['tags', { 'AWS:owner': 'x' }],
    ['tags', { owner: null }],
    ['tags', { owner: ['x'] }],
    ['tags', 'owner'],
    ['tracing', 'Active'],
    ['vpcSecurityGroupIds', 'sg-x'],
    ['vpcSubnetIds', 'vpc-01234567'],
  ])('refuse %s = %j, saying what it may be', async (name, value) => {
    const range = settings.SETTINGS[name]?.range;
    await expect(of({ [name]: value })).rejects.toThrow(`${name} is ${JSON.stringify(value)}, not ${range}.`);
  });

  it.each<[string, unknown, string]>([
    ['notify', 'EVERYTHING', 'notify is "EVERYTHING", not "none" or some of FAILED'],
    ['quotaThresholds', '80,900', 'quotaThresholds is "80,900", not percentages'],
    ['requestIdTrustSeconds', 0, 'requestIdTrustSeconds is "0", not a whole number of seconds from 1 to 7776000'],
    ['retryBaseSeconds', 90_000, 'retryBaseSeconds is "90000", not a whole number of seconds from 1 to 86400'],
    ['sweepRateShare', 1, 'sweepRateShare is "1", not a number above 0 and at most 0.9'],
    ['vpcSubnetIds', ['subnet-01234567'], 'vpcSubnetIds and vpcSecurityGroupIds go together'],
    ['logRetentiondays', 30, 'logRetentiondays is no setting; there are allowedAccounts, '],
  ])('refuse %s = %j as the functions would, or since it does not fit', async (name, value, message) => {
    await expect(of({ [name]: value })).rejects.toThrow(message);
  });

  it.each(['Prod', 'prod_2', 'a-stage-of-19-chars'])(
    'refuse the stage %s, which no bucket can have in its name',
    async (stage) => {
      await expect(read(null, undefined, 'a-stage-of-18-char')).resolves.toBeDefined();
      await expect(read(null, undefined, stage)).rejects.toThrow(
        'A stage has at most 18 small letters, digits and hyphens.',
      );
    },
  );

  it.each<[unknown, string]>([
    [['default'], 'settings.yml gives no mapping of stages to settings: it is ["default"]. Without'],
    [{ default: 'x' }, 'settings.yml has "x" under default, where a mapping of settings to values belongs.'],
    [{ default: {}, Prod: { logLevel: 'DEBUG' } }, 'settings.yml has Prod, which is neither `default` nor a stage: '],
    [{ kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1' }, 'settings.yml has kmsKeyArn, which is neither'],
  ])('are not passed over where settings.yml is %j', async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it('of a file that the framework cannot read are said to be so; of one with variables, they are asked for again', async () => {
    const failing = (code: string) =>
      settings({
        resolveConfigurationProperty: () => Promise.reject(Object.assign(new Error('trace'), { code })),
        options: { stage: 'prod' },
      });
    await expect(failing('VARIABLE_RESOLUTION_ERROR')).rejects.toThrow(
      'settings.yml gives no mapping of stages to settings: trace. Without',
    );
    await expect(failing('MISSING_VARIABLE_DEPENDENCY')).rejects.toThrow('trace');
  });

  it.each([['logLevel'], ['=DEBUG'], [null]])('refuse --param %j, which gives no name a value', async (param) => {
    await expect(read(null, [param])).rejects.toThrow(`--param is ${JSON.stringify(param)}, not name=value.`);
  });

  it('tell all that is wrong at once, and where to look', async () => {
    const wrong = of({ sweepMinutes: 1, notify: 'x', unknown: 1 });
    await expect(wrong).rejects.toThrow(
      /settings of stage prod[\s\S]*- sweepMinutes[\s\S]*- unknown[\s\S]*- notify[\s\S]*settings\.yml and --param; docs\/settings\.md/,
    );
  });

  it('that docs/settings.md shows are taken, default and stage together', async () => {
    const [, example = ''] =
      /^```yml\n([\s\S]*?)^```$/m.exec(readFileSync(path.join(ROOT, 'docs', 'settings.md'), 'utf8')) ?? [];
    const shown = await read(parse(example) as Record<string, unknown>);
    expect(shown).toMatchObject({ logRetentionDays: 400, tags: { 'cost-center': 'genomics' } });
    expect(shown.kmsKeyArn).toContain(':key/');
  });

  it('stand in one table, with default, range and effect', () => {
    const rows = readFileSync(path.join(ROOT, 'docs', 'settings.md'), 'utf8').matchAll(
      /^\| `(\w+)` \| (.*?) \| (.*?) \| (.+) \|$/gm,
    );
    const documented = [...rows].map(([, name, byDefault, range]) => ({ name, byDefault, range }));
    const known = Object.entries(settings.SETTINGS).map(([name, setting]) => ({
      name,
      byDefault:
        setting.default === '' ? 'empty' : typeof setting.default === 'object' ? 'none' : `\`${setting.default}\``,
      range: setting.range,
    }));
    expect(documented).toEqual(known);
    for (const kind of NOTICE_KINDS) expect(settings.SETTINGS.notify?.range).toContain(kind);
  });
});
