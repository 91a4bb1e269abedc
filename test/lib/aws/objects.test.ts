/** What S3's refusals mean, from a server that answers as S3 does: a HEAD's errors have a status and no body. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createObjects } from '../../../lib/aws/objects.ts';
import { ObjectForbidden } from '../../../lib/lifecycle/object-forbidden.ts';

const BODY = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';

let status = 403;
let server: Server;
let s3: S3Client;
beforeAll(async () => {
  server = createServer(({ method }, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' }).end(method === 'HEAD' ? undefined : BODY);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  s3 = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  s3.destroy();
  await new Promise((resolve) => server.close(resolve));
});

it('tells an object that may not be looked at from one that is not there, and from a service that is ill', async () => {
  const object = { bucket: 'in', key: 'a.cram' };
  const { head, tags } = createObjects(s3);
  status = 403;
  await expect(head(object)).rejects.toThrow(ObjectForbidden);
  await expect(tags(object)).rejects.toThrow(ObjectForbidden);
  status = 404;
  expect(await head(object)).toBeUndefined();
  status = 500;
  await expect(head(object)).rejects.not.toThrow(ObjectForbidden);
});
