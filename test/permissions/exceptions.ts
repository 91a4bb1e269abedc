/** What is not compared, with the reason: calls that services make for us, and nothing else. */
import type { Exception } from './grants.ts';

const POLLING = new Set(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']);

/** Services make these calls for us, so none of our clients sends them. */
export const EXCEPTIONS: readonly Exception[] = [
  { reason: 'Lambda writes logs', isOne: ({ action }) => action.startsWith('logs:') },
  { reason: 'Lambda sends traces', isOne: ({ action }) => action.startsWith('xray:') },
  { reason: 'Lambda polls the queue', isOne: ({ action }) => POLLING.has(action) },
  { reason: 'Lambda keeps failed asynchronous invocations', isOne: ({ sid }) => sid === 'KeepFailedInvocations' },
];
