/** middy, Powertools and four clients of the SDK as everybody begins with them: a line of log, and one call of one client. */
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetRunCommand, OmicsClient, StartRunCommand, type StartRunCommandInput } from '@aws-sdk/client-omics';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';

const logger = new Logger();
const omics = new OmicsClient({ disableHostPrefix: true });
const sfn = new SFNClient();
const sqs = new SQSClient();
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'usual', awsSdkV3Client: new DynamoDBClient() });

const start = makeIdempotent((input: StartRunCommandInput) => omics.send(new StartRunCommand(input)), {
  persistenceStore,
  config: new IdempotencyConfig({ eventKeyJmesPath: 'requestId' }),
});

type UsualEvent =
  | { readonly run: StartRunCommandInput; readonly taskToken: string; readonly queue: string }
  | undefined;

export const handler = middy<UsualEvent>()
  .use(injectLambdaContext(logger))
  .handler(async (event) => {
    const { status } = await omics.send(new GetRunCommand({ id: '1234567' }));
    logger.info('looked', { status });
    if (event?.taskToken !== undefined) {
      const { id } = await start(event.run);
      await sqs.send(new SendMessageCommand({ QueueUrl: event.queue, MessageBody: String(id) }));
      await sfn.send(new SendTaskSuccessCommand({ taskToken: event.taskToken, output: '{}' }));
    }
    return { status };
  });
