/** What StartRun refuses beyond the constraints of the model. */
import { invalid, notFound, quotaExceeded } from '../errors.ts';
import type { OmicsParts } from '../parts.ts';
import { validationError } from '../protocol/validate.ts';
import { checkTags } from '../tags.ts';
import { parameterProblem } from '../workflows/check-parameters.ts';
import type { StartRequest } from './duplicate-run.ts';
import type { ChosenWorkflow } from './start-run.ts';

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const S3_URI = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/s;
const LARGEST_PARAMETERS_BYTES = 50 * 1024;

/** @throws AwsError ValidationException, ResourceNotFoundException or ServiceQuotaExceededException. */
export function checkRequest(parts: OmicsParts, request: StartRequest): ChosenWorkflow {
  const workflow = checkCommon(parts, request);
  checkUri(request.outputUri);
  checkParametersSize(request.parameters);
  const problem = parameterProblem(workflow.parameterTemplate, request.parameters);
  if (problem !== undefined && parts.settings.parameterCheck === 'REFUSE') {
    throw invalid(`The parameters do not fit workflow ${workflow.id}: ${problem}`);
  }
  return workflow;
}

/** What the runs of a batch have in common, and StartRunBatch refuses at once. Throws as `checkRequest`. */
export function checkCommon(parts: OmicsParts, request: CommonRequest): ChosenWorkflow {
  if (!ROLE_ARN.test(request.roleArn)) {
    throw validationError([
      `Value '${request.roleArn}' at 'roleArn' failed to satisfy constraint: Member must be the ARN of an IAM role`,
    ]);
  }
  checkTags(request.tags ?? {});
  const workflow = findWorkflow(parts, request);
  if (workflow.type === 'READY2RUN') checkReady2Run(request);
  else checkStorage(parts, request);
  checkReferences(parts, request);
  return workflow;
}

type CommonRequest = Omit<StartRequest, 'outputUri' | 'parameters'>;

function checkUri(outputUri: string): void {
  if (S3_URI.test(outputUri)) return;
  const shown = outputUri.slice(0, 200);
  throw validationError([`Value '${shown}' at 'outputUri' failed to satisfy constraint: Member must be an S3 URI`]);
}

function checkParametersSize(parameters: unknown): void {
  if (parameters === undefined) return;
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw validationError([`Value at 'parameters' failed to satisfy constraint: Member must be a JSON object`]);
  }
  if (Buffer.byteLength(JSON.stringify(parameters)) > LARGEST_PARAMETERS_BYTES) {
    throw validationError([`Value at 'parameters' failed to satisfy constraint: Member must be at most 50 KB of JSON`]);
  }
}

function findWorkflow(parts: OmicsParts, request: CommonRequest): ChosenWorkflow {
  if (request.workflowId === undefined) throw invalid('Either workflowId or runId must be given');
  const workflow = parts.workflows.get(request.workflowId);
  const type = request.workflowType ?? 'PRIVATE';
  const shared = request.workflowOwnerId !== undefined && request.workflowOwnerId !== parts.accountId;
  if (workflow === undefined || workflow.type !== type || shared) throw notFound('Workflow', request.workflowId);
  if (workflow.status !== 'ACTIVE') {
    throw invalid(`Workflow ${workflow.id} has status ${workflow.status}; only an ACTIVE workflow can be run`);
  }
  if (request.workflowVersionName === undefined) return workflow;
  const version = parts.workflowVersions.get(`${workflow.id}/${request.workflowVersionName}`);
  if (version === undefined) throw notFound('Workflow version', `${workflow.id}/${request.workflowVersionName}`);
  if (version.status !== 'ACTIVE') {
    throw invalid(`Workflow version ${version.key} has status ${version.status}; only an ACTIVE one can be run`);
  }
  return {
    ...version,
    id: workflow.id,
    uuid: workflow.uuid,
    ...(workflow.name === undefined ? {} : { name: workflow.name }),
  };
}

function checkReady2Run(request: CommonRequest): void {
  for (const member of ['runGroupId', 'cacheId', 'storageCapacity'] as const) {
    if (request[member] !== undefined) throw invalid(`${member} is not supported for READY2RUN workflows`);
  }
  if (request.storageType === 'STATIC') throw invalid('storageType STATIC is not supported for READY2RUN workflows');
}

function checkStorage(parts: OmicsParts, request: CommonRequest): void {
  const limit = parts.quota('L-35CE76C9');
  if (request.storageType !== 'DYNAMIC' && (request.storageCapacity ?? 0) > limit) {
    throw quotaExceeded(
      `storageCapacity ${request.storageCapacity} is above the maximum static storage of a run, ${limit} GiB`,
    );
  }
}

function checkReferences(parts: OmicsParts, request: CommonRequest): void {
  if (request.runGroupId !== undefined && !parts.runGroups.has(request.runGroupId))
    throw notFound('Run group', request.runGroupId);
  if (request.cacheId !== undefined && !parts.runCaches.has(request.cacheId))
    throw notFound('Run cache', request.cacheId);
  if (request.cacheBehavior !== undefined && request.cacheId === undefined)
    throw invalid('cacheBehavior needs a cacheId');
  if (request.configurationName !== undefined && !parts.configurations.has(request.configurationName)) {
    throw notFound('Configuration', request.configurationName);
  }
  if (request.networkingMode === 'VPC' && request.configurationName === undefined) {
    throw invalid('networkingMode VPC needs a configurationName');
  }
}
