import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_SETTINGS, type PackagedService, packageService } from './package-service.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const KEY = ALL_SETTINGS.kmsKeyArn;
const BUCKET_KEY = ALL_SETTINGS.bucketKeyArns;

type Json = Readonly<Record<string, unknown>>;

let packaged: PackagedService;
let template: {
  readonly Resources: Readonly<Record<string, { Type: string; Properties: Json; DeletionPolicy?: string }>>;
  readonly Rules?: Json;
};

beforeAll(async () => {
  const environment = { HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::123456789012:role/HealthOmicsService' };
  packaged = await packageService({ environment, settings: ALL_SETTINGS });
  template = packaged.template as unknown as typeof template;
}, 120_000);

afterAll(() => packaged?.remove());

const resourcesOf = (type: string) =>
  Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties }]) => ({ id, ...Properties }) as Json & { readonly id: string });

const viaService = (service: string) => ({ 'Fn::Sub': `${service}.\${AWS::Region}.\${AWS::URLSuffix}` });

function ofContext(key: string, service: string, ...rests: string[]) {
  const arns = rests.map((rest) => ({
    'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`,
  }));
  return { StringLike: { [`kms:EncryptionContext:${key}`]: arns.length === 1 ? arns[0] : arns } };
}

/** What a role may do with the key, and when. */
function keyUses(role: Json): readonly (readonly [unknown, unknown])[] {
  const policies = role.Policies as readonly { PolicyDocument: { Statement: readonly Json[] } }[];
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  return statements.filter(({ Resource }) => Resource === KEY).map(({ Action, Condition }) => [Action, Condition]);
}

/** Service principals that use the key by themselves, by the resources that are under it. */
function principalsOfKey(): ReadonlySet<string> {
  const has = (type: string) => resourcesOf(type).length > 0;
  const isLogged = resourcesOf('AWS::StepFunctions::StateMachine').some(
    (one) => one.LoggingConfiguration !== undefined,
  );
  return new Set([
    // Onto the bus, and from rules into queues and dead letters.
    ...(has('AWS::Events::EventBus') || has('AWS::Events::Rule') ? ['events.amazonaws.com'] : []),
    // From the topic into queues that subscribe.
    ...(has('AWS::SNS::Topic') ? ['sns.amazonaws.com'] : []),
    ...(has('AWS::Logs::LogGroup') ? ['logs.eu-central-1.amazonaws.com'] : []),
    ...(isLogged ? ['delivery.logs.amazonaws.com'] : []),
  ]);
}

describe('with every setting, the template', () => {
  it('has been set in all of them', () => {
    const { SETTINGS } = createRequire(import.meta.url)(path.join(ROOT, 'deploy', 'settings.cjs')) as {
      SETTINGS: Json;
    };
    expect(Object.keys(ALL_SETTINGS)).toEqual(Object.keys(SETTINGS));
  });

  it('has the key wherever data lies or passes, and nowhere another one', () => {
    const encrypted: Readonly<Record<string, Json>> = {
      'AWS::SQS::Queue': { KmsMasterKeyId: KEY },
      'AWS::SNS::Topic': { KmsMasterKeyId: KEY },
      'AWS::DynamoDB::Table': { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: KEY } },
      'AWS::Events::EventBus': { KmsKeyIdentifier: KEY },
      'AWS::Logs::LogGroup': { KmsKeyId: KEY },
      'AWS::Lambda::Function': { KmsKeyArn: KEY },
      'AWS::Scheduler::Schedule': { KmsKeyArn: KEY },
      'AWS::StepFunctions::StateMachine': {
        EncryptionConfiguration: { Type: 'CUSTOMER_MANAGED_KMS_KEY', KmsKeyId: KEY },
      },
    };
    for (const [type, properties] of Object.entries(encrypted)) {
      const found = resourcesOf(type);
      expect(found.length, type).toBeGreaterThan(0);
      for (const resource of found) expect(resource, resource.id).toMatchObject(properties);
    }
    for (const queue of resourcesOf('AWS::SQS::Queue')) expect(queue).not.toHaveProperty('SqsManagedSseEnabled');
    const keys = JSON.stringify(template).match(/arn:aws:kms:[^"]+/g);
    expect(new Set(keys)).toEqual(new Set([KEY, BUCKET_KEY]));
  });

  it('lets the functions that look at drops, and no other, decrypt what other buckets keep under a key', () => {
    const roles = resourcesOf('AWS::IAM::Role').map((role) => ({ id: role.id, text: JSON.stringify(role.Policies) }));
    const readers = roles.filter(({ text }) => text.includes('acme-incoming/')).map(({ id }) => id);
    expect(readers.length).toBeGreaterThan(3);
    expect(roles.filter(({ text }) => text.includes(BUCKET_KEY)).map(({ id }) => id)).toEqual(readers);
    const statement = {
      Sid: 'ReadUnderKeysOfBuckets',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: [BUCKET_KEY],
      Condition: { StringEquals: { 'kms:ViaService': [viaService('s3')] } },
    };
    for (const { text } of roles.filter(({ id }) => readers.includes(id)))
      expect(text).toContain(JSON.stringify(statement));
  });

  it('has the boundary on every role', () => {
    for (const role of resourcesOf('AWS::IAM::Role'))
      expect(role.PermissionsBoundary, role.id).toBe(ALL_SETTINGS.permissionsBoundaryArn);
  });

  it('lets each role use the key for what it is there for, and for nothing else', () => {
    const uses = Object.fromEntries(resourcesOf('AWS::IAM::Role').map((role) => [role.id, keyUses(role)]));
    const { RunLifecycleRole, ScheduleRole, ForwardRole, ...functions } = uses;
    const via = (...services: string[]) => ({ StringEquals: { 'kms:ViaService': services.map(viaService) } });
    const through = via('dynamodb', 'events', 'lambda', 's3', 'sns', 'sqs', 'states');
    const all = ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'];
    expect(Object.keys(functions)).toHaveLength(resourcesOf('AWS::Lambda::Function').length);
    for (const [id, used] of Object.entries(functions)) expect(used, id).toEqual([[all, through]]);
    const machine = 'stateMachine:rundrop-dev-run-lifecycle';
    // Not through a service: with that condition AWS says that executions can fail to start.
    expect(RunLifecycleRole).toEqual([
      [
        ['kms:Decrypt', 'kms:GenerateDataKey'],
        // Whichever of its versions runs.
        ofContext('aws:states:stateMachineArn', 'states', machine, `${machine}:*`),
      ],
      ['kms:GenerateDataKey', ofContext('SourceArn', 'logs', '*')],
    ]);
    expect(ScheduleRole).toEqual([
      ['kms:Decrypt', ofContext('aws:scheduler:schedule:arn', 'scheduler', 'schedule/rundrop-dev/*')],
      [['kms:Decrypt', 'kms:GenerateDataKey'], via('sqs')],
    ]);
    expect(ForwardRole).toEqual([]);
  });

  it('uses the key through the services that docs/settings.md lets in, and lets in no other', () => {
    const page = readFileSync(path.join(ROOT, 'docs', 'settings.md'), 'utf8');
    const [, text = ''] = /^## A key of your own\n[\s\S]*?```json\n([\s\S]*?)```/m.exec(page) ?? [];
    const { Statement } = JSON.parse(text) as { Statement: readonly Json[] };
    const services = Statement.flatMap(({ Principal }) => (Principal as { Service?: string | string[] }).Service ?? []);
    expect(services.flat().sort()).toEqual([...principalsOfKey()].sort());
    for (const { Sid, Condition } of Statement.filter(({ Sid: sid }) => sid !== 'AccountAdministers'))
      expect(JSON.stringify(Condition), String(Sid)).toContain('123456789012');
  });

  it('keeps events that the key does not let the bus read', () => {
    const queue = { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] };
    expect(template.Resources.EventBus?.Properties).toMatchObject({ DeadLetterConfig: { Arn: queue } });
    expect(JSON.stringify(template.Resources.UndeliveredQueuePolicy)).toContain('"Fn::GetAtt":["EventBus","Arn"]');
  });

  it('has the functions in the VPC, traced, and their roles able to be there', () => {
    const functions = resourcesOf('AWS::Lambda::Function');
    for (const lambda of functions) {
      expect(lambda).toMatchObject({
        TracingConfig: { Mode: 'Active' },
        VpcConfig: { SubnetIds: ['subnet-01234567', 'subnet-89abcdef'], SecurityGroupIds: ['sg-01234567'] },
      });
    }
    const roles = resourcesOf('AWS::IAM::Role').filter((role) =>
      JSON.stringify(role).includes('ec2:CreateNetworkInterface'),
    );
    expect(roles).toHaveLength(functions.length);
    for (const role of roles) expect(JSON.stringify(role)).toContain('ec2:DescribeSubnets');
  });

  it('has buckets of its own that are closed, announce, and stay', () => {
    expect(template.Resources.InputBucketAcmeDashincoming).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        BucketName: 'acme-incoming',
        NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
        VersioningConfiguration: { Status: 'Enabled' },
      },
    });
    expect(template.Resources.InputBucketAcmeDashincomingPolicy).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: { PolicyDocument: { Statement: [{ Effect: 'Deny', Principal: '*' }] } },
    });
  });

  it('takes whole buckets, at the concurrency and the interval that were asked for', () => {
    expect(template.Resources.SharedDropsRule1?.Properties.EventPattern).toMatchObject({
      detail: { bucket: { name: ['acme-incoming'] } },
    });
    expect(template.Resources.DropsEventSource?.Properties).toMatchObject({
      ScalingConfig: { MaximumConcurrency: 20 },
    });
    expect(template.Resources.SweepSchedule?.Properties.ScheduleExpression).toBe('rate(30 minutes)');
  });

  it('forwards events with a dead-letter queue that lets the rule in, and lets in drops of the other account only', () => {
    expect(template.Resources.ForwardRule?.Properties).toMatchObject({
      EventBusName: { Ref: 'EventBus' },
      EventPattern: { source: ['rundrop'] },
      Targets: [
        { Arn: ALL_SETTINGS.forwardBusArn, DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } } },
      ],
    });
    expect(JSON.stringify(template.Resources.UndeliveredQueuePolicy)).toContain('"Fn::GetAtt":["ForwardRule","Arn"]');
    // One policy for all accounts: of two that are put on a bus at once, EventBridge keeps one.
    expect(template.Resources.DropsFromOtherAccounts?.Properties.Statement).toMatchObject({
      Principal: {
        AWS: ['210987654321', '310987654321'].map((id) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:iam::${id}:root` })),
      },
      Action: 'events:PutEvents',
      Condition: { StringEquals: { 'events:source': 'aws.s3', 'events:detail-type': 'Object Created' } },
    });
  });

  it('lets EventBridge use the role that forwards for the rule that forwards, and for no other', () => {
    const { EventBus, ForwardRule, ForwardRole } = template.Resources;
    const ruleArn = `events:\${AWS::Region}:\${AWS::AccountId}:rule/${EventBus?.Properties.Name}/${ForwardRule?.Properties.Name}`;
    expect(ForwardRole?.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'events.amazonaws.com' },
          Condition: {
            ArnEquals: { 'aws:SourceArn': { 'Fn::Sub': `arn:\${AWS::Partition}:${ruleArn}` } },
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          },
        },
      ],
    });
    // The rule refers to the role: the other way round as well, CloudFormation would create neither.
    expect(JSON.stringify(ForwardRole)).not.toMatch(/"(Ref|Fn::GetAtt)":\[?"ForwardRule"/);
  });

  it('refuses other accounts, and packaging for other regions', () => {
    expect(template.Rules).toMatchObject({
      AllowedAccounts: { Assertions: [{ Assert: { 'Fn::Contains': [['123456789012'], { Ref: 'AWS::AccountId' }] } }] },
    });
    const plugin = createRequire(import.meta.url)(path.join(ROOT, 'deploy', 'apply-settings.cjs')) as new (
      serverless: object,
    ) => { readonly hooks: Readonly<Record<string, () => void>> };
    const packageIn = (region: string, more: Json = {}) => {
      const Resources = { ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket', Properties: {} } };
      const provider = { region, compiledCloudFormationTemplate: { Resources } };
      const none = {
        allowedRegions: [],
        allowedAccounts: [],
        alarmTopicArns: [],
        bucketAccounts: [],
        bucketKeyArns: [],
      };
      const settings = { ...ALL_SETTINGS, ...none, forwardBusArn: '', kmsKeyArn: '', ...more };
      const { hooks } = new plugin({ service: { provider, custom: { settings, prefix: 'rundrop-dev' } } });
      for (const hook of Object.values(hooks)) hook();
    };
    const allowed = { allowedRegions: ['us-east-1'] };
    expect(() => packageIn('us-east-1', allowed)).not.toThrow();
    expect(() => packageIn('eu-west-1', allowed)).toThrow(
      'The region is eu-west-1, and the setting allowedRegions has us-east-1 only. Name one of them with --region.',
    );
    const topics = { alarmTopicArns: [ALL_SETTINGS.alarmTopicArns] };
    expect(() => packageIn('us-east-1', topics)).not.toThrow();
    expect(() => packageIn('eu-west-1', topics)).toThrow(
      'The region is eu-west-1, and the setting alarmTopicArns has arn:aws:sns:us-east-1:123456789012:on-call, which is of another one.',
    );
    expect(() => packageIn('eu-west-1', { kmsKeyArn: KEY })).toThrow('the setting kmsKeyArn has');
  });

  it('tells its functions what was set', () => {
    const [lambda] = resourcesOf('AWS::Lambda::Function');
    expect(lambda?.Environment).toMatchObject({
      Variables: {
        POWERTOOLS_LOG_LEVEL: 'DEBUG',
        RUNDROP_NOTIFY: 'FAILED,COMPLETED',
        RUNDROP_QUOTA_THRESHOLDS: '50,75',
        RUNDROP_REQUEST_ID_TRUST_SECONDS: '3600',
        RUNDROP_RETRY_BASE_SECONDS: '30',
        RUNDROP_SWEEP_RATE_SHARE: '0.25',
      },
    });
  });
});

it('lets exactly those functions feed the queue that they read, which Lambda would stop after some sixteen times', () => {
  const idOf = (attribute: unknown) => (attribute as { 'Fn::GetAtt': readonly [string, string] })['Fn::GetAtt'][0];
  const feedThemselves = resourcesOf('AWS::Lambda::EventSourceMapping').flatMap(({ FunctionName, EventSourceArn }) => {
    const id = idOf(FunctionName);
    const reader = template.Resources[id]?.Properties as { Role: { 'Fn::Sub': string } };
    const role = template.Resources[reader.Role['Fn::Sub'].slice('${'.length, -'.Arn}'.length)];
    const feeds = `"Action":"sqs:SendMessage","Resource":${JSON.stringify(EventSourceArn)}`;
    return JSON.stringify(role?.Properties.Policies).includes(feeds) ? [id] : [];
  });
  const allowed = resourcesOf('AWS::Lambda::Function').filter(({ RecursiveLoop }) => RecursiveLoop === 'Allow');
  expect(allowed.map(({ id }) => id).sort()).toEqual(feedThemselves.sort());
  expect(feedThemselves).toHaveLength(2);
});
