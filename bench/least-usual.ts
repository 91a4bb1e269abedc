/** The least that middy, Powertools and the SDK are used for: one client, one call, one line of log. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { GetRunCommand, OmicsClient } from '@aws-sdk/client-omics';
import middy from '@middy/core';

const logger = new Logger();
const omics = new OmicsClient({ disableHostPrefix: true });

export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler(async () => {
    const { status } = await omics.send(new GetRunCommand({ id: '1234567' }));
    logger.info('looked', { status });
    return { status };
  });
