/**
 * The settings, checked: settings.yml and `--param`, by stage. serverless.yml takes them as ${self:custom.settings...};
 * what holds for every resource of a kind is in apply-settings.cjs. docs/settings.md explains each.
 */
'use strict';

const importSources = require('./import-sources.cjs');
const PackagingError = require('./packaging-error.cjs');

/** What CloudWatch Logs takes, up to ten years. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
/** It is part of the evidence bucket's name, of 63 characters with the longest region and without capitals. */
const STAGE = /^[a-z0-9-]{1,18}$/;
const STAGES = 'A stage has at most 18 small letters, digits and hyphens.';
const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** `read` answers the value as it is used, or undefined when it is not one. `range` says in words what is. */
const SETTINGS = {
  allowedAccounts: list(/^\d{12}$/, 'account ids, 12 digits each'),
  allowedRegions: list(REGION, 'regions, such as eu-central-1'),
  alarmTopicArns: list(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$/, 'ARNs of SNS topics', 5),
  bucketAccounts: { ...list(/^\d{12}$/, 'account ids, 12 digits each', 20), variable: 'RUNDROP_BUCKET_ACCOUNTS' },
  bucketKeyArns: list(KEY_ARN, 'ARNs of KMS keys, not of aliases', 10),
  createBuckets: oneOf([false, true]),
  dropRules: oneOf(['keys', 'buckets']),
  dropsConcurrency: whole(10, 2, 1000),
  evidenceLockDays: whole(0, 0, 36500),
  evidenceLockMode: oneOf(['GOVERNANCE', 'COMPLIANCE']),
  forwardBusArn: text(/^arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]+$/, 'the ARN of an event bus'),
  kmsKeyArn: text(KEY_ARN, 'the ARN of a KMS key, not of an alias'),
  logLevel: oneOf(['INFO', 'DEBUG', 'WARN', 'ERROR']),
  logRetentionDays: {
    default: 365,
    range: `one of ${RETENTION_DAYS.join(', ')}`,
    read: numberIf((days) => RETENTION_DAYS.includes(days)),
  },
  notify: ofFunctions(
    'RUNDROP_NOTIFY',
    '',
    'some of FAILED, REFUSED, SUPERSEDED, REMOVED, CANCELLED, COMPLETED, UNCERTAIN, OVERDUE, INCOMPLETE, REJECTED, QUOTA',
  ),
  permissionsBoundaryArn: text(/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/.+$/, 'the ARN of an IAM policy'),
  quotaProbeSeconds: ofFunctions('RUNDROP_QUOTA_PROBE_SECONDS', 55, 'a whole number from 1 to 86400'),
  quotaThresholds: ofFunctions('RUNDROP_QUOTA_THRESHOLDS', '80,90,95', 'percentages above 0, at most 100'),
  requestIdTrustSeconds: ofFunctions('RUNDROP_REQUEST_ID_TRUST_SECONDS', 86400, 'a whole number from 1 to 7776000'),
  retryBaseSeconds: ofFunctions('RUNDROP_RETRY_BASE_SECONDS', 60, 'a whole number from 1 to 86400'),
  statusLimits: ofFunctions('RUNDROP_STATUS_LIMITS', '', 'statuses with durations, as in PENDING=24h,RUNNING=72h'),
  sweepMinutes: whole(15, 5, 60),
  sweepRateShare: ofFunctions('RUNDROP_SWEEP_RATE_SHARE', 0.5, 'a number above 0, at most 0.9'),
  tags: { default: {}, range: 'names and values of tags, at most 40', read: readTags },
  tracing: { ...oneOf([true, false, 'detailed']), variable: 'RUNDROP_TRACING' },
  vpcSecurityGroupIds: list(/^sg-[0-9a-f]{8,17}$/, 'ids of security groups', 5),
  vpcSubnetIds: list(/^subnet-[0-9a-f]{8,17}$/, 'ids of subnets', 16),
};

module.exports = async ({ resolveConfigurationProperty, options = {} }) => {
  const stage = options.stage ?? (await resolveConfigurationProperty(['provider', 'stage']));
  const file = await stagesOf(resolveConfigurationProperty);
  const given = { ...file.default, ...file[stage], ...commandLine(options.param) };
  const { values, problems } = readSettings(given);
  problems.push(...(await functionProblems(values)), ...contradictions(values));
  if (!STAGE.test(stage)) problems.push(STAGES);
  if (problems.length > 0) throw new PackagingError(sayProblems(stage, problems));
  const functionVariables = Object.values(SETTINGS).flatMap(({ variable }) => variable ?? []);
  return {
    ...values,
    functionVariables,
    bucketAccountsText: values.bucketAccounts.join(','),
    evidenceObjectLock: objectLock(values),
    sweepExpression: `rate(${values.sweepMinutes} minutes)`,
  };
};
module.exports.SETTINGS = SETTINGS;

const isMapping = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What settings.yml has. */
async function stagesOf(resolveConfigurationProperty) {
  const refuse = (reason) => {
    throw new PackagingError(
      `settings.yml gives no mapping of stages to settings: ${reason}. Without any setting it has \`default: {}\`; docs/settings.md shows more.`,
    );
  };
  const stages = await resolveConfigurationProperty(['params']).catch((error) => {
    // It comes again once variables in the file are resolved.
    if (error.code === 'MISSING_VARIABLE_DEPENDENCY') throw error;
    refuse(error.message.replace(/\.$/, ''));
  });
  if (stages === null) return {};
  if (!isMapping(stages)) refuse(`it is ${JSON.stringify(stages)}`);
  const [name, wrong] =
    Object.entries(stages).find(([stage, own]) => !STAGE.test(stage) || (own !== null && !isMapping(own))) ?? [];
  if (name === undefined) return stages;
  throw new PackagingError(
    STAGE.test(name)
      ? `settings.yml has ${JSON.stringify(wrong)} under ${name}, where a mapping of settings to values belongs.`
      : `settings.yml has ${name}, which is neither \`default\` nor a stage: ${STAGES}`,
  );
}

function objectLock({ evidenceLockDays: Days, evidenceLockMode: Mode }) {
  const rule = Days === 0 ? {} : { Rule: { DefaultRetention: { Mode, Days } } };
  return { ObjectLockEnabled: 'Enabled', ...rule };
}

function sayProblems(stage, problems) {
  return [
    `The settings of stage ${stage} cannot be deployed:`,
    ...problems.map((problem) => `- ${problem}`),
    'They come from settings.yml and --param; docs/settings.md has every setting with its range.',
  ].join('\n');
}

/** `--param="name=value"`, as the Serverless Framework hands them over. */
function commandLine(params) {
  return Object.fromEntries(
    [params ?? []].flat().map((param) => {
      const [, name, value] = /^(.+?)=(.*)$/s.exec(param ?? '') ?? [];
      if (name === undefined) throw new PackagingError(`--param is ${JSON.stringify(param)}, not name=value.`);
      return [name, value.trim()];
    }),
  );
}

function readSettings(given) {
  const problems = [];
  const values = Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default]));
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(SETTINGS, name)) {
      problems.push(`${name} is no setting; there are ${Object.keys(SETTINGS).join(', ')}.`);
      continue;
    }
    if (value === null || value === undefined) continue;
    const read = SETTINGS[name].read(value);
    if (read === undefined) problems.push(`${name} is ${JSON.stringify(value)}, not ${SETTINGS[name].range}.`);
    else values[name] = read;
  }
  return { values, problems };
}

/** The functions know their own settings best: what they would refuse at their first call is refused here. */
async function functionProblems(values) {
  const { parseConfig } = await importSources(['lib/aws/config.ts']);
  const ours = Object.entries(SETTINGS).flatMap(([name, { variable }]) => (variable ? [[name, variable]] : []));
  const environment = Object.fromEntries(ours.map(([name, variable]) => [variable, String(values[name])]));
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    const about = (problem) => ours.find(([, variable]) => problem.startsWith(`${variable} `));
    return (error.problems ?? [error.message]).flatMap((problem) => {
      const [name, variable] = about(problem) ?? [];
      return name === undefined ? [] : [problem.replace(variable, name)];
    });
  }
}

function contradictions({ vpcSubnetIds, vpcSecurityGroupIds }) {
  return (vpcSubnetIds.length === 0) === (vpcSecurityGroupIds.length === 0)
    ? []
    : ['vpcSubnetIds and vpcSecurityGroupIds go together: functions in a VPC need both.'];
}

function text(pattern, range) {
  return {
    default: '',
    range,
    read: (value) => (pattern.test(String(value)) || value === '' ? String(value) : undefined),
  };
}

/** A YAML list, or texts with commas between. */
function list(pattern, range, most = 100) {
  return {
    default: [],
    range: `${range}; at most ${most}`,
    read(value) {
      const items = Array.isArray(value) ? value.map(String) : String(value).split(',');
      const trimmed = [...new Set(items.map((item) => item.trim()))].filter((item) => item !== '');
      return trimmed.every((item) => pattern.test(item)) && trimmed.length <= most ? trimmed : undefined;
    },
  };
}

function oneOf(choices) {
  const read = (value) => choices.find((choice) => String(choice) === String(value));
  return { default: choices[0], range: `one of ${choices.join(', ')}`, read };
}

function whole(byDefault, least, most) {
  const read = numberIf((number) => Number.isInteger(number) && number >= least && number <= most);
  return { default: byDefault, range: `a whole number from ${least} to ${most}`, read };
}

/** A number, or a text of digits: JavaScript would take `true` for 1 and a list of one number for it. */
function numberIf(holds) {
  const isNumber = (value) =>
    typeof value === 'number' || (typeof value === 'string' && /^-?[\d.]+$/.test(value.trim()));
  return (value) => (isNumber(value) && holds(Number(value)) ? Number(value) : undefined);
}

/** A setting of the functions', which they check themselves. */
function ofFunctions(variable, byDefault, range) {
  const read = (value) => (Array.isArray(value) ? value.join(',') : String(value));
  return { default: byDefault, range, read, variable };
}

/** A YAML mapping, or `name=value` with commas between. AWS keeps `aws:` for itself, in small letters and capitals. */
function readTags(value) {
  const pairs =
    typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value)
      : String(value)
          .split(',')
          .map((pair) => pair.split('='));
  const isTag = (pair) =>
    pair.length === 2 &&
    /^(?!aws:)[\w .:/+@-]{1,128}$/i.test(pair[0]) &&
    typeof pair[1] !== 'object' &&
    /^[\w .:/=+@-]{0,256}$/.test(String(pair[1]));
  return pairs.length <= 40 && pairs.every(isTag)
    ? Object.fromEntries(pairs.map(([name, tag]) => [name, String(tag)]))
    : undefined;
}
