/** What packaging does with a template that passes limits of IAM and CloudFormation. */
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

interface Statement {
  readonly Sid: string;
  readonly Action: string;
  readonly Resource: unknown;
}
interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Policies?: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
    readonly PolicyDocument?: { readonly Statement: readonly Statement[] };
    readonly Roles?: readonly { readonly Ref: string }[];
    readonly ManagedPolicyArns?: readonly { readonly Ref: string }[];
    readonly FunctionName?: string;
    readonly Environment?: { readonly Variables: Readonly<Record<string, unknown>> };
  };
}
type Resources = Record<string, Resource>;

const { keepWithinLimits } = createRequire(import.meta.url)('../../deploy/limits.cjs') as {
  keepWithinLimits(template: { Resources: Resources }): void;
};
const ApplySettings = createRequire(import.meta.url)('../../deploy/apply-settings.cjs') as new (
  serverless: object,
) => { readonly hooks: Readonly<Record<string, () => void>> };

const arns = (count: number, kind: string) =>
  Array.from({ length: count }, (_, index) => ({
    'Fn::Sub': `arn:\${AWS::Partition}:omics:::${kind}/${10_000 + index}`,
  }));
const statement = (Sid: string, count: number): Statement => ({
  Sid,
  Action: `omics:${Sid}`,
  Resource: arns(count, Sid),
});
const role = (...Statement: readonly Statement[]): Resource => ({
  Type: 'AWS::IAM::Role',
  Properties: { Policies: [{ PolicyDocument: { Statement } }] },
});
const policy = (roles: readonly string[], ...Statement: readonly Statement[]): Resource => ({
  Type: 'AWS::IAM::Policy',
  Properties: { Roles: roles.map((Ref) => ({ Ref })), PolicyDocument: { Statement } },
});

function kept(resources: Resources): Resources {
  const template = { Resources: structuredClone(resources) };
  keepWithinLimits(template);
  return template.Resources;
}

const LOG: Statement = { Sid: 'Log', Action: 'logs:PutLogEvents', Resource: '*' };
const written = (statements: readonly Statement[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }).replaceAll(/\{"Fn::Sub":("[^"]*")\}/g, '$1').length;
const inline = (resources: Resources, id: string) =>
  (resources[id]?.Properties.Policies ?? []).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
const managed = (resources: Resources, id: string) =>
  (resources[id]?.Properties.ManagedPolicyArns ?? []).map(
    ({ Ref }) => resources[Ref]?.Properties.PolicyDocument?.Statement ?? [],
  );
const attached = (resources: Resources, id: string) =>
  Object.values(resources)
    .filter(({ Properties }) => Properties.Roles?.some(({ Ref }) => Ref === id))
    .flatMap(({ Properties }) => Properties.PolicyDocument?.Statement ?? []);

/** Action and resource, one by one. */
function allowed(resources: Resources, id: string): readonly string[] {
  const statements = [...inline(resources, id), ...managed(resources, id).flat(), ...attached(resources, id)];
  return statements
    .flatMap(({ Action, Resource }) => [Resource].flat().map((resource) => `${Action} ${JSON.stringify(resource)}`))
    .sort();
}

describe('a role that holds more than IAM takes inline', () => {
  const before = {
    Starter: role(LOG, statement('Start', 300), statement('Look', 200)),
    Versions: policy(['Starter', 'Reader'], statement('Read', 100)),
    Reader: role(LOG),
  };

  it('goes on in managed policies of a size that IAM takes, and is allowed the very same', () => {
    const after = kept(before);
    const documents = managed(after, 'Starter');
    expect(documents.length).toBeGreaterThan(2);
    for (const document of documents) {
      expect(written(document)).toBeLessThanOrEqual(6144);
      const sids = document.map(({ Sid }) => Sid);
      expect(new Set(sids).size).toBe(sids.length);
    }
    expect(written([...inline(after, 'Starter'), ...attached(after, 'Starter')])).toBeLessThanOrEqual(10_240);
    expect(allowed(after, 'Starter')).toEqual(allowed(before, 'Starter'));
  });

  it('keeps its short statements, which the first invocation needs, and takes nothing from another role', () => {
    const after = kept(before);
    expect(inline(after, 'Starter')).toContainEqual(LOG);
    expect(allowed(after, 'Reader')).toEqual(allowed(before, 'Reader'));
    expect(after.Reader).toEqual(before.Reader);
  });

  it('is refused where even managed policies are too few', () => {
    const huge = { Starter: role(LOG, statement('Start', 2_000)) };
    expect(() => kept(huge)).toThrow(
      /^What the route file names makes \d+ managed policies for Starter, and IAM attaches 10/,
    );
  });
});

describe('a role that IAM takes', () => {
  it('stays as it is', () => {
    const usual = { Starter: role(LOG, statement('Start', 50)), More: policy(['Starter'], statement('Read', 50)) };
    expect(kept(usual)).toEqual(usual);
  });
});

describe('a template', () => {
  const topics = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`Topic${index}`, { Type: 'AWS::SNS::Topic', Properties: {} }]),
    );

  it('of more resources than CloudFormation takes is refused while packaging', () => {
    expect(() => kept(topics(500))).not.toThrow();
    expect(() => kept(topics(501))).toThrow(/^The stack would have 501 resources, and CloudFormation takes 500\./);
  });

  it('with more variables than Lambda takes is refused while packaging', () => {
    const taker = (value: string) => ({
      OnDrop: {
        Type: 'AWS::Lambda::Function',
        Properties: { FunctionName: 'on-drop', Environment: { Variables: { TABLE: { Ref: 'Table' }, value } } },
      },
    });
    expect(() => kept(taker('x'.repeat(3_900)))).not.toThrow();
    expect(() => kept(taker('x'.repeat(4_096)))).toThrow(
      /^The variables of on-drop would have up to 4\d+ bytes, and Lambda takes 4096\./,
    );
  });

  it('is held against the limits when everything else is in it', () => {
    const compiledCloudFormationTemplate = {
      Resources: { ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket', Properties: {} }, ...topics(500) },
    };
    const none = {
      allowedRegions: [],
      allowedAccounts: [],
      alarmTopicArns: [],
      bucketAccounts: [],
      bucketKeyArns: [],
      vpcSubnetIds: [],
    };
    const settings = { ...none, forwardBusArn: '', kmsKeyArn: '', permissionsBoundaryArn: '', tracing: false };
    const provider = { region: 'eu-central-1', compiledCloudFormationTemplate };
    const { hooks } = new ApplySettings({ service: { provider, custom: { settings, prefix: 'rundrop-dev' } } });
    const [finish] = Object.values(hooks);
    expect(finish).toThrow('501 resources');
  });
});
