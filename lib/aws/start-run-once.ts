/** Powertools' idempotency around StartRun, and around nothing else: a second guard beside the requestId itself. */

import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { Context } from 'aws-lambda';
import type { StartRunInput } from '../runs/start-run-input.ts';
import type { StartedRun } from '../runs/transitions.ts';
import { config } from './config.ts';
import { dynamoDbClient } from './ledger.ts';
import { type SendStartRun, sendStartRun } from './runs.ts';

type JSONValue = string | number | boolean | null | JSONValue[] | { [name: string]: JSONValue };

/** A day: longer than EventBridge retries, and the ledger decides in any case. */
const EXPIRES_AFTER_SECONDS = 24 * 3600;

/** Keyed by requestId. A StartRun in another invocation that has not ended yet rejects, which counts as "later". */
export function startRunOnce(context: Context): SendStartRun {
  const idempotency = new IdempotencyConfig({
    eventKeyJmesPath: 'requestId',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: EXPIRES_AFTER_SECONDS,
    lambdaContext: context,
  });
  const once = makeIdempotent(
    async (input: JSONValue) => (await sendStartRun(input as StartRunInput)) as unknown as JSONValue,
    {
      persistenceStore: persistence(),
      config: idempotency,
    },
  );
  return async (input) => (await once(input as JSONValue)) as unknown as StartedRun;
}

let layer: DynamoDBPersistenceLayer | undefined;

function persistence(): DynamoDBPersistenceLayer {
  layer ??= new DynamoDBPersistenceLayer({
    tableName: config().idempotencyTable,
    awsSdkV3Client: dynamoDbClient(),
  });
  return layer;
}
