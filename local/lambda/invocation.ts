/** One invocation in flight, as the host sees it. */
import type { Cancel, LambdaOutcome } from '../ports.ts';
import type { FunctionDefinition } from './function-definition.ts';

export interface InvocationResult {
  readonly outcome: LambdaOutcome;
  /** The last 4 KB of what the invocation logged, as X-Amz-Log-Result gives it. */
  readonly logTail: string;
}

const LOG_TAIL_BYTES = 4096;
/** Lines kept of an invocation's log: more than fit in the tail. */
const LOG_LINES = 512;

export class Invocation {
  readonly definition: FunctionDefinition;
  readonly requestId: string;
  readonly done: Promise<InvocationResult>;
  cancelTimeout: Cancel = () => undefined;
  readonly #startedMs: number;
  readonly #resolve: (result: InvocationResult) => void;
  readonly #lines: string[] = [];

  constructor(definition: FunctionDefinition, requestId: string, startedMs: number) {
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    this.definition = definition;
    this.requestId = requestId;
    this.done = promise;
    this.#resolve = resolve;
    this.#startedMs = startedMs;
  }

  log(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LOG_LINES) this.#lines.shift();
  }

  returned(payload: string, nowMs: number): void {
    this.#finish({ kind: 'returned', payload: JSON.parse(payload) as unknown }, nowMs);
  }

  threw(error: { errorType: string; errorMessage: string; trace?: readonly string[] }, nowMs: number): void {
    this.log(`${error.errorType}: ${error.errorMessage}`);
    this.#finish({ kind: 'threw', payload: error }, nowMs);
  }

  #finish(outcome: LambdaOutcome, nowMs: number): void {
    this.cancelTimeout();
    const id = `RequestId: ${this.requestId}`;
    const report = `REPORT ${id}\tDuration: ${nowMs - this.#startedMs} ms\tMemory Size: ${this.definition.memorySizeMb} MB`;
    const text = [`START ${id} Version: $LATEST`, ...this.#lines, `END ${id}`, report, ''].join('\n');
    this.#resolve({ outcome, logTail: Buffer.from(text).subarray(-LOG_TAIL_BYTES).toString('utf8') });
  }
}
