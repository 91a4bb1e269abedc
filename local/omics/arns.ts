/** ARNs and log streams as HealthOmics builds them. */
import { notFound } from './errors.ts';

export type ArnKind = 'run' | 'runGroup' | 'runCache' | 'workflow' | 'runBatch' | 'configuration' | 'task';

export interface Arns {
  of(kind: ArnKind, id: string): string;
  /** READY2RUN workflows belong to no account. */
  ready2RunWorkflow(id: string): string;
  logStream(stream: string): string;
  /** @throws AwsError ResourceNotFoundException for what is not an ARN of this account's HealthOmics. */
  parse(arn: string): { readonly kind: string; readonly id: string };
}

export function createArns(accountId: string, region: string): Arns {
  const prefix = `arn:aws:omics:${region}:${accountId}:`;
  return {
    of: (kind, id) => `${prefix}${kind}/${id}`,
    ready2RunWorkflow: (id) => `arn:aws:omics:${region}::workflow/${id}`,
    logStream: (stream) => `arn:aws:logs:${region}:${accountId}:log-group:/aws/omics/WorkflowLog:log-stream:${stream}`,
    parse(arn) {
      const [kind, ...id] = arn.startsWith(prefix) ? arn.slice(prefix.length).split('/') : [];
      if (kind === undefined || id.length === 0) throw notFound('Resource', arn);
      return { kind, id: id.join('/') };
    },
  };
}
