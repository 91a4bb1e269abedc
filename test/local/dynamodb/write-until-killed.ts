/** Puts items one after the other into the folder of the first argument, and prints a line for each acknowledged one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createDynamodb } from '../../../local/dynamodb/dynamodb.ts';
import { systemClock } from '../../../local/system-clock.ts';

const MOST_ITEMS = 100_000;
const dataDir = process.argv[2] ?? '';
const dynamodb = createDynamodb({
  accountId: '000000000000',
  region: 'us-east-1',
  clock: systemClock,
  random: Math.random,
  dataDir,
  report: (line) => console.error(line),
});
const server = createServer((request, response) => void dynamodb.handle(request, response));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
await dynamodb.createTable({
  TableName: 'ledger',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
});
const client = new DynamoDBClient({
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  region: 'us-east-1',
  credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
});
for (let index = 0; index < MOST_ITEMS; index++) {
  await client.send(new PutItemCommand({ TableName: 'ledger', Item: { pk: { S: `item-${index}` } } }));
  process.stdout.write(`item-${index}\n`);
}
