import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startXRayDaemon, type XRayDaemon } from './xray-daemon.ts';

const context = { functionName: 'rundrop-dev-watch-run', awsRequestId: 'r-1' } as Context;
const KEY = 'cram/SYN-1.cram';
const EVENT = { request: 'abc', attempt: 2, executionName: 'w1', key: KEY };
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

let daemon: XRayDaemon;
let server: Server;
let asked: string[];

beforeAll(async () => {
  daemon = await startXRayDaemon();
  // As S3 refuses: with the object in the message.
  server = createServer((request, response) => {
    asked.push(String(request.headers['x-amzn-trace-id']));
    const refused = request.url?.includes('refused') ?? false;
    const message = `<Error><Code>AccessDenied</Code><Message>not authorized: ${KEY}\n at ${KEY}</Message></Error>`;
    response.writeHead(refused ? 403 : 200, { 'content-type': 'application/xml' }).end(refused ? message : KEY);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_XRAY_DAEMON_ADDRESS', daemon.address);
  vi.stubEnv('AWS_EXECUTION_ENV', 'AWS_Lambda_nodejs24.x');
  vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand');
  vi.stubEnv('LAMBDA_TASK_ROOT', '/var/task');
  vi.stubEnv('_HANDLER', 'functions/on-drop.handler');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'rundrop-dev');
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockImplementation(() => {});
});
afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  server?.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await daemon?.stop();
});

let invocations = 0;
let traceId: string;
beforeEach(() => {
  asked = [];
  invocations += 1;
  traceId = `1-5759e988-${String(invocations).padStart(24, '0')}`;
  vi.stubEnv('_X_AMZN_TRACE_ID', `Root=${traceId};Parent=557abcec3ee5a047;Sampled=1`);
  vi.stubEnv('RUNDROP_TRACING', 'detailed');
});

/** A function that reads one object. */
async function invoke(key: string, then: () => void = () => {}): Promise<void> {
  const { edge } = await import('../../../lib/aws/edge.ts');
  const { traced } = await import('../../../lib/aws/tracing.ts');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const handler = edge<unknown, { key: string }>(async () => {
    const s3 = traced(new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true }));
    await s3.send(new GetObjectCommand({ Bucket: 'incoming', Key: key }));
    then();
    return { key };
  });
  await handler(EVENT, context);
}

const ofThisInvocation = () => daemon.sent.filter(({ trace_id }) => trace_id === traceId);
const closed = (count: number) => vi.waitFor(() => expect(ofThisInvocation()).toHaveLength(count));
const part = (name: string) => ofThisInvocation().find((each) => each.name === name);

describe('a detailed trace', () => {
  it('has the handler with opaque ids, and under it each call', async () => {
    await invoke(KEY);
    await closed(2);
    const handler = part('## functions/on-drop.handler');
    expect(handler?.annotations).toEqual({
      ColdStart: true,
      Service: 'rundrop-dev',
      request: 'abc',
      attempt: 2,
      execution: 'w1',
    });
    expect(handler?.parent_id).toBe('557abcec3ee5a047');
    expect(part('S3')).toMatchObject({
      parent_id: handler?.id,
      aws: { operation: 'GetObject', region: 'us-east-1' },
      http: { response: { status: 200 } },
    });
    expect(asked).toEqual([`Root=${traceId};Parent=${part('S3')?.id};Sampled=1`]);
  });

  it("names a call's error and leaves it to the caller as it was", async () => {
    await expect(invoke(`refused/${KEY}`)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(KEY),
      $metadata: { httpStatusCode: 403 },
    });
    await closed(2);
    for (const name of ['S3', '## functions/on-drop.handler'])
      expect(part(name)?.cause?.exceptions, name).toMatchObject([{ type: 'AccessDenied', message: '' }]);
  });

  it("names the function's own error", async () => {
    const failing = invoke(KEY, () => {
      throw new TypeError(`${KEY} is wrong\n    at ${KEY} (${KEY}:1:1)`);
    });
    await expect(failing).rejects.toThrow(KEY);
    await closed(2);
    expect(part('## functions/on-drop.handler')).toMatchObject({ fault: true, annotations: { ColdStart: false } });
    expect(part('## functions/on-drop.handler')?.cause?.exceptions).toMatchObject([{ type: 'TypeError' }]);
  });

  it('has no key in any of this', () => {
    expect(daemon.texts.length).toBeGreaterThanOrEqual(6);
    expect(daemon.texts.join('\n')).not.toContain('SYN-1');
  });
});

describe('a trace without details', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['nobody asked for them', { RUNDROP_TRACING: 'true' }],
    ['there is no daemon, as on a laptop', { AWS_XRAY_DAEMON_ADDRESS: '' }],
  ])('has nothing of what the function did when %s', async (_, environment) => {
    vi.resetModules();
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    await invoke(KEY);
    expect(asked).toEqual(['undefined']);
  });
});
