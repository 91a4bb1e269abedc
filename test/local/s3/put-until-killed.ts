/** Puts objects one after the other into the folder of the first argument, and prints a line for each acknowledged one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createFauxqsApp } from '../../../local/fauxqs-app.ts';
import { createS3 } from '../../../local/s3/s3.ts';
import { systemClock } from '../../../local/system-clock.ts';

const MOST_OBJECTS = 100_000;
const surroundings = {
  accountId: '000000000000',
  region: 'us-east-1',
  clock: systemClock,
  random: Math.random,
  dataDir: process.argv[2] ?? '',
  report: (line: string) => console.error(line),
};
const s3 = createS3(surroundings, { app: createFauxqsApp(), events: { put: async () => {} } });
await s3.createBucket('acme-incoming');
const server = createServer((request, response) => void s3.handle(request, response));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const client = new S3Client({
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
});
for (let index = 0; index < MOST_OBJECTS; index++) {
  await client.send(new PutObjectCommand({ Bucket: 'acme-incoming', Key: `key-${index}`, Body: `body ${index}` }));
  process.stdout.write(`key-${index}\n`);
}
