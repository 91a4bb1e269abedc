import { createHash, randomUUID } from 'node:crypto';
import { AwsError } from '../../local/aws-error.ts';
import type { Cancel, Clock, QueueMessage, QueuePort } from '../../local/ports.ts';

interface Stored {
  readonly messageId: string;
  readonly body: string;
  readonly groupId: string | undefined;
  receives: number;
  visibleAtMs: number;
  receiptHandle: string;
}

export interface FakeQueue {
  readonly arn: string;
  readonly visibilityTimeoutMs: number;
}

/** Queues in memory: visibility timeouts, receive counts, FIFO group locks and long polls, on the clock given. */
export class FakeQueues implements QueuePort {
  readonly #clock: Clock;
  readonly #queues = new Map<string, { readonly timeoutMs: number; readonly messages: Stored[] }>();
  readonly #pollers = new Set<() => void>();
  /** Thrown by the next receives, as long as set. */
  failure: Error | undefined;
  receiveCalls = 0;

  constructor(clock: Clock, queues: readonly FakeQueue[]) {
    this.#clock = clock;
    for (const { arn, visibilityTimeoutMs } of queues)
      this.#queues.set(arn, { timeoutMs: visibilityTimeoutMs, messages: [] });
  }

  /** The bodies still in the queue, visible or not. */
  bodies(arn: string): string[] {
    return this.#queue(arn).messages.map(({ body }) => body);
  }

  async send(arn: string, body: string, options: { messageGroupId?: string } = {}): Promise<void> {
    const stored = {
      messageId: randomUUID(),
      body,
      groupId: options.messageGroupId,
      receives: 0,
      visibleAtMs: 0,
      receiptHandle: '',
    };
    this.#queue(arn).messages.push(stored);
    this.#wakePollers();
  }

  async receive(
    arn: string,
    { maxMessages, waitSeconds }: { maxMessages: number; waitSeconds: number },
  ): Promise<QueueMessage[]> {
    this.receiveCalls += 1;
    const endMs = this.#clock.nowMs() + waitSeconds * 1000;
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const taken = this.#take(arn, maxMessages);
      if (taken.length > 0 || this.#clock.nowMs() >= endMs) return taken;
      await this.#nextChange(arn, endMs);
    }
  }

  async delete(arn: string, receiptHandles: readonly string[]): Promise<void> {
    const { messages } = this.#queue(arn);
    for (const handle of receiptHandles) {
      const index = messages.findIndex(({ receiptHandle }) => receiptHandle === handle);
      if (index !== -1) messages.splice(index, 1);
    }
    this.#wakePollers();
  }

  async changeVisibility(arn: string, handle: string, timeoutSeconds: number): Promise<void> {
    const message = this.#queue(arn).messages.find(({ receiptHandle }) => receiptHandle === handle);
    if (message !== undefined) message.visibleAtMs = this.#clock.nowMs() + timeoutSeconds * 1000;
  }

  #queue(arn: string) {
    const queue = this.#queues.get(arn);
    if (queue === undefined) throw new AwsError('AWS.SimpleQueueService.NonExistentQueue', `There is no queue ${arn}.`);
    return queue;
  }

  #take(arn: string, maxMessages: number): QueueMessage[] {
    const nowMs = this.#clock.nowMs();
    const { messages, timeoutMs } = this.#queue(arn);
    const locked = new Set(messages.filter(({ visibleAtMs }) => visibleAtMs > nowMs).map(({ groupId }) => groupId));
    const free = messages.filter(
      ({ visibleAtMs, groupId }) => visibleAtMs <= nowMs && (groupId === undefined || !locked.has(groupId)),
    );
    return free.slice(0, maxMessages).map((message) => {
      message.receives += 1;
      message.visibleAtMs = nowMs + timeoutMs;
      message.receiptHandle = randomUUID();
      const group = message.groupId === undefined ? {} : { MessageGroupId: message.groupId };
      return {
        messageId: message.messageId,
        receiptHandle: message.receiptHandle,
        body: message.body,
        attributes: { ApproximateReceiveCount: String(message.receives), ...group },
        messageAttributes: { kind: { DataType: 'String', StringValue: 'test' } },
        md5OfBody: createHash('md5').update(message.body).digest('hex'),
      };
    });
  }

  async #nextChange(arn: string, endMs: number): Promise<void> {
    const { messages } = this.#queue(arn);
    const nextVisibleMs = Math.min(
      endMs,
      ...messages.map(({ visibleAtMs }) => visibleAtMs).filter((ms) => ms > this.#clock.nowMs()),
    );
    await new Promise<void>((resolve) => {
      let cancel: Cancel = () => undefined;
      const wake = () => {
        cancel();
        this.#pollers.delete(wake);
        resolve();
      };
      cancel = this.#clock.after(nextVisibleMs - this.#clock.nowMs(), wake);
      this.#pollers.add(wake);
    });
  }

  #wakePollers(): void {
    for (const wake of [...this.#pollers]) wake();
  }
}
