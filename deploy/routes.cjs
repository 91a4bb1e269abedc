/**
 * What follows from the route file: which buckets are listened to, which schedules exist, what the roles may start and
 * pass. serverless.yml takes it as ${self:custom.routes...}, the Serverless Framework while packaging and the laptop
 * while starting. CommonJS, because the Serverless Framework loads variable files with `require`.
 */
'use strict';

const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const path = require('node:path');
const { loadRoutes, ROLE_STAND_IN, ROLE_VARIABLE } = require('./route-file.cjs');
const { grantedPolicies, grantedResources, inputBuckets, rolesOf, runsOf, unique } = require('./route-grants.cjs');

const ROLE_PARAMETER = 'HealthOmicsRoleArn';
const ROLE_PATTERN = '^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$';

/** Where the sources are packaged without their repository, who packages may say which commit they are of. */
const COMMIT_VARIABLE = 'RUNDROP_ROUTES_COMMIT';

const LONGEST_SCHEDULE_NAME = 64;
const LONGEST_RULE_NAME = 64;

/** `say` takes what a person who packages should know, a line each. */
module.exports = async ({ resolveConfigurationProperty, environment = process.env, say = sayOnce }) => {
  const fileName = await resolveConfigurationProperty(['custom', 'routesFile']);
  const prefix = await resolveConfigurationProperty(['custom', 'prefix']);
  const role = environment[ROLE_VARIABLE] || ROLE_STAND_IN;
  const { routeFile, routing, file } = await loadRoutes({ fileName, environment });
  const {
    dropRules = 'keys',
    createBuckets = false,
    bucketAccounts = [],
  } = await resolveConfigurationProperty(['custom', 'settings']);
  const { rules, notes } = routing.compileDropRules(routeFile.routes, dropRules);
  for (const note of notes) say(note);
  const ruleResources = dropRuleResources(rules, { prefix, bucketAccounts, eventPatternOf: routing.eventPatternOf });
  const buckets = inputBuckets(routeFile);
  const roleArns = rolesOf(routeFile);
  const needsRole = routeFile.environmentNames.includes(ROLE_VARIABLE) && roleArns.includes(role);
  return {
    commit: environment[COMMIT_VARIABLE] || commitOf(file),
    everyBucket: everyBucket(routeFile),
    dropRuleArns: Object.keys(ruleResources).map((name) => ({ 'Fn::GetAtt': [name, 'Arn'] })),
    ...grantedResources(routeFile),
    roleArns: roleArns.map((arn) => (needsRole && arn === role ? { Ref: ROLE_PARAMETER } : arn)),
    environment: {
      ...givenEnvironment(routeFile.environmentNames, environment),
      ...(needsRole ? { [ROLE_VARIABLE]: { Ref: ROLE_PARAMETER } } : {}),
    },
    // The sweeper needs nothing of the route file but this; without `prune` it is not told of pruning at all.
    sweepEnvironment: routeFile.prune === undefined ? {} : { RUNDROP_PRUNE: JSON.stringify(routeFile.prune) },
    template: {
      Parameters: needsRole ? { [ROLE_PARAMETER]: roleParameter(role) } : {},
      Resources: {
        ...ruleResources,
        ...scheduleResources(routeFile.schedules, prefix),
        ...grantedPolicies(routeFile),
        ...(createBuckets ? bucketResources(buckets) : {}),
      },
    },
  };
};

/** The git commit that the route file is of, with `+changes` when the file has some since; `unknown` without git. */
function commitOf(file) {
  const git = (...args) => {
    const options = { cwd: path.dirname(file), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 5_000 };
    return execFileSync('git', args, options).trim();
  };
  try {
    const commit = git('log', '-1', '--format=%H', '--', path.basename(file));
    if (commit === '') return 'unknown';
    return git('status', '--porcelain', '--', path.basename(file)) === '' ? commit : `${commit}+changes`;
  } catch {
    return 'unknown';
  }
}

/** The buckets that some object goes through, with those of the outputs. */
function everyBucket(routeFile) {
  const outputs = runsOf(routeFile).flatMap((run) => [
    run.outputPrefix,
    ...(run.fromObject?.allow.outputUriPrefixes ?? []),
  ]);
  const bucketOf = (uri) => /^s3:\/\/([^/{]+)\//.exec(uri)?.[1] ?? [];
  return unique([...inputBuckets(routeFile), ...outputs.flatMap(bucketOf)]);
}

/** The variables that the route file names. One without a value has its default there. */
function givenEnvironment(names, environment) {
  return Object.fromEntries(names.filter((name) => environment[name]).map((name) => [name, environment[name]]));
}

function roleParameter(role) {
  return {
    Type: 'String',
    Description: 'ARN of the service role that HealthOmics assumes for runs (trusts omics.amazonaws.com)',
    AllowedPattern: ROLE_PATTERN,
    ...(role === ROLE_STAND_IN ? {} : { Default: role }),
  };
}

/** One for each rule that brings drops; named for its bucket, so that another bucket moves no rule. */
function dropRuleResources(rules, { prefix, bucketAccounts, eventPatternOf }) {
  // EventBridge refuses an empty list; a bucket's name is never absent, so this matches nothing.
  const all = rules.length === 0 ? [{ buckets: [{ exists: false }] }] : rules;
  const shared = all.filter(({ keys }) => keys === undefined);
  return Object.fromEntries(
    all.map((rule) => {
      const [bucket] = rule.buckets;
      const number = shared.indexOf(rule) + 1;
      const place = number === 0 ? bucket : `buckets-${number}`;
      const resource = {
        Type: 'AWS::Events::Rule',
        Properties: {
          Name: shortened(`${prefix}-drops-${place}`, LONGEST_RULE_NAME),
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
      return [`DropsRule${number === 0 ? '' : 'Shared'}${spelled(number === 0 ? bucket : String(number))}`, resource];
    }),
  );
}

/** Cut names end in a hash of the whole, so that two never become one. */
function shortened(name, longest) {
  if (name.length <= longest) return name;
  return `${name.slice(0, longest - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
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

/** Variables are resolved more than once, and one line is enough. */
const said = new Set();
function sayOnce(line) {
  if (!said.has(line)) process.stderr.write(`rundrop: ${line}\n`);
  said.add(line);
}

function scheduleResources(schedules, prefix) {
  return Object.fromEntries(
    schedules.map((schedule) => [logicalId(schedule.name), scheduleResource(schedule, prefix)]),
  );
}

function logicalId(name) {
  return `RouteSchedule${spelled(name)}`;
}

/** A name's other characters are spelled out, so that two names never give one id. */
function spelled(name) {
  const text = name.replaceAll('-', 'Dash').replaceAll('_', 'Underscore').replaceAll('.', 'Dot');
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function scheduleResource(schedule, prefix) {
  const name = `${prefix}-schedule-${schedule.name}`;
  if (name.length > LONGEST_SCHEDULE_NAME) {
    const longest = LONGEST_SCHEDULE_NAME - (name.length - schedule.name.length);
    throw new Error(
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
