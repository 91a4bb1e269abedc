/**
 * Limits of CloudFormation, IAM and Lambda that a long route file can pass, kept on the finished template: what a role holds inline
 * goes on in managed policies, exact as it was, and what nothing can help is refused while packaging.
 */
'use strict';

const PackagingError = require('./packaging-error.cjs');

/** "IAM and AWS STS quotas" of the IAM User Guide: characters without white space, and managed policies that a role takes. */
const ROLE_LIMIT = 10_240;
const MANAGED_LIMIT = 6_144;
const MOST_MANAGED = 10;
/** Of a template. */
const MOST_RESOURCES = 500;
/** Of a function's variables together, names and values: "Lambda quotas". */
const MOST_VARIABLES = 4096;
/** What another resource's ARN is counted as, which is known at deployment only. */
const LONGEST_ARN = 140;
const VERSION = '2012-10-17';

module.exports = { keepWithinLimits };

function keepWithinLimits({ Resources: resources }) {
  for (const [id, { Type }] of Object.entries(resources)) if (Type === 'AWS::IAM::Role') unburden(id, resources);
  for (const { Type, Properties } of Object.values(resources))
    if (Type === 'AWS::Lambda::Function') holdVariables(Properties);
  const count = Object.keys(resources).length;
  if (count > MOST_RESOURCES) {
    throw new PackagingError(
      `The stack would have ${count} resources, and CloudFormation takes ${MOST_RESOURCES}. Let routes share buckets, or deploy some routes and schedules as another stage, from a route file of its own.`,
    );
  }
}

function holdVariables({ FunctionName, Environment }) {
  const size = Buffer.byteLength(written(Environment?.Variables ?? {}));
  if (size <= MOST_VARIABLES) return;
  throw new PackagingError(
    `The variables of ${FunctionName} would have up to ${size} bytes, and Lambda takes ${MOST_VARIABLES}. Most of them are those that the route file names: write long values into it, or give shorter ones.`,
  );
}

/** The longest statements leave a role that holds too much, and so do the policies that are attached to it. */
function unburden(id, resources) {
  const role = resources[id].Properties;
  const attached = Object.entries(resources).filter(([, one]) => isPolicyOf(id, one));
  const left = role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const others = attached.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
  if (sizeOf([...left, ...others]) <= ROLE_LIMIT) return;
  const moved = [...others];
  left.sort((a, b) => sizeOf(b) - sizeOf(a));
  while (sizeOf(left) > ROLE_LIMIT) moved.push(left.shift());
  const documents = inDocuments(moved);
  if (documents.length > MOST_MANAGED) throw new PackagingError(tooMuch(id, documents.length));
  for (const { PolicyDocument } of role.Policies)
    PolicyDocument.Statement = PolicyDocument.Statement.filter((statement) => left.includes(statement));
  for (const [name, { Properties }] of attached) {
    Properties.Roles = Properties.Roles.filter(({ Ref }) => Ref !== id);
    if (Properties.Roles.length === 0) delete resources[name];
  }
  attach(id, documents, resources);
}

function isPolicyOf(id, { Type, Properties }) {
  return Type === 'AWS::IAM::Policy' && Properties.Roles.some(({ Ref }) => Ref === id);
}

/** From the role's side, so that the policies are there before the role lets go of what they say. */
function attach(id, documents, resources) {
  const Description = `What ${id} may do besides, because a role's own policies hold ${ROLE_LIMIT} characters`;
  for (const [index, Statement] of documents.entries()) {
    const Properties = { Description, PolicyDocument: { Version: VERSION, Statement } };
    resources[`${id}More${index + 1}`] = { Type: 'AWS::IAM::ManagedPolicy', Properties };
  }
  resources[id].Properties.ManagedPolicyArns = documents.map((_, index) => ({ Ref: `${id}More${index + 1}` }));
}

function tooMuch(id, count) {
  return `What the route file names makes ${count} managed policies for ${id}, and IAM attaches ${MOST_MANAGED} to a role. Let keys of routes begin alike and routes share workflows, or deploy some of them as another stage, from a route file of its own.`;
}

/** The statements, resource by resource, in as few documents as hold them; a statement that is cut goes on in the next. */
function inDocuments(statements) {
  const documents = [];
  for (const { Resource, ...rest } of statements) {
    let open;
    for (const resource of [Resource].flat()) {
      const grown = { ...rest, Resource: [...(open?.Resource ?? []), resource] };
      const others = (documents.at(-1) ?? []).filter((statement) => statement !== open);
      if (documents.length === 0 || sizeOf([...others, grown]) > MANAGED_LIMIT) {
        documents.push([]);
        open = undefined;
      }
      if (open === undefined) {
        open = { ...rest, Resource: [] };
        documents.at(-1).push(open);
      }
      open.Resource.push(resource);
    }
  }
  return documents;
}

/** Of a policy with these statements, or of a statement. */
function sizeOf(part) {
  return written(Array.isArray(part) ? { Version: VERSION, Statement: part } : part).length;
}

/** As long as it can be once deployed: parameters of a Sub are longer than what they stand for. */
function written(part) {
  return JSON.stringify(
    part,
    (_, value) => value?.['Fn::Sub'] ?? (isReference(value) ? 'x'.repeat(LONGEST_ARN) : value),
  );
}

function isReference(value) {
  return value?.['Fn::GetAtt'] !== undefined || value?.Ref !== undefined;
}
