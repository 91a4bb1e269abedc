/** What GetRun says of the things that a run refers to, as far as they still exist. */
import type { OmicsParts } from '../parts.ts';
import type { WorkflowBody } from '../workflows/workflow.ts';
import type { Run } from './run.ts';
import type { RunLookups } from './run-views.ts';

export function runLookups(parts: OmicsParts, run: Run, definitionHost?: string): RunLookups {
  const workflow = workflowOf(parts, run);
  const configurationName = run.request.configurationName;
  const configuration = configurationName === undefined ? undefined : parts.configurations.get(configurationName);
  return {
    startedBy: `arn:aws:iam::${parts.accountId}:root`,
    ...(workflow === undefined
      ? {}
      : {
          workflow: {
            engine: workflow.engine,
            digest: workflow.digest,
            accelerators: workflow.accelerators,
            definition:
              definitionHost === undefined ? undefined : parts.definitions.locationOf(workflow, definitionHost),
          },
        }),
    ...(configuration === undefined
      ? {}
      : {
          configuration: {
            name: configuration.name,
            arn: parts.arns.of('configuration', configuration.name),
            uuid: configuration.uuid,
            vpcConfig: configuration.vpcConfig,
          },
        }),
  };
}

/** The workflow, or the version of it, that the run was started with; never a later one that has its id. */
function workflowOf(parts: OmicsParts, run: Run): WorkflowBody | undefined {
  const workflow = parts.workflows.get(run.workflowId);
  if (workflow?.uuid !== run.workflowUuid || run.workflowVersionName === undefined) {
    return workflow?.uuid === run.workflowUuid ? workflow : undefined;
  }
  return parts.workflowVersions.get(`${run.workflowId}/${run.workflowVersionName}`);
}
