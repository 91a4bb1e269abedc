/**
 * What IAM has to allow for the route file, and no more: keys that a route could take, workflows, groups, caches and roles
 * that one names. What only some route files need is a policy of its own, which is absent from the others' templates.
 */
'use strict';

const own = (kind) => `omics:\${AWS::Region}:\${AWS::AccountId}:${kind}`;
/** What is a wildcard or a variable in a policy; and beyond ASCII, of which IAM refuses most. */
const NOT_LITERAL = /[*?$]|[^ -~]/;
const unique = (values) => [...new Set(values)].sort();

/** Resources of the statements in roles.yml. */
function grantedResources(routeFile) {
  const runs = runsOf(routeFile);
  return {
    bucketArns: arns(
      orNone(
        inputBuckets(routeFile).map((bucket) => `s3:::${bucket}`),
        's3:::-none',
      ),
    ),
    objectArns: arns(orNone(objectsOf(routeFile.routes), 's3:::-none/*')),
    startRunArns: arns(startRunResources(runs)),
    workflowArns: arns(orNone(unique(runs.flatMap(workflowsOf)), own('workflow/none'))),
  };
}

/** By logical id: policies that are there only where a route asks for what they allow. */
function grantedPolicies({ routes, outcomeRoutes, schedules, prune }) {
  const tagged = objectsOf(routes.filter((route) => (route.when?.tags.length ?? 0) > 0));
  const versions = unique(runsOf({ routes, outcomeRoutes, schedules }).flatMap(versionsOf));
  const workflows = unique(versions.map((version) => version.replace(/\/version\/.*$/, '')));
  return {
    ...policy('ReadTags', ['OnDropRole', 'AwaitStartRole'], 'read-tags', [
      statement('ReadTags', ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'], tagged),
    ]),
    // Checked against the version and against its workflow.
    ...policy('ReadWorkflowVersions', ['StartRunsRole'], 'read-workflow-versions', [
      statement('ReadWorkflowVersions', 'omics:GetWorkflowVersion', [...workflows, ...versions]),
    ]),
    ...prunePolicy(prune),
  };
}

/** Deleting runs is allowed to the sweeper alone, and only where the route file says so and means it. */
function prunePolicy(prune) {
  if (prune === undefined || prune.dryRun) return {};
  const runs = own('run/*');
  const evidence = { 'Fn::Sub': '${EvidenceBucket.Arn}/*' };
  return policy('SweepRunsPruning', ['SweepRunsRole'], 'sweep-runs-pruning', [
    statement('ListTasks', 'omics:ListRunTasks', [runs]),
    statement('LookAtTasks', 'omics:GetRunTask', [runs, own('task/*')]),
    { ...statement('KeepEvidence', ['s3:PutObject', 's3:GetObject'], []), Resource: [evidence] },
    statement('DeleteRuns', 'omics:DeleteRun', [runs]),
  ]);
}

function policy(id, roles, name, statements) {
  if (statements.every(({ Resource }) => Resource.length === 0)) return {};
  const Properties = {
    PolicyName: name,
    Roles: roles.map((role) => ({ Ref: role })),
    PolicyDocument: { Version: '2012-10-17', Statement: statements },
  };
  return { [id]: { Type: 'AWS::IAM::Policy', Properties } };
}

function statement(Sid, Action, resources) {
  return { Sid, Effect: 'Allow', Action, Resource: arns(resources) };
}

function runsOf({ routes, outcomeRoutes, schedules }) {
  return [...routes, ...outcomeRoutes, ...schedules].map((entry) => entry.run);
}

/** Where drops are awaited. */
function inputBuckets({ routes }) {
  return unique(routes.map((route) => route.bucket));
}

/** What every key of a route, or of the marker of its sets, begins with; what a shorter one of the bucket covers is left out. */
function objectsOf(routes) {
  const prefixes = unique(
    routes.flatMap(({ bucket, pattern, gather }) => {
      const patterns = gather?.needs.kind === 'marker' ? [pattern, gather.needs.pattern] : [pattern];
      return patterns.map(({ prefix }) => `s3:::${bucket}/${prefix.split(NOT_LITERAL)[0]}`);
    }),
  );
  return prefixes
    .filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)))
    .map((prefix) => `${prefix}*`);
}

/** What a run may have for a member of StartRun: what the route says, and what it lets a run request choose. */
function choices(run, member, allowed) {
  const template = run.members.get(member);
  const said = template === undefined ? [] : [template.kind === 'constant' ? template.value : '*'];
  return [...said, ...(run.fromObject?.allow[allowed] ?? [])].filter((value) => typeof value === 'string');
}

function rolesOf(routeFile) {
  const roles = runsOf(routeFile).flatMap((run) => choices(run, 'roleArn', 'roleArns'));
  return unique(roles.filter((role) => role !== '*'));
}

/** StartRun is checked against the run to be and against what it is made of. */
function startRunResources(runs) {
  const resources = runs.flatMap((run) => [
    ...workflowsOf(run),
    ...versionsOf(run),
    ...choices(run, 'runGroupId', 'runGroupIds').map((id) => own(`runGroup/${id}`)),
    ...choices(run, 'cacheId', 'cacheIds').map((id) => own(`runCache/${id}`)),
    ...choices(run, 'configurationName').map((name) => own(`configuration/${name}`)),
  ]);
  return [own('run/*'), ...unique(resources)];
}

/** Of this account, of the account that shares it, or READY2RUN, which belongs to no account. */
function workflowsOf(run) {
  const types = choices(run, 'workflowType', 'workflowTypes');
  const ids = choices(run, 'workflowId', 'workflowIds');
  const isPrivate = types.length === 0 || run.fromObject !== undefined || types.some((type) => type !== 'READY2RUN');
  const owners = [
    ...(types.some((type) => type !== 'PRIVATE') ? [''] : []),
    ...(isPrivate ? orNone(choices(run, 'workflowOwnerId'), '${AWS::AccountId}') : []),
  ];
  return owners.flatMap((owner) => ids.map((id) => `omics:\${AWS::Region}:${owner}:workflow/${id}`));
}

/** A dropped request may name a version; a route does so or not. */
function versionsOf(run) {
  const names = run.fromObject === undefined ? choices(run, 'workflowVersionName') : ['*'];
  return workflowsOf(run).flatMap((workflow) => names.map((name) => `${workflow}/version/${name}`));
}

/** IAM refuses an empty list; what stands there instead exists nowhere: no bucket's name begins with a hyphen. */
function orNone(resources, none) {
  return resources.length === 0 ? [none] : resources;
}

function arns(resources) {
  return resources.map((resource) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:${resource}` }));
}

module.exports = { grantedPolicies, grantedResources, inputBuckets, rolesOf, runsOf, unique };
