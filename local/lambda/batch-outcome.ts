/** Which messages of a batch are done, by what the function answered. Source: Lambda Developer Guide, "Error handling for SQS". */
import type { LambdaOutcome, QueueMessage } from '../ports.ts';

export interface BatchRules {
  readonly reportBatchItemFailures: boolean;
  readonly fifo: boolean;
}

/** The messages to delete; the others come back when their visibility timeout passes. */
export function doneMessages(
  messages: readonly QueueMessage[],
  outcome: LambdaOutcome,
  { reportBatchItemFailures, fifo }: BatchRules,
): readonly QueueMessage[] {
  if (outcome.kind === 'threw') return [];
  if (!reportBatchItemFailures) return messages;
  const failedIds = failedMessageIds(outcome.payload);
  const ids = new Set(messages.map(({ messageId }) => messageId));
  if (failedIds === undefined || failedIds.some((id) => !ids.has(id))) return [];
  const failed = new Set(failedIds);
  return fifo ? beforeFailureInGroup(messages, failed) : messages.filter(({ messageId }) => !failed.has(messageId));
}

/** Nothing or an empty list: none. Undefined when the answer is malformed, which fails the whole batch. */
function failedMessageIds(payload: unknown): string[] | undefined {
  if (payload === null || payload === undefined) return [];
  if (typeof payload !== 'object' || Array.isArray(payload)) return undefined;
  const failures: unknown = (payload as Record<string, unknown>).batchItemFailures;
  if (failures === null || failures === undefined) return [];
  if (!Array.isArray(failures)) return undefined;
  const ids: string[] = [];
  for (const failure of failures as unknown[]) {
    const id: unknown =
      typeof failure === 'object' && failure !== null ? (failure as Record<string, unknown>).itemIdentifier : undefined;
    if (typeof id !== 'string' || id === '') return undefined;
    ids.push(id);
  }
  return ids;
}

/** What follows a failed message in its group must not overtake it. */
function beforeFailureInGroup(messages: readonly QueueMessage[], failed: ReadonlySet<string>): QueueMessage[] {
  const failedGroups = new Set<string>();
  return messages.filter((message) => {
    if (failed.has(message.messageId)) failedGroups.add(groupOf(message));
    return !failedGroups.has(groupOf(message));
  });
}

export function groupOf(message: QueueMessage): string {
  return message.attributes.MessageGroupId ?? '';
}
