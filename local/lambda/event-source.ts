/**
 * Feeds a function from a queue, as Lambda's event source mappings do. A failed message is left alone: the queue makes it
 * visible again when its timeout passes, counts its receives and moves it to the dead-letter queue.
 */
import { describeError } from '../aws-error.ts';
import type { Cancel, LambdaPort, QueueMessage, QueuePort, Surroundings } from '../ports.ts';
import { doneMessages, groupOf } from './batch-outcome.ts';
import type { EventSourceDefinition } from './function-definition.ts';
import { sqsEvent } from './sqs-event.ts';

export interface EventSourceOptions extends EventSourceDefinition {
  readonly queues: QueuePort;
  readonly lambda: LambdaPort;
}

export interface EventSource {
  start(): void;
  /** Ends polling at once. A batch that runs still has its done messages deleted. */
  close(): Promise<void>;
}

const DEFAULT_CONCURRENCY = 5;
const LONG_POLL_SECONDS = 20;
/** SQS gives at most so many messages at once. */
const RECEIVE_LIMIT = 10;
const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;
/** A queue that answers a long poll with nothing, and at once, is asked again no sooner than this. */
const EMPTY_PAUSE_MS = 200;

export function createEventSource(surroundings: Surroundings, options: EventSourceOptions): EventSource {
  const poller = new QueuePoller(surroundings, options);
  return { start: () => void poller.run(), close: async () => poller.close() };
}

type FailedGroups = ReadonlySet<string>;

class QueuePoller {
  readonly #surroundings: Surroundings;
  readonly #options: EventSourceOptions;
  /** For each message group with a batch under way: which groups failed in its last batch, once that has ended. */
  readonly #groupTails = new Map<string, Promise<FailedGroups>>();
  readonly #slotWaiters: Array<() => void> = [];
  #freeSlots: number;
  #failuresInARow = 0;
  #wake: (() => void) | undefined;
  #started = false;
  #closed = false;

  constructor(surroundings: Surroundings, options: EventSourceOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.#freeSlots = options.maximumConcurrency ?? DEFAULT_CONCURRENCY;
  }

  async run(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    while (!this.#closed) {
      await this.#takeSlot();
      const messages = this.#closed ? [] : await this.#gatherBatch();
      if (this.#closed || messages.length === 0) this.#freeSlot();
      else void this.#process(messages).finally(() => this.#freeSlot());
    }
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
    for (const waiter of this.#slotWaiters.splice(0)) waiter();
  }

  async #takeSlot(): Promise<void> {
    if (this.#freeSlots === 0) await new Promise<void>((resolve) => this.#slotWaiters.push(resolve));
    this.#freeSlots -= 1;
  }

  #freeSlot(): void {
    this.#freeSlots += 1;
    this.#slotWaiters.shift()?.();
  }

  /** A batch of up to the batch size, for which a batching window waits; empty after an idle long poll or an error. */
  async #gatherBatch(): Promise<QueueMessage[]> {
    const { clock } = this.#surroundings;
    const { batchSize, maximumBatchingWindowSeconds: windowSeconds = 0 } = this.#options;
    const messages = await this.#receive(Math.min(batchSize, RECEIVE_LIMIT), LONG_POLL_SECONDS);
    if (messages.length === 0) return messages;
    const endMs = clock.nowMs() + windowSeconds * 1000;
    while (messages.length < batchSize && clock.nowMs() < endMs && !this.#closed) {
      const waitSeconds = Math.min(LONG_POLL_SECONDS, Math.ceil((endMs - clock.nowMs()) / 1000));
      messages.push(...(await this.#receive(Math.min(batchSize - messages.length, RECEIVE_LIMIT), waitSeconds)));
    }
    return messages;
  }

  async #receive(maxMessages: number, waitSeconds: number): Promise<QueueMessage[]> {
    const { queues, queueArn, functionName } = this.#options;
    const startedMs = this.#surroundings.clock.nowMs();
    try {
      const messages = await queues.receive(queueArn, { maxMessages, waitSeconds });
      this.#failuresInARow = 0;
      const tookMs = this.#surroundings.clock.nowMs() - startedMs;
      if (messages.length === 0 && tookMs < EMPTY_PAUSE_MS) await this.#pause(EMPTY_PAUSE_MS);
      return messages;
    } catch (error) {
      if (this.#failuresInARow === 0) {
        this.#report(
          `Lambda: cannot poll ${queueArn} for ${functionName} (${describeError(error)}); it is tried again.`,
        );
      }
      const delayMs = BACKOFF_MS[Math.min(this.#failuresInARow, BACKOFF_MS.length - 1)] ?? 0;
      this.#failuresInARow += 1;
      await this.#pause(delayMs);
      return [];
    }
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel: Cancel = this.#surroundings.clock.after(delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Runs a batch, in a FIFO queue after the batch that its message groups had before. Never rejects. */
  async #process(messages: readonly QueueMessage[]): Promise<void> {
    if (!this.#options.fifo) {
      await this.#invoke(messages);
      return;
    }
    const groups = [...new Set(messages.map(groupOf))];
    const earlier = groups.flatMap((group) => this.#groupTails.get(group) ?? []);
    const tail = this.#invokeAfter(earlier, messages);
    for (const group of groups) this.#groupTails.set(group, tail);
    await tail;
    for (const group of groups) if (this.#groupTails.get(group) === tail) this.#groupTails.delete(group);
  }

  /** What follows a failed message of its group waits for the queue to give both again, in order. */
  async #invokeAfter(
    earlier: ReadonlyArray<Promise<FailedGroups>>,
    messages: readonly QueueMessage[],
  ): Promise<FailedGroups> {
    const failed = new Set((await Promise.all(earlier)).flatMap((groups) => [...groups]));
    const inOrder = messages.filter((message) => !failed.has(groupOf(message)));
    const done = new Set(inOrder.length === 0 ? [] : await this.#invoke(inOrder));
    return new Set(messages.filter((message) => !done.has(message)).map(groupOf));
  }

  /** The messages that are done; they are deleted already. */
  async #invoke(messages: readonly QueueMessage[]): Promise<readonly QueueMessage[]> {
    const { queues, lambda, queueArn, functionName } = this.#options;
    try {
      const outcome = await lambda.invoke(functionName, sqsEvent(messages, queueArn));
      const done = doneMessages(messages, outcome, this.#options);
      if (done.length > 0)
        await queues.delete(
          queueArn,
          done.map(({ receiptHandle }) => receiptHandle),
        );
      return done;
    } catch (error) {
      this.#report(
        `Lambda: a batch of ${queueArn} for ${functionName} failed outside the function (${describeError(error)}); its messages come again.`,
      );
      return [];
    }
  }

  #report(line: string): void {
    if (!this.#closed) this.#surroundings.report(line);
  }
}
