/**
 * The worker thread that runs every function: started by the first invocation, kept warm, replaced when it dies.
 * On AWS an invocation that times out takes its sandbox with it. Here it is abandoned instead, because others run in the
 * same thread: it goes on, its answer is dropped, and what it does later still happens. Only when it blocks the thread's
 * event loop as well is the worker ended, with all that runs in it.
 */
import { randomUUID } from 'node:crypto';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { AwsError } from '../aws-error.ts';
import type { Cancel, Surroundings } from '../ports.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { Invocation, type InvocationResult } from './invocation.ts';
import type { FromWorker, InvokeMessage, ToWorker } from './worker-messages.ts';

export interface SandboxOptions {
  /** Read when a worker starts. */
  readonly environment: () => Record<string, string>;
  readonly memoryLimitMb: number;
  /** One line that a function printed; the name is unknown for what is printed outside an invocation. */
  readonly log: (functionName: string | undefined, line: string) => void;
  readonly functionArn: (name: string) => string;
}

/** How long a worker may owe a pong after a timeout before it counts as blocked. */
const PONG_LIMIT_MS = 2_000;
const CLOSE_LIMIT_MS = 1_000;
/** For starting the worker and loading a handler, which on AWS is not part of the function's own timeout either. */
const INIT_LIMIT_SECONDS = 30;
/** Functions live from call to call on little that is new; more room would only be filled with garbage. */
const YOUNG_GENERATION_MB = 3;

export class FunctionSandbox {
  readonly #surroundings: Surroundings;
  readonly #options: SandboxOptions;
  readonly #running = new Map<string, Invocation>();
  #worker: Worker | undefined;
  #cancelPong: Cancel | undefined;
  #closed = false;

  constructor(surroundings: Surroundings, options: SandboxOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
  }

  /** Never rejects for what the function does; @throws AwsError ServiceException once closed. */
  async invoke(definition: FunctionDefinition, payload: string): Promise<InvocationResult> {
    if (this.#closed) throw new AwsError('ServiceException', 'Lambda is closing.', { statusCode: 500 });
    const { clock } = this.#surroundings;
    const invocation = new Invocation(definition, randomUUID(), clock.nowMs());
    this.#running.set(invocation.requestId, invocation);
    this.#limit(invocation, INIT_LIMIT_SECONDS, 'Init phase');
    const message: InvokeMessage = {
      kind: 'invoke',
      requestId: invocation.requestId,
      handlerFile: definition.handlerFile,
      handlerExport: definition.handlerExport,
      functionName: definition.name,
      functionArn: this.#options.functionArn(definition.name),
      memorySizeMb: definition.memorySizeMb,
      timeoutMs: definition.timeoutSeconds * 1000,
      payload,
    };
    this.#post(message);
    return await invocation.done;
  }

  /** Lets running invocations end, for a second at most, then ends the worker. */
  async close(): Promise<void> {
    this.#closed = true;
    const { promise: limit, resolve } = Promise.withResolvers<void>();
    const cancel = this.#surroundings.clock.after(CLOSE_LIMIT_MS, resolve);
    await Promise.race([Promise.all([...this.#running.values()].map(({ done }) => done)), limit]);
    cancel();
    this.#cancelPong?.();
    await this.#worker?.terminate();
  }

  #post(message: ToWorker): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      env: { ...this.#options.environment(), ...compileCache() },
      execArgv: [],
      stdout: true,
      stderr: true,
      name: 'lambda',
      resourceLimits: {
        maxOldGenerationSizeMb: this.#options.memoryLimitMb,
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      },
    });
    worker.unref();
    for (const stream of [worker.stdout, worker.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#options.log(undefined, line));
    }
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.on('error', (error: Error) => this.#options.log(undefined, error.stack ?? String(error)));
    worker.on('exit', (code) => this.#afterExit(worker, code));
    return worker;
  }

  #hear(message: FromWorker): void {
    if (message.kind === 'pong') {
      this.#cancelPong?.();
      this.#cancelPong = undefined;
      return;
    }
    const invocation = message.requestId === undefined ? undefined : this.#running.get(message.requestId);
    if (message.kind === 'log') {
      invocation?.log(message.line);
      this.#options.log(invocation?.definition.name, message.line);
    } else if (message.kind === 'started') {
      if (invocation !== undefined) this.#limit(invocation, invocation.definition.timeoutSeconds, 'Task');
    } else if (invocation !== undefined) {
      this.#running.delete(invocation.requestId);
      const nowMs = this.#surroundings.clock.nowMs();
      if (message.kind === 'returned') invocation.returned(message.payload, nowMs);
      else invocation.threw(message.error, nowMs);
    }
  }

  #limit(invocation: Invocation, seconds: number, phase: string): void {
    invocation.cancelTimeout();
    const errorMessage = `RequestId: ${invocation.requestId} Error: ${phase} timed out after ${seconds.toFixed(2)} seconds`;
    invocation.cancelTimeout = this.#surroundings.clock.after(seconds * 1000, () =>
      this.#timeOut(invocation, errorMessage),
    );
  }

  #timeOut(invocation: Invocation, errorMessage: string): void {
    this.#running.delete(invocation.requestId);
    invocation.threw({ errorType: 'Sandbox.Timedout', errorMessage }, this.#surroundings.clock.nowMs());
    if (this.#cancelPong !== undefined) return;
    const worker = this.#worker;
    this.#cancelPong = this.#surroundings.clock.after(PONG_LIMIT_MS, () => void worker?.terminate());
    this.#post({ kind: 'ping' });
  }

  #afterExit(worker: Worker, code: number): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#cancelPong?.();
    this.#cancelPong = undefined;
    const failed = [...this.#running.values()];
    this.#running.clear();
    for (const invocation of failed) {
      invocation.threw(
        {
          errorType: 'Runtime.ExitError',
          errorMessage: `RequestId: ${invocation.requestId} Error: Runtime exited with error: exit status ${code}`,
        },
        this.#surroundings.clock.nowMs(),
      );
    }
  }
}

/**
 * A worker shares the compile cache of this process only when its environment names the folder at its start. It spares
 * the second and every later laptop AWS the compiling of each function's TypeScript, and 35 MB for the compiler.
 */
function compileCache(): Record<string, string> {
  const folder = getCompileCacheDir();
  // Within the folder that was asked for, each version of Node has one of its own.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
