import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { PortInUseError, startGateway } from '../../../local/gateway/gateway.ts';
import { readBody } from '../../../local/http-body.ts';
import type { LocalService } from '../../../local/ports.ts';
import { behindGateway, clientSettings, testSurroundings } from './behind-gateway.ts';

/** A service that says its own name and what it was asked. */
function echo(name: string): LocalService {
  return {
    signingNames: [name],
    async handle(request, response) {
      const body = await readBody(request, 1024 * 1024);
      response.end(JSON.stringify({ name, method: request.method, url: request.url, bytes: body.length }));
    },
    close: async () => {},
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(
  port: number,
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: string },
) {
  return new Promise<Answer>((resolve, reject) => {
    const { path = '/', method = 'GET', headers = {} } = options;
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.on('error', reject);
    request.end(options.body);
  });
}

/** Sends raw bytes and gives everything that comes back until the server ends the connection. */
function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

const signed = (name: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=laptop/20260101/us-east-1/${name}/aws4_request, SignedHeaders=host, Signature=0`,
});

test('hands a request to the service that its signature names', async () => {
  const gateway = await behindGateway(testSurroundings(), [echo('s3'), echo('states'), echo('omics')]);
  expect(JSON.parse((await ask(gateway.port, { headers: signed('states') })).body)).toMatchObject({ name: 'states' });
  expect(JSON.parse((await ask(gateway.port, { path: '/run', headers: signed('omics') })).body)).toEqual({
    name: 'omics',
    method: 'GET',
    url: '/run',
    bytes: 0,
  });
});

test('reads the service from SigV4a signatures and from presigned URLs, and takes unsigned requests for S3', async () => {
  const gateway = await behindGateway(testSurroundings(), [echo('s3'), echo('states')]);
  const sigv4a =
    'AWS4-ECDSA-P256-SHA256 Credential=laptop/20260101/states/aws4_request, SignedHeaders=host, Signature=0';
  expect((await ask(gateway.port, { headers: { authorization: sigv4a } })).body).toContain('"name":"states"');
  const path =
    '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=laptop%2F20260101%2Feu-west-1%2Fstates%2Faws4_request';
  expect((await ask(gateway.port, { path })).body).toContain('"name":"states"');
  expect((await ask(gateway.port, { path: '/bucket/key' })).body).toContain('"name":"s3"');
});

test('lists its services under /_rundrop/health', async () => {
  const gateway = await behindGateway(testSurroundings(), [echo('s3'), echo('states')]);
  const answer = await ask(gateway.port, { path: '/_rundrop/health' });
  expect(JSON.parse(answer.body)).toEqual({
    status: 'running',
    services: { s3: 'running', states: 'running', sts: 'running' },
  });
});

test.each([
  '127.0.0.1:4566',
  'localhost',
  'LOCALHOST:80',
  '[::1]:4566',
  'bucket.localhost:1',
  'workflows-127.0.0.1:4566',
])('serves the loopback name %s', async (host) => {
  const gateway = await behindGateway(testSurroundings(), [echo('s3')]);
  expect((await ask(gateway.port, { headers: { host } })).status).toBe(200);
});

test.each([
  'attacker.example',
  '127.0.0.1.attacker.example',
  'localhost.attacker.example',
  '10.0.0.1',
  '[::2]',
  '0.0.0.0',
])('refuses the Host %s, as DNS rebinding would send it', async (host) => {
  const gateway = await behindGateway(testSurroundings(), [echo('s3')]);
  const answer = await ask(gateway.port, { headers: { host } });
  expect(answer.status).toBe(403);
  expect(answer.body).toContain(host);
});

test('refuses what a web page of another site sends', async () => {
  const gateway = await behindGateway(testSurroundings(), [echo('s3')]);
  const status = async (headers: Record<string, string>) => (await ask(gateway.port, { headers })).status;
  expect(await status({ origin: 'https://attacker.example' })).toBe(403);
  expect(await status({ origin: 'null' })).toBe(403);
  expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await status({ origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' })).toBe(200);
});

test('names a service that is not there in the protocol of the client that asks', async () => {
  const gateway = await behindGateway(testSurroundings(), [echo('omics')]);
  const dynamodb = new DynamoDBClient(clientSettings(gateway));
  const expected = { name: 'NotImplemented', message: expect.stringContaining('The service dynamodb is not part of') };
  await expect(dynamodb.send(new ListTablesCommand({}))).rejects.toMatchObject(expected);
  const lambda = new LambdaClient(clientSettings(gateway));
  await expect(lambda.send(new ListFunctionsCommand({}))).rejects.toMatchObject({
    name: 'NotImplemented',
    message: expect.stringContaining('The service lambda is not part of'),
  });
  const s3 = new S3Client(clientSettings(gateway));
  await expect(s3.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: 'NotImplemented' });
  const form = { ...signed('iam'), 'content-type': 'application/x-www-form-urlencoded' };
  const query = await ask(gateway.port, { method: 'POST', headers: form, body: 'Action=ListRoles' });
  expect(query.body).toContain('<ErrorResponse><Error><Type>Sender</Type><Code>NotImplemented</Code>');
  const ec2 = await ask(gateway.port, { method: 'POST', headers: { ...form, ...signed('ec2') }, body: 'Action=X' });
  expect(ec2.body).toContain('<Response><Errors><Error><Code>NotImplemented</Code>');
  const cbor = await ask(gateway.port, {
    method: 'POST',
    headers: { ...signed('monitoring'), 'smithy-protocol': 'rpc-v2-cbor' },
  });
  expect(cbor.headers['content-type']).toBe('application/cbor');
  expect(cbor.body).toContain('The service monitoring is not part of');
});

test('says who is asking through STS, and which STS action it does not have', async () => {
  const gateway = await behindGateway(testSurroundings(), []);
  const headers = { ...signed('sts'), 'content-type': 'application/x-www-form-urlencoded' };
  const identity = await ask(gateway.port, {
    method: 'POST',
    headers,
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  });
  expect(identity.body).toContain('<Account>000000000000</Account>');
  const other = await ask(gateway.port, { method: 'POST', headers, body: 'Action=AssumeRole' });
  expect(other.status).toBe(400);
  expect(other.body).toContain('The action AssumeRole is not offered by STS');
});

test('answers InternalFailure and reports it when a service throws or leaves a request unanswered', async () => {
  const surroundings = testSurroundings();
  const broken: LocalService = {
    ...echo('states'),
    async handle() {
      throw new TypeError('a fault of the service');
    },
  };
  const silent: LocalService = { ...echo('events'), handle: async () => {} };
  const gateway = await behindGateway(surroundings, [broken, silent]);
  const answer = await ask(gateway.port, {
    method: 'POST',
    headers: { ...signed('states'), 'x-amz-target': 'A.B' },
    body: '{}',
  });
  expect(answer.status).toBe(500);
  expect(JSON.parse(answer.body)).toMatchObject({ __type: 'InternalFailure' });
  expect(surroundings.reported.join()).toContain('a fault of the service');
  expect((await ask(gateway.port, { headers: signed('events') })).status).toBe(500);
});

test('refuses a body beyond what the service takes, before it is sent', async () => {
  const gateway = await behindGateway(testSurroundings(), [echo('s3'), echo('states')]);
  const answer = await sendRaw(
    gateway.port,
    `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\nAuthorization: ${signed('states').authorization}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
});

test('answers or closes a malformed request, an oversize header and too many headers, and serves the next request', async () => {
  const gateway = await behindGateway(testSurroundings(), [echo('s3')]);
  expect(await sendRaw(gateway.port, 'THIS IS NOT HTTP\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
  expect(
    await sendRaw(
      gateway.port,
      'GET http://attacker.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ),
  ).toMatch(/^HTTP\/1.1 400 /);
  const large = `GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(64 * 1024)}\r\n\r\n`;
  expect(await sendRaw(gateway.port, large)).toMatch(/^HTTP\/1.1 431 /);
  const many = Array.from({ length: 300 }, (_, index) => `X-${index}: 1\r\n`).join('');
  expect(await sendRaw(gateway.port, `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${many}\r\n`)).toMatch(
    /^HTTP\/1.1 431 /,
  );
  expect(await sendRaw(gateway.port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
  expect((await ask(gateway.port, {})).status).toBe(200);
});

test('survives a client that leaves in the middle of a body', async () => {
  const surroundings = testSurroundings();
  const gateway = await behindGateway(surroundings, [echo('s3')]);
  const socket = connect(gateway.port, '127.0.0.1');
  const started = new Promise((resolve) => socket.on('connect', resolve));
  await started;
  socket.write('PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf');
  socket.destroy();
  expect((await ask(gateway.port, {})).status).toBe(200);
  expect(surroundings.reported).toEqual([]);
});

test('names the port when another process has it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const starting = startGateway({ port, services: [], surroundings: testSurroundings() });
  await expect(starting).rejects.toSatisfy((error) => error instanceof PortInUseError && error.port === port);
});

test('ends idle connections and requests that hang when it closes', async () => {
  let asked = () => {};
  const reached = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const hanging: LocalService = {
    ...echo('sqs'),
    handle: (_request, response) => {
      asked();
      return new Promise((resolve) => response.once('close', resolve));
    },
  };
  const gateway = await startGateway({ port: 0, services: [hanging, echo('s3')], surroundings: testSurroundings() });
  const idle = sendRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const poll = sendRaw(
    gateway.port,
    `GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${signed('sqs').authorization}\r\n\r\n`,
  );
  await reached;
  await gateway.close();
  expect(await idle).toMatch(/^HTTP\/1.1 200 /);
  expect(await poll).toBe('');
});
