/**
 * Powertools' tracer, and the X-Ray SDK under it, kept from writing what names a sample. By themselves they write the keys
 * of S3 objects, the URLs of HTTP calls, results, and messages of errors, in which AWS repeats keys and parameters.
 */
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { MiddlewareObj } from '@middy/core';
import xray from 'aws-xray-sdk-core';
import type { OpaqueIds, Tracing } from './tracing.ts';

export function createTracing(): Tracing {
  // A call has its service, operation, region, status and AWS's request id, and nothing of its input or output.
  xray.setAWSWhitelist({ services: {} });
  // Calls by HTTP would be there twice, and with the path, which for S3 is the key.
  const tracer = new Tracer({ captureHTTPsRequests: false });
  return {
    handler: handlerOf(tracer),
    annotate(ids: OpaqueIds) {
      for (const [name, value] of Object.entries(ids)) tracer.putAnnotation(name, value);
    },
    capture(client) {
      withNamesOfErrors(client as unknown as Pick<SQSClient, 'middlewareStack'>);
      return tracer.captureAWSv3Client(client);
    },
  };
}

function handlerOf(tracer: Tracer): MiddlewareObj {
  const { before, after, onError } = captureLambdaHandler(tracer, { captureResponse: false });
  return {
    before: (request) => before?.(request),
    after: (request) => after?.(request),
    onError: (request) => onError?.({ ...request, error: new OnlyName(request.error) }),
  };
}

/** Stands for an error where it is traced: under its name, with the status by which X-Ray tells throttling, and no message. */
class OnlyName extends Error {
  readonly original: unknown;
  readonly $metadata: unknown;
  readonly $retryable: unknown;
  constructor(original: unknown) {
    super('');
    const { name, $metadata, $retryable } = (original ?? {}) as Readonly<Record<string, unknown>>;
    this.name = typeof name === 'string' ? name : 'unknown';
    // The first line of a stack is the message, and a message may have several.
    this.stack = this.name;
    this.original = original;
    this.$metadata = $metadata;
    this.$retryable = $retryable;
  }
}

/** Around X-Ray's own middleware, which is of step `build` too: inside it only the name is known, outside the error is itself. */
function withNamesOfErrors({ middlewareStack }: Pick<SQSClient, 'middlewareStack'>): void {
  middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw error instanceof OnlyName ? error.original : error;
      }
    },
    { name: 'rundropErrorsAreThemselves', step: 'build', priority: 'high' },
  );
  middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw new OnlyName(error);
      }
    },
    { name: 'rundropErrorsHaveNames', step: 'build', priority: 'low' },
  );
}
