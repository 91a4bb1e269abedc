/**
 * The least of AWS that a function's first call needs: an endpoint that answers every service, keeps the ledger's items
 * as they are put, and checks nothing. What it is asked is kept too.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;
/** Items by table, partition key and sort key, in DynamoDB's own JSON. */
export type StubItems = ReadonlyMap<string, Json>;

export interface AwsStub {
  readonly endpoint: string;
  items: StubItems;
  /** What the run is said to be: null as long as none was started. */
  run: Json | null;
  /** The members of the last StartExecution. */
  readonly started: Json[];
  /** Operations in the order in which they came. */
  readonly operations: string[];
  stop(): Promise<void>;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly target: string;
  readonly body: string;
}

export const RUN_UUID = '0a1b2c3d-0000-4000-8000-000000000001';

export async function startAwsStub(): Promise<AwsStub> {
  const server = createServer((request, response) => {
    void read(request).then((asked) => {
      const { status = 200, headers = {}, body = '' } = answer(stub, asked);
      response.writeHead(status, headers).end(asked.method === 'HEAD' ? undefined : body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stub: AwsStub = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    items: new Map(),
    run: null,
    started: [],
    operations: [],
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return stub;
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stub');
  return {
    method: request.method ?? 'GET',
    path: pathname,
    query: searchParams,
    target: String(request.headers['x-amz-target'] ?? ''),
    body: Buffer.concat(chunks).toString(),
  };
}

function answer(stub: AwsStub, asked: Asked): Answer {
  const [service = '', operation] = asked.target.split('.');
  stub.operations.push(operation ?? (asked.body.startsWith('Action=') ? 'Publish' : `${asked.method} ${asked.path}`));
  if (operation === undefined) return asked.body.startsWith('Action=') ? publish() : rest(stub, asked);
  const input = JSON.parse(asked.body) as Json;
  if (service.startsWith('DynamoDB')) return json(dynamoDb(stub, operation, input));
  if (operation === 'StartExecution') stub.started.push(input);
  return json(OTHERS[operation]?.(input) ?? {});
}

function json(body: unknown): Answer {
  return { headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(body) };
}

function publish(): Answer {
  const result = '<PublishResult><MessageId>m</MessageId></PublishResult>';
  return { headers: { 'content-type': 'text/xml' }, body: `<PublishResponse>${result}</PublishResponse>` };
}

const md5 = (text: unknown) => createHash('md5').update(String(text)).digest('hex');

const OTHERS: Readonly<Record<string, (input: Json) => unknown>> = {
  StartExecution: ({ name }) => ({
    executionArn: `arn:aws:states:us-east-1:000000000000:execution:rundrop-run-lifecycle:${String(name)}`,
    startDate: 1_767_225_600,
  }),
  DescribeExecution: () => ({ status: 'RUNNING', startDate: 1_767_225_600 }),
  SendMessage: ({ MessageBody }) => ({ MessageId: 'm', MD5OfMessageBody: md5(MessageBody) }),
  PutEvents: () => ({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] }),
  GetServiceQuota: () => ({ Quota: { Value: 5 } }),
};

function keyOf(table: unknown, key: Json): string {
  return JSON.stringify([table, key.pk ?? key.id, key.sk]);
}

function dynamoDb(stub: AwsStub, operation: string, input: Json): unknown {
  const items = new Map(stub.items);
  if (operation === 'GetItem') {
    const Item = items.get(keyOf(input.TableName, input.Key as Json));
    return Item === undefined ? {} : { Item };
  }
  if (operation === 'Query') return { Items: queried(items, input) };
  if (operation === 'PutItem') items.set(keyOf(input.TableName, input.Item as Json), input.Item as Json);
  if (operation === 'DeleteItem') items.delete(keyOf(input.TableName, input.Key as Json));
  stub.items = items;
  return {};
}

/** Of a partition or an index: all items that have the hash key, without order, pages or filters. */
function queried(items: StubItems, { IndexName, ExpressionAttributeValues }: Json): readonly Json[] {
  const values = ExpressionAttributeValues as Record<string, { S?: string }>;
  const [hashName, wanted] = IndexName === undefined ? ['pk', values[':pk']] : [String(IndexName), values[':hash']];
  const prefix = values[':sk']?.S ?? '';
  return [...items.values()].filter((item) => {
    const { [hashName]: hash, sk } = item as Record<string, { S?: string } | undefined>;
    return hash?.S === wanted?.S && (sk?.S ?? '').startsWith(prefix);
  });
}

/** S3 and HealthOmics say what they want by method and path. */
function rest(stub: AwsStub, { method, path, query }: Asked): Answer {
  if (path === '/run' && method === 'POST') return json(startedRun(stub));
  if (path === '/run') return json({ items: stub.run === null ? [] : [stub.run] });
  if (/^\/run\/\d+\/task$/.test(path)) return json({ items: [] });
  if (/^\/run\/\d+$/.test(path)) return json(stub.run);
  if (path.startsWith('/workflow/')) return json({ id: '1' });
  if (path.startsWith('/runGroup')) return json({ items: [] });
  if (query.has('list-type')) return { body: '<ListBucketResult><KeyCount>1</KeyCount></ListBucketResult>' };
  if (query.has('tagging')) return { body: '<Tagging><TagSet/></Tagging>' };
  return { headers: { etag: '"e1"', 'content-length': '2', 'content-type': 'application/json' }, body: '{}' };
}

function startedRun(stub: AwsStub): Json {
  const arn = 'arn:aws:omics:us-east-1:000000000000:run/1234567';
  stub.run = { id: '1234567', uuid: RUN_UUID, arn, status: 'PENDING', tags: {}, creationTime: '2026-01-01T00:00:00Z' };
  return stub.run;
}
