/** CreateWorkflow and CreateWorkflowVersion: a definition is taken, then read on the clock. */
import { createOnce, present } from '../create-once.ts';
import { conflict, invalid } from '../errors.ts';
import { freeId } from '../ids.ts';
import type { OmicsParts } from '../parts.ts';
import type { Input } from '../protocol/answer.ts';
import type { ResourceTable } from '../resource-table.ts';
import type { StorageType, Tags } from '../runs/run.ts';
import { checkTags } from '../tags.ts';
import { type DefinitionHints, readDefinition } from './read-definition.ts';
import type { ParameterTemplate, Workflow, WorkflowBody, WorkflowVersion } from './workflow.ts';

/** Emulated seconds that a new workflow is CREATING. */
const CREATING_SECONDS = 5;

export function createWorkflow(parts: OmicsParts, input: Input): Workflow {
  return createOnce(parts, 'CreateWorkflow', input, parts.workflows, () => {
    const id = freeId(parts.random, (taken) => parts.workflows.has(taken));
    const { name } = input as { name?: string };
    const body = newBody(parts, input);
    const workflow = { ...body, seq: parts.workflows.nextSeq(), key: id, id, ...present({ name }) };
    settleLater(parts, parts.workflows, workflow);
    return workflow;
  });
}

export function createWorkflowVersion(parts: OmicsParts, input: Input, workflow: Workflow): WorkflowVersion {
  const versionName = String(input.versionName);
  const key = `${workflow.id}/${versionName}`;
  return createOnce(parts, 'CreateWorkflowVersion', input, parts.workflowVersions, () => {
    if (parts.workflowVersions.has(key)) throw conflict(`Workflow version ${key} exists already`);
    const body = newBody(parts, input);
    const version = { ...body, seq: parts.workflowVersions.nextSeq(), key, workflowId: workflow.id, versionName };
    settleLater(parts, parts.workflowVersions, version);
    return version;
  });
}

/** After a restart: what was CREATING goes on. */
export function resumeWorkflows(parts: OmicsParts): void {
  for (const table of [parts.workflows, parts.workflowVersions] as ResourceTable<Workflow | WorkflowVersion>[]) {
    for (const resource of table.list()) if (resource.status === 'CREATING') settleLater(parts, table, resource);
  }
}

function newBody(parts: OmicsParts, input: Input): WorkflowBody {
  const sources = ['definitionZip', 'definitionUri', 'definitionRepository'].filter(
    (name) => input[name] !== undefined,
  );
  if (sources.length !== 1)
    throw invalid('Exactly one of definitionZip, definitionUri and definitionRepository must be given');
  if (input.definitionRepository !== undefined) {
    throw invalid('definitionRepository is not offered by this laptop AWS; give definitionZip or definitionUri');
  }
  const tags = (input.tags ?? {}) as Tags;
  checkTags(tags);
  const uuid = parts.newUuid();
  if (Buffer.isBuffer(input.definitionZip)) parts.definitions.put(uuid, input.definitionZip);
  const { description, engine, main, definitionUri, accelerators, storageType, storageCapacity, parameterTemplate } =
    input as BodyInput;
  const { containerRegistryMap, readmePath, workflowBucketOwnerId, parameterTemplatePath } = input;
  return {
    uuid,
    type: 'PRIVATE',
    status: 'CREATING',
    createdMs: parts.clock.nowMs(),
    tags,
    kept: present({ containerRegistryMap, readmePath, workflowBucketOwnerId, parameterTemplatePath }),
    ...present({
      description,
      engine,
      main,
      definitionUri,
      accelerators,
      storageType,
      storageCapacity,
      parameterTemplate,
    }),
  };
}

interface BodyInput {
  readonly description?: string;
  readonly engine?: string;
  readonly main?: string;
  readonly definitionUri?: string;
  readonly accelerators?: string;
  readonly storageType?: StorageType;
  readonly storageCapacity?: number;
  readonly parameterTemplate?: ParameterTemplate;
}

function settleLater<T extends Workflow | WorkflowVersion>(
  parts: OmicsParts,
  table: ResourceTable<T>,
  resource: T,
): void {
  const readyMs = resource.createdMs + (CREATING_SECONDS * 1000) / parts.settings.speed;
  parts.dues.add(readyMs, () => settle(parts, table, resource));
}

/** ACTIVE when the definition can be read, else FAILED with the reason. */
async function settle<T extends Workflow | WorkflowVersion>(
  parts: OmicsParts,
  table: ResourceTable<T>,
  created: T,
): Promise<void> {
  const outcome = await outcomeOf(parts, created);
  const current = table.get(created.key);
  // It may have been deleted, or updated, while its definition was read.
  if (current?.uuid === created.uuid)
    table.put({ ...current, ...outcome, ...present({ parameterTemplate: current.parameterTemplate }) });
}

async function outcomeOf(parts: OmicsParts, body: WorkflowBody): Promise<Partial<WorkflowBody>> {
  try {
    const zip =
      body.definitionUri === undefined ? parts.definitions.get(body.uuid) : await parts.readObject(body.definitionUri);
    if (zip === undefined) return failed(`The workflow definition ${body.definitionUri ?? ''} does not exist.`);
    const path = body.kept?.parameterTemplatePath;
    const hints: DefinitionHints = {
      engine: body.engine,
      main: body.main,
      parameterTemplatePath: typeof path === 'string' ? path : undefined,
    };
    return { status: 'ACTIVE', ...readDefinition(zip, hints) };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function failed(statusMessage: string): Partial<WorkflowBody> {
  return { status: 'FAILED', statusMessage };
}
