import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import { type FauxqsQueue, type FauxqsSqs, isFauxqsError } from '../fauxqs-app.ts';
import type { Surroundings } from '../ports.ts';
import { keepFifoOrder } from './fifo-order.ts';
import { waitForMessages } from './long-poll.ts';
import { checkQueueName, checkRedrivePolicy } from './queue-rules.ts';

const NEVER = new AbortController().signal;

export type ActionName = keyof FauxqsSqs['actions'];

export interface Caller {
  /** The Host that the client used, so that the queue URLs it gets lead back here. */
  readonly host: string;
  readonly signal: AbortSignal;
}

const INSIDE: Caller = { host: 'localhost', signal: NEVER };

/** The queues of the account, with what fauxqs leaves to be checked or does otherwise than SQS. */
export class Queues {
  readonly #fauxqs: FauxqsSqs;
  readonly #surroundings: Surroundings;
  readonly #closing: AbortSignal;

  constructor(fauxqs: FauxqsSqs, surroundings: Surroundings, closing: AbortSignal) {
    this.#fauxqs = fauxqs;
    this.#surroundings = surroundings;
    this.#closing = closing;
    const { store } = fauxqs;
    store.host = '';
    store.region = surroundings.region;
    // There is one set of queues, whatever region a client signs for or writes into an ARN or a URL.
    store.getQueue = (url) => store.queuesByName.get(url.split('/').at(-1) ?? '');
    store.getQueueByArn = (arn) => store.queuesByName.get(arn.split(':').at(-1) ?? '');
    const createQueue = store.createQueue.bind(store);
    store.createQueue = (...parameters) => {
      const queue = createQueue(...parameters);
      if (queue.isFifo()) keepFifoOrder(queue);
      return queue;
    };
  }

  /** Runs one of fauxqs's actions, its errors as AwsError. */
  async call(name: ActionName, input: JsonObject, caller: Caller = INSIDE): Promise<JsonObject> {
    if (input.QueueUrl !== undefined && typeof input.QueueUrl !== 'string') {
      throw new AwsError('InvalidParameterValue', 'QueueUrl must be a string.');
    }
    try {
      return await this.#fauxqs.actions[name](input, this.#fauxqs.store, { headers: { host: caller.host } });
    } catch (error) {
      if (!isFauxqsError(error)) throw error;
      throw new AwsError(error.code, error.message, { statusCode: error.statusCode, cause: error });
    }
  }

  async createQueue(name: string, attributes: Readonly<Record<string, string>>): Promise<string> {
    await this.create({ QueueName: name, Attributes: { ...attributes } }, INSIDE);
    return this.byArn(name).arn;
  }

  create(input: JsonObject, caller: Caller): Promise<JsonObject> {
    checkQueueName(input.QueueName);
    const queueIsFifo = String(input.QueueName).endsWith('.fifo');
    checkRedrivePolicy(this.#fauxqs.store, { queueIsFifo, attributes: input.Attributes });
    return this.call('createQueue', input, caller);
  }

  setAttributes(input: JsonObject): Promise<JsonObject> {
    const queueIsFifo = this.#fauxqs.store.getQueue(String(input.QueueUrl))?.isFifo() ?? false;
    checkRedrivePolicy(this.#fauxqs.store, { queueIsFifo, attributes: input.Attributes });
    return this.call('setQueueAttributes', input);
  }

  /** @throws AwsError AWS.SimpleQueueService.NonExistentQueue */
  byArn(arn: string): {
    arn: string;
    call(name: ActionName, input: JsonObject): Promise<JsonObject>;
    receive(input: JsonObject): Promise<JsonObject>;
  } {
    const queue = this.#fauxqs.store.getQueueByArn(arn);
    if (queue === undefined) {
      throw new AwsError('AWS.SimpleQueueService.NonExistentQueue', `The queue ${arn} does not exist.`);
    }
    return {
      arn: queue.arn,
      call: async (name, input) => {
        const result = await this.call(name, { ...input, QueueUrl: queue.name });
        if (name === 'changeMessageVisibility') queue.notifyWaiters();
        return result;
      },
      receive: (input) => this.receive({ ...input, QueueUrl: queue.name }, INSIDE),
    };
  }

  /** Wakes who waits, because the time at which a message in flight is due again has changed. */
  wake(input: JsonObject): void {
    this.#fauxqs.store.getQueue(String(input.QueueUrl))?.notifyWaiters();
  }

  async receive(input: JsonObject, caller: Caller): Promise<JsonObject> {
    const { clock } = this.#surroundings;
    const first = await this.#take(input);
    const queue = this.#fauxqs.store.getQueue(String(input.QueueUrl));
    if (first.Messages !== undefined || queue === undefined) return first;
    const signal = AbortSignal.any([caller.signal, this.#closing]);
    const endMs = clock.nowMs() + waitSeconds(input, queue) * 1000;
    for (let leftMs = endMs - clock.nowMs(); leftMs > 0 && !signal.aborted; leftMs = endMs - clock.nowMs()) {
      await waitForMessages(queue, { waitMs: leftMs, clock, signal });
      if (signal.aborted) break;
      const result = await this.#take(input);
      if (result.Messages !== undefined) return result;
    }
    return {};
  }

  async #take(input: JsonObject): Promise<JsonObject> {
    const wait = input.WaitTimeSeconds;
    if (wait !== undefined && !(Number.isInteger(wait) && Number(wait) >= 0 && Number(wait) <= 20)) {
      throw new AwsError('InvalidParameterValue', 'WaitTimeSeconds must be a whole number from 0 to 20.');
    }
    const result = await this.call('receiveMessage', { ...input, WaitTimeSeconds: 0 });
    // Who waits computed the next due time without the messages that just went in flight.
    if (result.Messages !== undefined) this.wake(input);
    return result;
  }

  sourcesOf(input: JsonObject): FauxqsQueue[] {
    const target = this.#fauxqs.store.getQueue(String(input.QueueUrl));
    if (target === undefined) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return [...this.#fauxqs.store.queuesByName.values()].filter((queue) => {
      const policy = JSON.parse(queue.attributes.RedrivePolicy ?? '{}') as { deadLetterTargetArn?: string };
      const arn = policy.deadLetterTargetArn;
      return arn !== undefined && this.#fauxqs.store.getQueueByArn(arn) === target;
    });
  }
}

function waitSeconds(input: JsonObject, queue: FauxqsQueue): number {
  return Number(input.WaitTimeSeconds ?? queue.attributes.ReceiveMessageWaitTimeSeconds ?? 0);
}
