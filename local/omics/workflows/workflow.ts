/** Workflows and their versions as the emulator keeps them. */
import type { Resource } from '../resource-table.ts';
import type { StorageType, Tags } from '../runs/run.ts';

export type WorkflowStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETED' | 'FAILED' | 'INACTIVE';

export interface WorkflowParameter {
  readonly description?: string;
  readonly optional?: boolean;
}

export type ParameterTemplate = Readonly<Record<string, WorkflowParameter>>;

/** What a workflow and a version of it have in common. */
export interface WorkflowBody {
  readonly uuid: string;
  readonly type: 'PRIVATE' | 'READY2RUN';
  readonly status: WorkflowStatus;
  readonly statusMessage?: string;
  readonly createdMs: number;
  readonly description?: string;
  readonly engine?: string;
  readonly main?: string;
  /** SHA-256 of the definition. */
  readonly digest?: string;
  /** Where the definition came from; absent for a zip, which is served by the emulator itself. */
  readonly definitionUri?: string;
  readonly parameterTemplate?: ParameterTemplate;
  readonly storageType?: StorageType;
  readonly storageCapacity?: number;
  readonly accelerators?: string;
  readonly tags: Tags;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Members of the create request that are only kept and given back. */
  readonly kept?: Readonly<Record<string, unknown>>;
}

export interface Workflow extends WorkflowBody, Resource {
  readonly id: string;
  readonly name?: string;
}

/** `key` is `<workflowId>/<versionName>`. */
export interface WorkflowVersion extends WorkflowBody, Resource {
  readonly workflowId: string;
  readonly versionName: string;
}
