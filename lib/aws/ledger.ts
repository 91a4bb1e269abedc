import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createLedger, type Ledger } from '../ledger/ledger.ts';
import { config } from './config.ts';
import { traced } from './tracing.ts';

let ledgerOfFunction: Ledger | undefined;

/** The ledger that the function's environment names. */
export function ledger(): Ledger {
  ledgerOfFunction ??= createLedger(documentClient(), config().ledgerTable);
  return ledgerOfFunction;
}

let client: DynamoDBClient | undefined;

/** For all that a function keeps in DynamoDB: a second client would open a second connection. */
export function dynamoDbClient(): DynamoDBClient {
  client ??= traced(new DynamoDBClient({}));
  return client;
}

/** A document client that leaves undefined members out, as the ledger expects. */
export function documentClient(base = dynamoDbClient()): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(base, { marshallOptions: { removeUndefinedValues: true } });
}
