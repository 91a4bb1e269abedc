/** The ledger: what was dropped, what was asked for, what ran and how it ended. One DynamoDB table. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createDrops, type Drops } from './drops.ts';
import { createGathers, type Gathers } from './gathers.ts';
import { createRequests, type Requests } from './requests.ts';
import { createSnapshots, type Snapshots } from './snapshots.ts';
import { createTable } from './table.ts';
import { createTokens, type Tokens } from './tokens.ts';

export interface Ledger {
  readonly drops: Drops;
  readonly gathers: Gathers;
  readonly requests: Requests;
  readonly tokens: Tokens;
  readonly snapshots: Snapshots;
}

export function createLedger(documents: DynamoDBDocumentClient, tableName: string): Ledger {
  const table = createTable(documents, tableName);
  return {
    drops: createDrops(table),
    gathers: createGathers(table),
    requests: createRequests(table),
    tokens: createTokens(table),
    snapshots: createSnapshots(table),
  };
}
