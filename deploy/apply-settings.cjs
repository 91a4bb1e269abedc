/**
 * What a setting does to every resource of a kind, and what the framework's own resources lack: a plugin of the Serverless
 * Framework, run on the finished template, so that no queue, role or log group can be forgotten. The laptop does without:
 * it has neither keys nor roles.
 */
'use strict';

const { keepWithinLimits } = require('./limits.cjs');
const PackagingError = require('./packaging-error.cjs');

const KEY_REUSE_SECONDS = 300;
/** Who uses the key for our functions. */
const KEY_SERVICES = ['dynamodb', 'events', 'lambda', 's3', 'sns', 'sqs', 'states'];

module.exports = class ApplySettings {
  constructor(serverless) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { provider, custom } = serverless.service;
        applySettings(provider.compiledCloudFormationTemplate, custom.settings, {
          region: provider.region,
          prefix: custom.prefix,
        });
        keepWithinLimits(provider.compiledCloudFormationTemplate);
      },
    };
  }
};

function applySettings(template, settings, { region, prefix }) {
  if (settings.allowedRegions.length > 0 && !settings.allowedRegions.includes(region)) {
    throw new PackagingError(
      `The region is ${region}, and the setting allowedRegions has ${settings.allowedRegions.join(', ')} only. Name one of them with --region.`,
    );
  }
  for (const name of ['alarmTopicArns', 'bucketKeyArns', 'kmsKeyArn'])
    holdInRegion(name, [settings[name]].flat(), region);
  if (settings.allowedAccounts.length > 0)
    template.Rules = { ...template.Rules, ...accountRule(settings.allowedAccounts) };
  if (settings.forwardBusArn !== '') forward(template.Resources, settings.forwardBusArn, prefix);
  Object.assign(template.Resources, entrances(settings.bucketAccounts, prefix));
  if (settings.kmsKeyArn !== '') keepWhatTheBusCannotRead(template.Resources);
  expireOldBundles(template.Resources.ServerlessDeploymentBucket);
  for (const [id, resource] of Object.entries(template.Resources)) {
    // They go with the stack: a group that stayed would refuse the next deployment of the same stage.
    if (resource.Type === 'AWS::Logs::LogGroup') Object.assign(resource, GOES_WITH_THE_STACK);
    if (settings.kmsKeyArn !== '') encrypt(id, resource, settings.kmsKeyArn);
    if (resource.Type === 'AWS::CloudWatch::Alarm') notifyOf(resource, settings.alarmTopicArns);
    if (resource.Type === 'AWS::IAM::Role') changeRole(resource, settings, prefix);
    if (resource.Type === 'AWS::Lambda::Function') changeFunction(resource, settings);
  }
}

/** An alarm tells topics of its own region only, and a key is used in its own. */
function holdInRegion(name, arns, region) {
  const foreign = arns.find((arn) => arn !== '' && arn.split(':')[3] !== region);
  if (foreign !== undefined)
    throw new PackagingError(
      `The region is ${region}, and the setting ${name} has ${foreign}, which is of another one.`,
    );
}

const GOES_WITH_THE_STACK = { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' };

/** The framework deletes all but its last five deployments; in a versioned bucket that alone frees nothing. */
function expireOldBundles(bucket) {
  bucket.Properties.LifecycleConfiguration = {
    Rules: [
      {
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
    ],
  };
}

/** CloudFormation itself refuses to deploy anywhere else. */
function accountRule(accounts) {
  const description = `This account is not in the setting allowedAccounts (${accounts.join(', ')}).`;
  const condition = { 'Fn::Contains': [accounts, { Ref: 'AWS::AccountId' }] };
  return { AllowedAccounts: { Assertions: [{ Assert: condition, AssertDescription: description }] } };
}

/** By type: how a resource is put under the customer's key. */
const ENCRYPTIONS = {
  'AWS::DynamoDB::Table': (key) => ({ SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key } }),
  'AWS::Events::EventBus': (key) => ({ KmsKeyIdentifier: key }),
  'AWS::Lambda::Function': (key) => ({ KmsKeyArn: key }),
  'AWS::Logs::LogGroup': (key) => ({ KmsKeyId: key }),
  'AWS::S3::Bucket': (key) => ({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key }, BucketKeyEnabled: true },
      ],
    },
  }),
  'AWS::SNS::Topic': (key) => ({ KmsMasterKeyId: key }),
  'AWS::SQS::Queue': (key) => ({
    SqsManagedSseEnabled: undefined,
    KmsMasterKeyId: key,
    KmsDataKeyReusePeriodSeconds: KEY_REUSE_SECONDS,
  }),
  'AWS::Scheduler::Schedule': (key) => ({ KmsKeyArn: key }),
  'AWS::StepFunctions::StateMachine': (key) => ({
    EncryptionConfiguration: {
      Type: 'CUSTOMER_MANAGED_KMS_KEY',
      KmsKeyId: key,
      KmsDataKeyReusePeriodSeconds: KEY_REUSE_SECONDS,
    },
  }),
};

function encrypt(id, resource, key) {
  // Whoever deploys may have no right to the key, and bundles are no secret.
  if (id === 'ServerlessDeploymentBucket') return;
  Object.assign(resource.Properties, ENCRYPTIONS[resource.Type]?.(key));
}

function notifyOf(alarm, topics) {
  if (topics.length > 0) Object.assign(alarm.Properties, { AlarmActions: topics, OKActions: topics });
}

function changeRole({ Properties: role }, settings, prefix) {
  const { bucketKeyArns, kmsKeyArn, permissionsBoundaryArn, tracing, vpcSubnetIds } = settings;
  const service = role.AssumeRolePolicyDocument.Statement[0].Principal.Service;
  const isFunction = service === 'lambda.amazonaws.com';
  const add = (...statements) => role.Policies[0].PolicyDocument.Statement.push(...statements);
  if (permissionsBoundaryArn !== '') role.PermissionsBoundary = permissionsBoundaryArn;
  if (kmsKeyArn !== '') add(...(KEY_USES[service]?.(kmsKeyArn, prefix) ?? []));
  if (bucketKeyArns.length > 0 && readsInputs(role)) {
    add({ ...through(['s3'], 'kms:Decrypt', bucketKeyArns), Sid: 'ReadUnderKeysOfBuckets' });
  }
  if (isFunction && tracing) add(statement('Trace', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'));
  if (isFunction && vpcSubnetIds.length > 0) add(statement('BeInTheVpc', BE_IN_A_VPC, '*'));
}

/** As AWSLambdaVPCAccessExecutionRole has them. */
const BE_IN_A_VPC = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** S3 tells the checksum of an object under a key to nobody who may not decrypt it. */
function readsInputs({ Policies }) {
  const statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  return statements.some(({ Sid }) => Sid === 'ReadDroppedObjects' || Sid === 'LookAtInputs');
}

const USE = ['kms:Decrypt', 'kms:GenerateDataKey'];
const ours = (rest) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:${rest}` });

/**
 * By who assumes a role: how it uses the key. Functions do so through the services that hold what is encrypted. Step
 * Functions and Scheduler use the key with the role itself, and not through a service: there the encryption context says
 * what for. What EventBridge forwards it encrypts by itself.
 */
const KEY_USES = {
  'lambda.amazonaws.com': (key) => [through(KEY_SERVICES, [...USE, 'kms:DescribeKey'], key)],
  'states.amazonaws.com': (key, prefix) => [
    forContext('UseTheKey', USE, key, {
      // An execution is always of a version, and AWS does not say whether that stands here too.
      'aws:states:stateMachineArn': ['', ':*'].map((version) =>
        ours(`states:\${AWS::Region}:\${AWS::AccountId}:stateMachine:${prefix}-run-lifecycle${version}`),
      ),
    }),
    forContext('EncryptLogs', 'kms:GenerateDataKey', key, {
      SourceArn: ours('logs:${AWS::Region}:${AWS::AccountId}:*'),
    }),
  ],
  'scheduler.amazonaws.com': (key, prefix) => [
    forContext('ReadSchedules', 'kms:Decrypt', key, {
      'aws:scheduler:schedule:arn': ours(`scheduler:\${AWS::Region}:\${AWS::AccountId}:schedule/${prefix}/*`),
    }),
    through(['sqs'], USE, key),
  ],
};

function through(services, actions, key) {
  const via = services.map((service) => ({ 'Fn::Sub': `${service}.\${AWS::Region}.\${AWS::URLSuffix}` }));
  return { ...statement('UseTheKey', actions, key), Condition: { StringEquals: { 'kms:ViaService': via } } };
}

function forContext(sid, actions, key, context) {
  const keys = Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]);
  return { ...statement(sid, actions, key), Condition: { StringLike: Object.fromEntries(keys) } };
}

function statement(sid, actions, resource) {
  return { Sid: sid, Effect: 'Allow', Action: actions, Resource: resource };
}

function changeFunction({ Properties: lambda }, { tracing, vpcSubnetIds, vpcSecurityGroupIds }) {
  if (tracing) lambda.TracingConfig = { Mode: 'Active' };
  if (vpcSubnetIds.length > 0) lambda.VpcConfig = { SubnetIds: vpcSubnetIds, SecurityGroupIds: vpcSecurityGroupIds };
}

/** Our events to a bus of all stacks, in another account or region. */
function forward(resources, busArn, prefix) {
  Object.assign(resources, forwardResources(busArn, prefix));
  letSend(resources, 'ForwardRuleSends', 'ForwardRule');
}

/** An event that cannot be encrypted or decrypted, because the key refuses, matches no rule: the bus itself keeps it. */
function keepWhatTheBusCannotRead(resources) {
  resources.EventBus.Properties.DeadLetterConfig = { Arn: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } };
  letSend(resources, 'EventBusSends', 'EventBus');
}

/** To the queue of what could not be delivered. A queue has one policy. */
function letSend(resources, sid, source) {
  resources.UndeliveredQueuePolicy.Properties.PolicyDocument.Statement.push({
    ...statement(sid, 'sqs:SendMessage', { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] }),
    Principal: { Service: 'events.amazonaws.com' },
    Condition: {
      ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [source, 'Arn'] } },
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    },
  });
}

function forwardResources(busArn, prefix) {
  const ruleName = `${prefix}-forward`;
  // By name, since the rule refers to the role. EventBridge gives the rule's ARN as the source when it assumes a target's
  // role: EventBridge User Guide, "Cross-service confused deputy prevention".
  const ruleArn = ours(`events:\${AWS::Region}:\${AWS::AccountId}:rule/${prefix}/${ruleName}`);
  return {
    ForwardRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: ruleName,
        Description: 'Every event of Rundrop, which carries opaque ids only, to the bus of all stacks',
        EventBusName: { Ref: 'EventBus' },
        EventPattern: { source: ['rundrop'] },
        Targets: [
          {
            Id: 'bus-of-all-stacks',
            Arn: busArn,
            RoleArn: { 'Fn::GetAtt': ['ForwardRole', 'Arn'] },
            DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } },
          },
        ],
      },
    },
    ForwardRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'events.amazonaws.com' },
              Action: 'sts:AssumeRole',
              Condition: {
                ArnEquals: { 'aws:SourceArn': ruleArn },
                StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              },
            },
          ],
        },
        Policies: [
          {
            PolicyName: 'forward',
            PolicyDocument: { Version: '2012-10-17', Statement: [statement('Forward', 'events:PutEvents', busArn)] },
          },
        ],
      },
    },
  };
}

/**
 * Accounts whose buckets' events a rule there forwards to the default bus here: S3's drops, and nothing else. One policy
 * for all of them, since of several that are put on a bus at once, EventBridge answers all and keeps one.
 */
function entrances(accounts, prefix) {
  if (accounts.length === 0) return {};
  return {
    DropsFromOtherAccounts: {
      Type: 'AWS::Events::EventBusPolicy',
      Properties: {
        StatementId: `${prefix}-drops-from-other-accounts`,
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: accounts.map((account) => ours(`iam::${account}:root`)) },
          Action: 'events:PutEvents',
          Resource: ours('events:${AWS::Region}:${AWS::AccountId}:event-bus/default'),
          Condition: { StringEquals: { 'events:source': 'aws.s3', 'events:detail-type': 'Object Created' } },
        },
      },
    },
  };
}
