import type { FauxqsQueue } from '../fauxqs-app.ts';

/**
 * Makes a FIFO queue give the messages of one group together and in order. Fauxqs gives one message of a group at a
 * time, and puts several that come back (visibility timeout, or zero) in front of the group in reverse.
 */
export function keepFifoOrder(queue: FauxqsQueue): void {
  const dequeueOne = queue.dequeue.bind(queue);
  queue.dequeue = (maxCount, visibilityTimeout, deadLetterResolver) => {
    queue.processTimers();
    restoreOrder(queue);
    const messages = dequeueOne(maxCount, visibilityTimeout, deadLetterResolver);
    const mine = countByGroup(queue, messages);
    for (let taken = messages.length; taken > 0 && messages.length < maxCount; ) {
      // Only groups that this very call locked are opened again, so nobody else's message is overtaken.
      for (const group of mine.keys()) queue.fifoLockedGroups.delete(group);
      const more = dequeueOne(maxCount - messages.length, visibilityTimeout, deadLetterResolver);
      for (const [group, count] of countByGroup(queue, more)) mine.set(group, (mine.get(group) ?? 0) + count);
      for (const [group, count] of mine) queue.fifoLockedGroups.set(group, count);
      messages.push(...more);
      taken = more.length;
    }
    return messages;
  };
}

function restoreOrder(queue: FauxqsQueue): void {
  for (const group of queue.fifoMessages.values()) {
    if (group.some((message, index) => index > 0 && sequence(group[index - 1]) > sequence(message))) {
      group.sort((a, b) => (sequence(a) < sequence(b) ? -1 : 1));
    }
  }
}

/** Sequence numbers are zero-padded to one length. */
function sequence(message: { readonly sequenceNumber?: string } | undefined): string {
  return message?.sequenceNumber ?? '';
}

function countByGroup(
  queue: FauxqsQueue,
  messages: readonly { readonly ReceiptHandle: string }[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { ReceiptHandle: handle } of messages) {
    const group = queue.inflightMessages.get(handle)?.message.messageGroupId;
    if (group !== undefined) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}
