import type { ValueTemplate } from './template.ts';

/** The `run:` of a route, defaults merged in, ready to be filled. */
export interface RunTemplate {
  /** StartRun's members that the route gives, by the API's names. */
  readonly members: ReadonlyMap<string, ValueTemplate>;
  /** Every filled output location begins with this: `s3://bucket/` and what the route writes before a placeholder. */
  readonly outputPrefix: string;
  /** Present when the dropped object is the StartRun request. */
  readonly fromObject?: { readonly allow: Allow };
}

/** What a dropped StartRun request may choose for itself. An empty list: nothing but what the route gives. */
export interface Allow {
  readonly workflowIds: readonly string[];
  readonly workflowTypes: readonly string[];
  readonly roleArns: readonly string[];
  /** Each `s3://bucket/…/`. */
  readonly outputUriPrefixes: readonly string[];
  readonly runGroupIds: readonly string[];
  readonly cacheIds: readonly string[];
}

/** The value of a member that does not depend on the drop, for deriving what IAM must allow. */
export function constantMember(run: RunTemplate, name: string): unknown {
  const template = run.members.get(name);
  return template?.kind === 'constant' ? template.value : undefined;
}
