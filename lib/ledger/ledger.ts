/** The ledger: what was dropped, what was asked for, what ran and how it ended. One DynamoDB table. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Acts, createActs } from './acts.ts';
import { type Counters, createCounters } from './counters.ts';
import { createDeletions, type Deletions } from './deletions.ts';
import { createDrops, type Drops } from './drops.ts';
import { createGate, type Gate } from './gate.ts';
import { createGathers, type Gathers } from './gathers.ts';
import { createRequests, type Requests } from './requests.ts';
import { createSnapshots, type Snapshots } from './snapshots.ts';
import { createSweeps, type Sweeps } from './sweeps.ts';
import { createTable, type Table } from './table.ts';
import { createTokens, type Tokens } from './tokens.ts';

export interface Ledger {
  readonly acts: Acts;
  readonly counters: Counters;
  readonly deletions: Deletions;
  readonly drops: Drops;
  readonly gate: Gate;
  readonly gathers: Gathers;
  readonly requests: Requests;
  readonly tokens: Tokens;
  readonly snapshots: Snapshots;
  readonly sweeps: Sweeps;
}

export function createLedger(documents: DynamoDBDocumentClient, tableName: string): Ledger {
  return ledgerOver(createTable(documents, tableName));
}

/** The ledger on any table that keeps the promises of `Table`. */
export function ledgerOver(table: Table): Ledger {
  return {
    acts: createActs(table),
    counters: createCounters(table),
    deletions: createDeletions(table),
    drops: createDrops(table),
    gate: createGate(table),
    gathers: createGathers(table),
    requests: createRequests(table),
    tokens: createTokens(table),
    snapshots: createSnapshots(table),
    sweeps: createSweeps(table),
  };
}
