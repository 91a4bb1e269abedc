/** Where Lambda ends and Rundrop begins: the only module with middy and the Powertools logger. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { errorName } from '../lifecycle/error-name.ts';
import type { Clock, Log } from '../lifecycle/ports.ts';
import { annotate, traceHandler } from './tracing.ts';

const logger = new Logger();

/** Never whole events or errors' inputs: they name samples. */
export const log: Log = {
  info: (message, fields) => logger.info(message, { ...fields }),
  warn: (message, fields) => logger.warn(message, { ...fields }),
  error: (message, fields) => logger.error(message, { ...fields }),
};

export const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** What ties the lines of a state's invocation together, and its trace to them: ids of ours and of Step Functions', which say nothing. */
function correlationOf(event: unknown): Readonly<Record<string, string | number>> {
  const { request, attempt, executionName } = (event ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...(typeof request === 'string' ? { request } : {}),
    ...(typeof attempt === 'number' ? { attempt } : {}),
    ...(typeof executionName === 'string' ? { execution: executionName } : {}),
  };
}

/** A Lambda handler around one function of ours: correlation ids in every log line, errors logged by name and rethrown. */
export function edge<E, R>(take: (event: E, context: Context) => Promise<R>) {
  return middy<E, R>()
    .use(injectLambdaContext(logger, { logEvent: false, resetKeys: true }))
    .use(traceHandler())
    .onError(async ({ error }) => {
      logger.error('the invocation failed', { error: errorName(error) });
    })
    .handler((event: E, context: Context) => {
      const ids = correlationOf(event);
      logger.appendKeys(ids);
      annotate(ids);
      return take(event, context);
    });
}
