/** The operations on workflows and workflow versions. */
import { present } from '../create-once.ts';
import { conflict, notFound } from '../errors.ts';
import { pageOf } from '../paging.ts';
import type { OmicsParts } from '../parts.ts';
import type { Call, Input, OperationHandlers } from '../protocol/answer.ts';
import { createWorkflow, createWorkflowVersion } from './create-workflow.ts';
import type { Workflow, WorkflowVersion } from './workflow.ts';
import { versionArn, versionView, workflowArn, workflowView } from './workflow-views.ts';

export function workflowOperations(parts: OmicsParts): OperationHandlers {
  return {
    CreateWorkflow: (input) => {
      const workflow = createWorkflow(parts, input);
      return { arn: workflowArn(parts, workflow), ...workflow };
    },
    GetWorkflow: (input, call) => workflowView(parts, findWorkflow(parts, input, input.id), hostFor(input, call)),
    ListWorkflows: (input) => listWorkflows(parts, input),
    UpdateWorkflow: (input) => {
      const workflow = findPrivate(parts, input, input.id);
      const { name, description, storageType, storageCapacity } = input as Partial<Workflow>;
      parts.workflows.put({ ...workflow, ...present({ name, description, storageType, storageCapacity }) });
      return undefined;
    },
    DeleteWorkflow: (input) => {
      const workflow = findPrivate(parts, input, input.id);
      if (versionsOf(parts, workflow.id).length > 0)
        throw conflict(`Workflow ${workflow.id} has versions; delete them first`);
      parts.workflows.remove(workflow.key);
      parts.definitions.remove(workflow.uuid);
      return undefined;
    },
    CreateWorkflowVersion: (input) => {
      const version = createWorkflowVersion(parts, input, findPrivate(parts, input, input.workflowId));
      return { arn: versionArn(parts, version), ...version };
    },
    GetWorkflowVersion: (input, call) => versionView(parts, findVersion(parts, input), hostFor(input, call)),
    ListWorkflowVersions: (input) => listVersions(parts, input),
    UpdateWorkflowVersion: (input) => {
      const version = findVersion(parts, input);
      const { description, storageType, storageCapacity } = input as Partial<WorkflowVersion>;
      parts.workflowVersions.put({ ...version, ...present({ description, storageType, storageCapacity }) });
      return undefined;
    },
    DeleteWorkflowVersion: (input) => {
      const version = findVersion(parts, input);
      parts.workflowVersions.remove(version.key);
      parts.definitions.remove(version.uuid);
      return undefined;
    },
  };
}

function hostFor(input: Input, call: Call): string | undefined {
  const wanted = input.export as readonly string[] | undefined;
  return wanted?.includes('DEFINITION') ? call.host : undefined;
}

/** Without `type` only private workflows are looked at, as in AWS. */
function findWorkflow(parts: OmicsParts, input: Input, id: unknown): Workflow {
  const workflow = parts.workflows.get(String(id));
  const owner = input.workflowOwnerId;
  const foreign = owner !== undefined && owner !== parts.accountId;
  if (workflow === undefined || workflow.type !== (input.type ?? 'PRIVATE') || foreign)
    throw notFound('Workflow', String(id));
  return workflow;
}

function findPrivate(parts: OmicsParts, input: Input, id: unknown): Workflow {
  const workflow = findWorkflow(parts, { ...input, type: 'PRIVATE' }, id);
  if (workflow.status === 'CREATING') throw conflict(`Workflow ${workflow.id} is being created`);
  return workflow;
}

function findVersion(parts: OmicsParts, input: Input): WorkflowVersion {
  const workflow = findWorkflow(parts, input, input.workflowId);
  const key = `${workflow.id}/${String(input.versionName)}`;
  const version = parts.workflowVersions.get(key);
  if (version === undefined) throw notFound('Workflow version', key);
  return version;
}

function versionsOf(parts: OmicsParts, workflowId: string, after?: number) {
  return parts.workflowVersions.list(after).filter((version) => version.workflowId === workflowId);
}

function listWorkflows(parts: OmicsParts, input: Input): object {
  const { type, name, startingToken, maxResults } = input as Readonly<Partial<Record<string, string>>> & {
    maxResults?: number;
  };
  const page = pageOf(
    { startingToken, maxResults, filters: ['workflows', type, name] },
    (after) =>
      parts.workflows
        .list(after)
        .filter(
          (workflow) =>
            (type === undefined || workflow.type === type) && (name === undefined || workflow.name === name),
        ),
    (workflow) => workflow.seq,
  );
  return { ...page, items: page.items.map((workflow) => workflowView(parts, workflow)) };
}

function listVersions(parts: OmicsParts, input: Input): object {
  const { startingToken, maxResults } = input as { startingToken?: string; maxResults?: number };
  const workflow = findWorkflow(parts, input, input.workflowId);
  const page = pageOf(
    { startingToken, maxResults, filters: ['versions', workflow.uuid] },
    (after) => versionsOf(parts, workflow.id, after),
    (version) => version.seq,
  );
  return { ...page, items: page.items.map((version) => versionView(parts, version)) };
}
