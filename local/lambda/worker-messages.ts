/** What the host and its worker thread say to each other. */

export interface InvokeMessage {
  readonly kind: 'invoke';
  readonly requestId: string;
  readonly handlerFile: string;
  readonly handlerExport: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memorySizeMb: number;
  readonly timeoutMs: number;
  /** JSON text. */
  readonly payload: string;
}

/** Asks whether the worker's event loop still turns. */
export interface PingMessage {
  readonly kind: 'ping';
}

export type ToWorker = InvokeMessage | PingMessage;

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

export type FromWorker =
  /** The handler is loaded and about to be called: the function's own time begins. */
  | { readonly kind: 'started'; readonly requestId: string }
  | { readonly kind: 'returned'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'threw'; readonly requestId: string; readonly error: FunctionError }
  | { readonly kind: 'log'; readonly requestId: string | undefined; readonly line: string }
  | { readonly kind: 'pong' };
