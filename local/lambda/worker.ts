/**
 * The inside of the worker thread that runs all functions: loads handlers, calls them, tells the host what came of it.
 * Invocations run side by side, so each has its own context in the invoke store that Powertools and the AWS SDK read
 * (AWS_LAMBDA_MAX_CONCURRENCY in the environment switches Powertools to it), as on Lambda's multi-concurrent runtimes.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { InvokeStore, InvokeStoreBase } from '@aws/lambda-invoke-store';
import { giveBackMemory } from '../spare-memory.ts';
import type { FromWorker, FunctionError, InvokeMessage, ToWorker } from './worker-messages.ts';

const AFTER_LOADING_MS = 5_000;

type Handler = (event: unknown, context: unknown) => unknown;

/** A failure that the runtime, not the function, speaks of. */
class RuntimeFailure extends Error {
  readonly errorType: string;

  constructor(errorType: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.errorType = errorType;
  }
}

const port = parentPort;
if (port === null) throw new Error('worker.ts is the inside of a worker thread; start it through the Lambda host.');

// Node has read it by now, and Lambda's runtime has no such variable.
delete process.env.NODE_COMPILE_CACHE;

const currentRequestId = new AsyncLocalStorage<string>();
const store = await InvokeStore.getInstanceAsync(true);
const handlers = new Map<string, Promise<Handler>>();
let lastLoad: Promise<unknown> = Promise.resolve();
/** Functions are loaded together when there is work, and a moment later there is time. */
const afterLoading = setTimeout(giveBackMemory, AFTER_LOADING_MS).unref();
/** For each output stream, what each invocation wrote after its last line break. */
const unendedLines: Array<Map<string | undefined, string>> = [];

captureOutput(process.stdout);
captureOutput(process.stderr);
port.on('message', (message: ToWorker) => {
  if (message.kind === 'ping') tell({ kind: 'pong' });
  else void run(message);
});

function tell(message: FromWorker): void {
  port?.postMessage(message);
}

async function run(message: InvokeMessage): Promise<void> {
  const { requestId } = message;
  try {
    const handler = await findHandler(message);
    tell({ kind: 'started', requestId });
    const result = await inContext(requestId, () => callHandler(handler, message));
    endLines(requestId);
    tell({ kind: 'returned', requestId, payload: marshal(result) });
  } catch (error) {
    endLines(requestId);
    tell({ kind: 'threw', requestId, error: describe(error) });
  }
}

function inContext<T>(requestId: string, action: () => T): T {
  const context = { [InvokeStoreBase.PROTECTED_KEYS.REQUEST_ID]: requestId };
  return currentRequestId.run(requestId, () => store.run(context, action));
}

async function callHandler(handler: Handler, message: InvokeMessage): Promise<unknown> {
  const event: unknown = JSON.parse(message.payload);
  setFunctionVariables(message);
  return await handler(event, contextOf(message));
}

/** All functions share the environment: these hold from here to the handler's first await, which is when they are read. */
function setFunctionVariables({ functionName, memorySizeMb }: InvokeMessage): void {
  process.env.AWS_LAMBDA_FUNCTION_NAME = functionName;
  process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE = String(memorySizeMb);
  process.env.AWS_LAMBDA_LOG_GROUP_NAME = `/aws/lambda/${functionName}`;
}

function contextOf(message: InvokeMessage) {
  const endMs = performance.now() + message.timeoutMs;
  return {
    awsRequestId: message.requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: message.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: String(message.memorySizeMb),
    logGroupName: `/aws/lambda/${message.functionName}`,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME ?? '',
    getRemainingTimeInMillis: () => Math.max(0, Math.round(endMs - performance.now())),
  };
}

/** A handler that could not be loaded is tried again by the next invocation, as a new sandbox would. */
function findHandler(message: InvokeMessage): Promise<Handler> {
  const key = `${message.handlerFile}#${message.handlerExport}`;
  const known = handlers.get(key);
  if (known !== undefined) return known;
  const loading = lastLoad.then(() => inContext(message.requestId, () => loadHandler(message)));
  lastLoad = loading.catch(() => undefined);
  handlers.set(key, loading);
  loading.catch(() => handlers.delete(key));
  return loading;
}

async function loadHandler(message: InvokeMessage): Promise<Handler> {
  setFunctionVariables(message);
  afterLoading.refresh();
  const exported = (await importFile(message.handlerFile))[message.handlerExport];
  if (typeof exported === 'function') return exported as Handler;
  throw new RuntimeFailure(
    'Runtime.HandlerNotFound',
    `${message.handlerExport} of ${message.handlerFile} is undefined or not exported`,
  );
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ERR_MODULE_NOT_FOUND') throw new RuntimeFailure('Runtime.ImportModuleError', String(error), error);
    if (error instanceof SyntaxError) throw new RuntimeFailure('Runtime.UserCodeSyntaxError', String(error), error);
    throw error;
  }
}

function marshal(result: unknown): string {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch (error) {
    throw new RuntimeFailure('Runtime.MarshalError', 'Unable to stringify response body', error);
  }
}

function describe(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  const errorType = error instanceof RuntimeFailure ? error.errorType : error.name;
  return { errorType, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

function endLines(requestId: string): void {
  for (const partial of unendedLines) {
    const line = partial.get(requestId);
    partial.delete(requestId);
    if (line !== undefined) tell({ kind: 'log', requestId, line });
  }
}

/** What functions print goes to the host line by line, with the invocation that printed it; nothing reaches the terminal. */
function captureOutput(stream: NodeJS.WriteStream): void {
  const partial = new Map<string | undefined, string>();
  unendedLines.push(partial);
  const write = (chunk: string | Uint8Array, encodingOrDone?: unknown, done?: unknown): boolean => {
    const requestId = currentRequestId.getStore();
    const text =
      (partial.get(requestId) ?? '') + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    if (rest === '') partial.delete(requestId);
    else partial.set(requestId, rest);
    for (const line of lines) tell({ kind: 'log', requestId, line });
    const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
    if (typeof callback === 'function') queueMicrotask(() => callback());
    return true;
  };
  stream.write = write as typeof stream.write;
}
