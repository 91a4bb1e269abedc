import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { documentClient } from '../../lib/aws/ledger.ts';
import { createLedger, type Ledger } from '../../lib/ledger/ledger.ts';
import { createTable, type Table } from '../../lib/ledger/table.ts';
import { createDynamodb } from '../../local/dynamodb/dynamodb.ts';
import { serve, testSurroundings } from './service-server.ts';

const TABLE_NAME = 'ledger';

/** The table as serverless.yml deploys it; a drift between the two fails the end-to-end tests. */
export const LEDGER_TABLE = {
  TableName: TABLE_NAME,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: ['pk', 'sk', 'open', 'openSince', 'line', 'lineOrder', 'listed', 'listedAt'].map(
    (AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    }),
  ),
  KeySchema: keys('pk', 'sk'),
  GlobalSecondaryIndexes: [
    { IndexName: 'open', KeySchema: keys('open', 'openSince'), Projection: { ProjectionType: 'ALL' } },
    {
      IndexName: 'line',
      KeySchema: keys('line', 'lineOrder'),
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['lineMode', 'reason', 'onQuota'] },
    },
    { IndexName: 'listed', KeySchema: keys('listed', 'listedAt'), Projection: { ProjectionType: 'ALL' } },
  ],
};

function keys(hash: string, range: string) {
  return [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ];
}

/** An empty ledger on a DynamoDB of its own. */
export async function realLedger(): Promise<{ ledger: Ledger; table: Table; stop(): Promise<void> }> {
  const dynamodb = createDynamodb(testSurroundings());
  await dynamodb.createTable(LEDGER_TABLE, { timeToLiveAttribute: 'expiresAt' });
  const served = await serve(dynamodb);
  const documents = documentClient(new DynamoDBClient(served.client));
  const ledger = createLedger(documents, TABLE_NAME);
  return { ledger, table: createTable(documents, TABLE_NAME), stop: () => served.stop() };
}
