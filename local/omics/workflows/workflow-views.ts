/** Workflows and versions as the API answers them. */
import type { OmicsParts } from '../parts.ts';
import type { Workflow, WorkflowBody, WorkflowVersion } from './workflow.ts';

export function workflowArn(parts: OmicsParts, workflow: Workflow): string {
  return workflow.type === 'READY2RUN'
    ? parts.arns.ready2RunWorkflow(workflow.id)
    : parts.arns.of('workflow', workflow.id);
}

export function versionArn(parts: OmicsParts, version: WorkflowVersion): string {
  return parts.arns.of('workflow', `${version.workflowId}/version/${version.versionName}`);
}

function bodyView(parts: OmicsParts, body: WorkflowBody, definitionHost: string | undefined): object {
  return {
    ...body.kept,
    ...body,
    creationTime: body.createdMs,
    definition: definitionHost === undefined ? undefined : parts.definitions.locationOf(body, definitionHost),
  };
}

export function workflowView(parts: OmicsParts, workflow: Workflow, definitionHost?: string): object {
  return { ...bodyView(parts, workflow, definitionHost), arn: workflowArn(parts, workflow) };
}

export function versionView(parts: OmicsParts, version: WorkflowVersion, definitionHost?: string): object {
  return { ...bodyView(parts, version, definitionHost), arn: versionArn(parts, version) };
}
