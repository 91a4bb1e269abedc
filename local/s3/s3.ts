/** S3: the store of fauxqs, made durable, with the events and the conditions that it lacks. Buckets are not versioned. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws-error.ts';
import { type FauxqsApp, isFauxqsError } from '../fauxqs-app.ts';
import type { EventPort, LocalService, Surroundings } from '../ports.ts';
import { noSuchBucket } from './copy-source.ts';
import { changeOf, ObjectBook, type ObjectChange } from './object-book.ts';
import { eventOf } from './object-events.ts';
import { operationOf, type S3Operation } from './operations.ts';
import { BodyBudget, receiveBody, verifyReceived } from './request-body.ts';
import { type S3Answer, type S3Request, type S3State, type S3Target, targetOf } from './s3-request.ts';
import { escapeXml, xmlElement } from './xml.ts';

export interface S3 extends LocalService {
  /** A bucket that exists already is left as it is. @throws when the name is none that S3 takes */
  createBucket(name: string, options?: { readonly announces?: boolean }): Promise<void>;
  /** The body of `s3://bucket/key`, or `undefined` when there is no such object. */
  readObject(uri: string): Promise<Buffer | undefined>;
  /** Sends Object Created for every stored object again, oldest first. Resolves to how many were sent. */
  announceAll(): Promise<number>;
}

export function createS3(
  surroundings: Surroundings,
  { app, events }: { readonly app: FauxqsApp; readonly events: EventPort },
): S3 {
  let opened: Promise<S3State> | undefined;
  let closed = false;
  const open = () => {
    if (closed) throw new AwsError('ServiceUnavailable', 'S3 on this laptop AWS is closing.', { statusCode: 503 });
    opened ??= openState(surroundings, app);
    return opened;
  };
  const budget = new BodyBudget();
  const announcer = { events, surroundings };
  return {
    signingNames: ['s3'],
    handle: (request, response) => handle({ request, response, open, budget, announcer }),
    async createBucket(name, { announces = true } = {}) {
      const { store, quiet } = await open();
      store.createBucket(name);
      if (!announces) quiet.add(name);
    },
    async readObject(uri) {
      const { store, book } = await open();
      const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
      return book.object(bucket, key) === undefined ? undefined : store.getObject(bucket, key).body;
    },
    async announceAll() {
      const { book, quiet } = await open();
      let sent = 0;
      for (const { bucket, object } of book.all()) {
        if (quiet.has(bucket)) continue;
        sent += await announce([changeOf(bucket, object)], {
          ...announcer,
          requestId: newRequestId(),
          sourceAddress: '127.0.0.1',
        });
      }
      return sent;
    },
    async close() {
      closed = true;
      (await opened?.catch(() => undefined))?.book.close();
    },
  };
}

async function openState(surroundings: Surroundings, app: FauxqsApp): Promise<S3State> {
  const { store, actions } = await app.s3();
  return {
    store,
    actions,
    book: new ObjectBook(store, surroundings),
    uploads: new Map(),
    quiet: new Set(),
    surroundings,
  };
}

interface Announcer {
  readonly events: EventPort;
  readonly surroundings: Surroundings;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly open: () => Promise<S3State>;
  readonly budget: BodyBudget;
  readonly announcer: Announcer;
}

async function handle(exchange: Exchange): Promise<void> {
  const { request, response, announcer } = exchange;
  const requestId = newRequestId();
  let answer: S3Answer;
  try {
    answer = await perform(exchange);
    const sourceAddress = request.socket.remoteAddress ?? '127.0.0.1';
    const { quiet } = await exchange.open();
    const told = (answer.changes ?? []).filter(({ bucket }) => !quiet.has(bucket));
    await announce(told, { ...announcer, requestId, sourceAddress });
  } catch (error) {
    // A client that left in the middle of its body is no fault of the service, and nobody reads an answer.
    if (request.destroyed && !request.complete) {
      response.destroy();
      return;
    }
    answer = errorAnswer(error, { requestId, resource: request.url ?? '', report: announcer.surroundings.report });
  }
  send(request, response, { ...answer, headers: { ...answer.headers, 'x-amz-request-id': requestId } });
}

async function perform(exchange: Exchange): Promise<S3Answer> {
  const { request } = exchange;
  const target = targetOf({ method: request.method, url: request.url, host: request.headers.host });
  const operation = operationOf(target);
  const state = await exchange.open();
  checkBucket(state, operation, target);
  const received = await receive(exchange, operation, target);
  checkBucket(state, operation, target);
  // From here to the store's change nothing waits, so a condition that held still holds.
  return operation.run(state, { ...target, headers: request.headers, ...received });
}

async function receive(
  exchange: Exchange,
  operation: S3Operation,
  target: S3Target,
): Promise<Pick<S3Request, 'body' | 'checksum'>> {
  if (operation.body === 'none') return { body: Buffer.alloc(0), checksum: undefined };
  const received = await receiveBody(exchange.request, { kind: operation.body, budget: exchange.budget });
  // The checksum header of CompleteMultipartUpload is the object's.
  if (!(target.method === 'POST' && target.query.uploadId !== undefined)) verifyReceived(received);
  return received;
}

function checkBucket(state: S3State, operation: S3Operation, target: S3Target): void {
  const needed = target.bucket !== '' && operation.makesBucket === undefined;
  if (needed && !state.store.hasBucket(target.bucket)) throw noSuchBucket(target.bucket);
}

/** An event that cannot be delivered is reported: the object is durable already, so its PUT succeeded. */
async function announce(
  changes: readonly ObjectChange[],
  context: Announcer & { readonly requestId: string; readonly sourceAddress: string },
): Promise<number> {
  let sent = 0;
  for (const change of changes) {
    try {
      await context.events.put(eventOf(change, context));
      sent++;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.surroundings.report(`S3: an event of bucket ${change.bucket} was not delivered: ${message}`);
    }
  }
  return sent;
}

function errorAnswer(
  error: unknown,
  context: { readonly requestId: string; readonly resource: string; readonly report: (line: string) => void },
): S3Answer {
  const known = error instanceof AwsError || isFauxqsError(error);
  if (!known) context.report(`S3: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const { code, message, statusCode } = known
    ? error
    : { code: 'InternalError', message: 'S3 on this laptop AWS failed; its output says why.', statusCode: 500 };
  const members = error instanceof AwsError ? Object.entries(error.members) : [];
  const inner = [
    xmlElement('Code', code),
    xmlElement('Message', message),
    ...members.map(([name, value]) => xmlElement(name, String(value))),
    `<Resource>${escapeXml(context.resource.split('?')[0] ?? '')}</Resource>`,
    xmlElement('RequestId', context.requestId),
  ];
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join('')}</Error>`;
  return { status: statusCode, headers: { 'content-type': 'application/xml' }, body };
}

function send(request: IncomingMessage, response: ServerResponse, answer: S3Answer): void {
  const { status, headers = {}, body } = answer;
  const isHead = request.method === 'HEAD';
  const length = body === undefined ? undefined : Buffer.byteLength(body);
  const hasBody = status !== 204 && status !== 304;
  const lengthHeader = !hasBody || (isHead && 'content-length' in headers) ? {} : { 'content-length': length ?? 0 };
  response.writeHead(status, { ...headers, ...lengthHeader });
  response.end(isHead || !hasBody ? undefined : body);
}

function newRequestId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}
