/** What is not compared, with the reason. */
import type { Exception, Grant } from './grants.ts';
import type { Need } from './needs.ts';

const POLLING = new Set(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']);
const is =
  (sid: string, ...callers: string[]) =>
  (grant: Grant) =>
    grant.sid === sid && (callers.length === 0 || callers.includes(grant.function));

/** Services use these for us. */
const BY_SERVICES: readonly Exception[] = [
  { reason: 'Lambda writes logs', isOne: ({ action }) => action.startsWith('logs:') },
  { reason: 'Lambda sends traces', isOne: ({ action }) => action.startsWith('xray:') },
  { reason: 'Lambda polls the queue', isOne: ({ action }) => POLLING.has(action) },
  { reason: 'Lambda keeps failed asynchronous invocations', isOne: is('KeepFailedInvocations') },
];

/** The code uses these where neither the laptop nor the simulation goes. */
const NOT_REACHED: readonly Exception[] = [
  { reason: "the laptop's S3 keeps no versions", isOne: ({ action }) => /^s3:GetObjectVersion/.test(action) },
  { reason: 'no route of rundrop.yaml looks at tags', isOne: is('ReadTags') },
  {
    reason: "no route of rundrop.yaml names a workflow's version",
    isOne: ({ action, resource }) => action === 'omics:GetWorkflowVersion' || resource.endsWith('/version/*'),
  },
  {
    reason: "AWS's default quota is asked for only when the applied one cannot be read",
    isOne: ({ action }) => action === 'servicequotas:GetAWSDefaultServiceQuota',
  },
  {
    reason: 'Powertools reads its record when it finds one',
    isOne: ({ sid, action }) => sid === 'StartOnce' && action === 'dynamodb:GetItem',
  },
  {
    reason: 'a token of another kind is left over only by a crash at one place',
    isOne: ({ action, function: caller }) =>
      action === 'states:SendTaskFailure' && ['watch-run', 'on-run-status-change'].includes(caller),
  },
  {
    reason: 'reads of one moment travel together, and which do is chance',
    isOne: ({ action }) => action === 'dynamodb:BatchGetItem',
  },
  { reason: 'an object that changed is sent round again', isOne: is('DropAgain', 'reconcile-runs', 'record-outcome') },
  { reason: 'run groups are asked for at a crossed threshold', isOne: is('ReadRunGroups') },
  {
    reason: 'evidence of a run whose outcome somebody else records as a rule',
    isOne: ({ sid, function: caller }) => ['KeepEvidence', 'LookAtTasks'].includes(sid) && caller !== 'record-outcome',
  },
];

export const EXCEPTIONS: readonly Exception[] = [...BY_SERVICES, ...NOT_REACHED];

/** The tests use what no route names to see it refused; on AWS it is IAM that refuses. */
const OUTSIDE_THE_ROUTE_FILE = ['workflow/9999999', 'workflow/9999998', ':role/HealthOmics'];

export function isRefusedOnPurpose({ resource }: Need): boolean {
  return OUTSIDE_THE_ROUTE_FILE.some((end) => resource.endsWith(end));
}

/** What follows from the route file is granted for each route; a test of one of them stands for all. */
export const BY_ROUTE: ReadonlySet<string> = new Set(['StartRuns', 'ReadParameterTemplates', 'PassServiceRole']);
