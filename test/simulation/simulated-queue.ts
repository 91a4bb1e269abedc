/** SQS with its Lambda event source: at least once, in no order, back after the visibility timeout, at last to the DLQ. */
import type { FaultTally } from './fault-tally.ts';
import type { Faults } from './faults.ts';
import type { InvocationEnd } from './invocations.ts';
import type { Journal } from './journal.ts';
import type { RandomSource } from './random-source.ts';
import type { Timeline } from './timeline.ts';

export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  receives: number;
}

export interface QueueSettings {
  readonly name: string;
  /** One batch at a time, in order. */
  readonly fifo: boolean;
  readonly deliver: (batch: readonly QueueMessage[], end: (end: InvocationEnd) => void) => void;
}

export interface QueueWorld {
  readonly timeline: Timeline;
  readonly random: RandomSource;
  readonly journal: Journal;
  readonly tally: FaultTally;
  faults(): Faults;
}

const VISIBILITY_MS = 180_000;
const MOST_RECEIVES = 5;
const BATCH_SIZE = 10;

export class SimulatedQueue {
  readonly deadLetters: QueueMessage[] = [];
  readonly accepted: QueueMessage[] = [];
  /** What is taken and never delivered. */
  loses: (body: string) => boolean = () => false;
  readonly #world: QueueWorld;
  readonly #settings: QueueSettings;
  #waiting: QueueMessage[] = [];
  #busy = false;
  #isPolling = false;

  constructor(world: QueueWorld, settings: QueueSettings) {
    this.#world = world;
    this.#settings = settings;
  }

  send(body: string, delayMs = 0): void {
    const messageId = `${this.#settings.name}-${this.accepted.length + 1}`;
    const message = { messageId, body, receives: 0 };
    this.accepted.push(message);
    this.#world.journal.write(this.#world.timeline.nowMs, `${messageId} accepted`);
    if (!this.loses(body)) this.#put(message, delayMs);
  }

  /** A person sends everything back that died. */
  redrive(): void {
    for (const message of this.deadLetters.splice(0)) this.#put({ ...message, receives: 0 }, 0);
  }

  #put(message: QueueMessage, delayMs: number): void {
    const spreadMs = this.#settings.fifo ? 20 : this.#world.random.int(10, 900);
    this.#world.timeline.after(delayMs + spreadMs, () => {
      this.#waiting.push(message);
      this.#pumpSoon();
    });
  }

  /** What arrives meanwhile comes in the same batch. */
  #pumpSoon(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#world.timeline.after(this.#settings.fifo ? 0 : this.#world.random.int(0, 400), () => {
      this.#isPolling = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#settings.fifo && this.#busy) return;
    const { random, timeline } = this.#world;
    if (!this.#settings.fifo && this.#waiting.length > 1 && random.chance(0.3)) this.#waiting.reverse();
    const taken = this.#waiting.splice(0, random.int(1, BATCH_SIZE));
    const batch = taken.filter((message) => {
      message.receives += 1;
      if (message.receives <= MOST_RECEIVES) return true;
      this.deadLetters.push(message);
      this.#world.journal.write(timeline.nowMs, `${message.messageId} is dead`);
      return false;
    });
    if (batch.length === 0) {
      if (this.#waiting.length > 0) timeline.after(0, () => this.#pump());
      return;
    }
    this.#busy = this.#settings.fifo;
    this.#settings.deliver(batch, (end) => this.#ended(batch, end));
    if (this.#waiting.length > 0) timeline.after(1, () => this.#pump());
  }

  #ended(batch: readonly QueueMessage[], end: InvocationEnd): void {
    const { random, timeline } = this.#world;
    const back = end.kind === 'returned' ? batch.filter(({ messageId }) => failedIds(end.value).has(messageId)) : batch;
    for (const message of batch) {
      if (back.includes(message)) continue;
      // Deleted, and delivered once more for all that.
      if (!this.#settings.fifo && random.chance(this.#world.faults().messageDuplicated)) {
        this.#world.tally.add('message delivered twice');
        this.#put({ ...message }, random.int(0, 2 * VISIBILITY_MS));
      }
    }
    if (back.length > 0) {
      timeline.after(VISIBILITY_MS, () => {
        this.#waiting.push(...back);
        this.#busy = false;
        this.#pump();
      });
      return;
    }
    this.#busy = false;
    if (this.#waiting.length > 0) timeline.after(0, () => this.#pump());
  }
}

function failedIds(value: unknown): ReadonlySet<string> {
  const { batchItemFailures = [] } = (value ?? {}) as { batchItemFailures?: { itemIdentifier: string }[] };
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}
