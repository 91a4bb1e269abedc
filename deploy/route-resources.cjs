/** The CloudFormation resources that routes and schedules ask for: rules, schedules, and buckets where there are none yet. */
'use strict';

const { createHash } = require('node:crypto');
const PackagingError = require('./packaging-error.cjs');

const LONGEST_SCHEDULE_NAME = 64;
const LONGEST_RULE_NAME = 64;

/** One for each rule that brings drops; named for its bucket, so that another bucket moves no rule. */
function dropRuleResources(rules, { prefix, bucketAccounts, eventPatternOf }) {
  // EventBridge refuses an empty list; a bucket's name is never absent, so this matches nothing.
  const all = rules.length === 0 ? [{ buckets: [{ exists: false }] }] : rules;
  const shared = all.filter(({ keys }) => keys === undefined);
  return Object.fromEntries(
    all.map((rule) => {
      const [bucket] = rule.buckets;
      const number = shared.indexOf(rule) + 1;
      // No bucket has a name with `_`, nor is there a word before theirs in an id.
      const place = number === 0 ? `-${bucket}` : `_shared-${number}`;
      const resource = {
        Type: 'AWS::Events::Rule',
        // They let the rules in by the beginning of their names; until then, what a rule passes on is lost.
        DependsOn: ['DropsQueuePolicy', 'UndeliveredQueuePolicy'],
        Properties: {
          Name: shortened(`${prefix}-drops${place}`, LONGEST_RULE_NAME),
          Description: number === 0 ? `Objects that routes look at in ${bucket}` : 'Every object of these buckets',
          // Whatever else gets onto the default bus: drops come from here, or from an account that is named.
          EventPattern: {
            ...eventPatternOf(rule),
            account: [{ Ref: 'AWS::AccountId' }, ...bucketAccounts],
            region: [{ Ref: 'AWS::Region' }],
          },
          Targets: [
            {
              Id: 'drops',
              Arn: { 'Fn::GetAtt': ['DropsQueue', 'Arn'] },
              DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } },
            },
          ],
        },
      };
      return [number === 0 ? `DropsRule${spelled(bucket)}` : `SharedDropsRule${number}`, resource];
    }),
  );
}

/** Cut names end in a hash of the whole, so that two never become one. */
function shortened(name, longest) {
  if (name.length <= longest) return name;
  return `${name.slice(0, longest - 9)}-${hashed(name)}`;
}

function hashed(name) {
  return createHash('sha256').update(name).digest('hex').slice(0, 8);
}

/** The buckets of the routes, for an account that has none yet: closed, versioned, announcing, and kept whatever happens. */
function bucketResources(buckets) {
  return Object.fromEntries(
    buckets.flatMap((bucket) => {
      const id = `InputBucket${spelled(bucket)}`;
      const arn = { 'Fn::GetAtt': [id, 'Arn'] };
      return [
        [
          id,
          {
            Type: 'AWS::S3::Bucket',
            DeletionPolicy: 'RetainExceptOnCreate',
            UpdateReplacePolicy: 'Retain',
            Properties: {
              BucketName: bucket,
              NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
              VersioningConfiguration: { Status: 'Enabled' },
              BucketEncryption: {
                ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
              },
              OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
              PublicAccessBlockConfiguration: {
                BlockPublicAcls: true,
                BlockPublicPolicy: true,
                IgnorePublicAcls: true,
                RestrictPublicBuckets: true,
              },
              // An upload that was given up is paid for until somebody ends it.
              LifecycleConfiguration: {
                Rules: [{ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }],
              },
            },
          },
        ],
        [
          `${id}Policy`,
          {
            Type: 'AWS::S3::BucketPolicy',
            // It stays with its bucket.
            DeletionPolicy: 'RetainExceptOnCreate',
            UpdateReplacePolicy: 'Retain',
            Properties: {
              Bucket: { Ref: id },
              PolicyDocument: {
                Version: '2012-10-17',
                Statement: [
                  {
                    Sid: 'OnlyOverTls',
                    Effect: 'Deny',
                    Principal: '*',
                    Action: 's3:*',
                    Resource: [arn, { 'Fn::Join': ['', [arn, '/*']] }],
                    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
                  },
                ],
              },
            },
          },
        ],
      ];
    }),
  );
}

function scheduleResources(schedules, prefix) {
  return Object.fromEntries(
    schedules.map((schedule) => [logicalId(schedule.name), scheduleResource(schedule, prefix)]),
  );
}

/** Capitals alone could make one id of two names, of `nightly` and `Nightly` for example. */
function logicalId(name) {
  const hash = /[A-Z]/.test(name) ? hashed(name) : '';
  return `RouteSchedule${spelled(name)}${hash}`;
}

/** A name's other characters are spelled out, so that two names in small letters never give one id. */
function spelled(name) {
  const text = name.replaceAll('-', 'Dash').replaceAll('_', 'Underscore').replaceAll('.', 'Dot');
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function scheduleResource(schedule, prefix) {
  const name = `${prefix}-schedule-${schedule.name}`;
  if (name.length > LONGEST_SCHEDULE_NAME) {
    const longest = LONGEST_SCHEDULE_NAME - (name.length - schedule.name.length);
    throw new PackagingError(
      `The schedule ${schedule.name} needs a name of at most ${longest} characters: EventBridge Scheduler's limit is ${LONGEST_SCHEDULE_NAME} with ${prefix}-schedule- before it.`,
    );
  }
  return {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: name,
      GroupName: { Ref: 'ScheduleGroup' },
      ScheduleExpression: schedule.expression,
      ScheduleExpressionTimezone: schedule.timezone ?? 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { 'Fn::GetAtt': ['OnDashscheduleLambdaFunction', 'Arn'] },
        RoleArn: { 'Fn::GetAtt': ['ScheduleRole', 'Arn'] },
        // Scheduler fills the two in angle brackets; together they are the identity of what this time starts.
        Input: JSON.stringify({
          schedule: schedule.name,
          scheduledTime: '<aws.scheduler.scheduled-time>',
          scheduleArn: '<aws.scheduler.schedule-arn>',
        }),
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } },
      },
    },
  };
}

module.exports = { bucketResources, dropRuleResources, scheduleResources };
