/**
 * What a function did, as parts of its trace in X-Ray: the setting `tracing` being `detailed`. The code for it is larger
 * than half a function, so it is loaded by the first invocation of those who asked for it, and by no other.
 */
import type { MiddlewareObj } from '@middy/core';
import { tracesInDetail } from './config.ts';

/** Ids of ours that say nothing. */
export type OpaqueIds = Readonly<Record<string, string | number>>;

export interface Tracing {
  /** Opens and closes the part of the trace that is the handler. */
  readonly handler: MiddlewareObj;
  annotate(ids: OpaqueIds): void;
  /** The client itself, each of whose calls becomes a part of the trace. */
  capture<Client extends object>(client: Client): Client;
}

let tracing: Tracing | undefined;

/** A middleware that does nothing where nobody asked for details. */
export function traceHandler(): MiddlewareObj {
  return {
    before: async (request) => {
      if (!tracesInDetail()) return;
      tracing ??= (await import('./detailed-tracing.ts')).createTracing();
      await tracing.handler.before?.(request);
    },
    after: (request) => tracing?.handler.after?.(request),
    onError: (request) => tracing?.handler.onError?.(request),
  };
}

/** Ids by which the invocation's trace can be searched for. */
export function annotate(ids: OpaqueIds): void {
  tracing?.annotate(ids);
}

/** For each client of a function where it is made, which is within an invocation. */
export function traced<Client extends object>(client: Client): Client {
  return tracing?.capture(client) ?? client;
}
