/**
 * What follows from the route file: which buckets are listened to, which schedules exist, what the roles may start and
 * pass. serverless.yml takes it as ${self:custom.routes...}, the Serverless Framework while packaging and the laptop
 * while starting. CommonJS, because the Serverless Framework loads variable files with `require`.
 */
'use strict';

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { loadRoutes } = require('./route-file.cjs');
const { grantedPolicies, grantedResources, inputBuckets, rolesOf, runsOf, unique } = require('./route-grants.cjs');
const PackagingError = require('./packaging-error.cjs');
const { bucketResources, dropRuleResources, scheduleResources } = require('./route-resources.cjs');

const ROLE_PARAMETER = 'HealthOmicsRoleArn';
const ROLE_PATTERN = '^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$';

/** Where the sources are packaged without their repository, who packages may say which commit they are of. */
const COMMIT_VARIABLE = 'RUNDROP_ROUTES_COMMIT';

/** What a name like this holds must not lie open in a template, in the functions' settings and in runs' parameters. */
const SECRET =
  /(?:^|_)(?:SECRETS?|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIALS?|API_?KEY|ACCESS_KEY|PRIVATE_KEY)(?:_|$)/i;

/** What Lambda lets a variable of a function be called, and what it sets itself: "Working with Lambda environment variables". */
const LAMBDA_NAME = /^[a-z]\w+$/i;
const LAMBDA_SETS =
  /^(?:AWS_(?:REGION|DEFAULT_REGION|ACCESS_KEY|ACCESS_KEY_ID|EXECUTION_ENV|LAMBDA_\w+)|LAMBDA_(?:TASK_ROOT|RUNTIME_DIR))$/;
/** What serverless.yml sets. */
const WE_SET = /^(?:RUNDROP|POWERTOOLS)_/;

/** `say` takes what a person who packages should know, a line each. */
module.exports = async ({ resolveConfigurationProperty, environment = process.env, say = sayOnce }) => {
  const fileName = await resolveConfigurationProperty(['custom', 'routesFile']);
  const prefix = await resolveConfigurationProperty(['custom', 'prefix']);
  const { routeFile, role, routing, file } = await loadRoutes({ fileName, environment });
  refuseSecrets(routeFile.environmentNames, fileName);
  refuseNames(routeFile.environmentNames, fileName);
  const { variable: roleVariable, standIn } = routing.ROLE_AT_DEPLOYMENT;
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
  const needsRole = routeFile.environmentNames.includes(roleVariable) && roleArns.includes(role);
  return {
    commit: environment[COMMIT_VARIABLE] || commitOf(file),
    everyBucket: everyBucket(routeFile),
    ...grantedResources(routeFile),
    roleArns: roleArns.map((arn) => (needsRole && arn === role ? { Ref: ROLE_PARAMETER } : arn)),
    environment: {
      ...givenEnvironment(routeFile.environmentNames, environment),
      ...(needsRole ? { [roleVariable]: { Ref: ROLE_PARAMETER } } : {}),
    },
    // The sweeper needs nothing of the route file but this; without `prune` it is not told of pruning at all.
    sweepEnvironment: routeFile.prune === undefined ? {} : { RUNDROP_PRUNE: JSON.stringify(routeFile.prune) },
    template: {
      Parameters: needsRole ? { [ROLE_PARAMETER]: roleParameter(role === standIn ? undefined : role) } : {},
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

function refuseSecrets(names, fileName) {
  const secret = names.find((name) => SECRET.test(name));
  if (secret === undefined) return;
  throw new PackagingError(
    `${fileName} takes a value from ${secret}, which sounds like a secret. Values from the environment lie open in the template, in the functions' settings and in the runs' parameters: let the workflow fetch the secret itself, or call the variable something else if it is none.`,
  );
}

/** The functions have the variables too, to see that none has changed, so each needs a name that is free there. */
function refuseNames(names, fileName) {
  const name = names.find((one) => !LAMBDA_NAME.test(one) || LAMBDA_SETS.test(one) || WE_SET.test(one));
  if (name === undefined) return;
  const reason = WE_SET.test(name)
    ? 'names that begin so are for what Rundrop tells its functions'
    : LAMBDA_SETS.test(name)
      ? 'Lambda sets that variable itself'
      : 'Lambda takes names of two characters or more, a letter first';
  throw new PackagingError(
    `${fileName} takes a value from ${name}, which no function can be given: ${reason}. Give the value by a variable of another name.`,
  );
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
    ...(role === undefined ? {} : { Default: role }),
  };
}

/** Variables are resolved more than once, and one line is enough. */
const said = new Set();
function sayOnce(line) {
  if (!said.has(line)) process.stderr.write(`rundrop: ${line}\n`);
  said.add(line);
}
