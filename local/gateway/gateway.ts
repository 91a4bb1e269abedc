/** The one door of the laptop AWS: a loopback port that checks who asks, and hands each request to its service. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { LocalService, Surroundings } from '../ports.ts';
import { whyForeign } from './callers.ts';
import { answerProtocolError, type ProtocolError } from './protocol-error.ts';
import { signingNameOf } from './signing-name.ts';
import { createSts } from './sts.ts';

export interface Gateway {
  readonly port: number;
  /** For `AWS_ENDPOINT_URL`, for example `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Takes no more connections, lets requests under way finish for half a second, then ends every socket. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly services: readonly LocalService[];
  readonly surroundings: Surroundings;
}

/** Another process listens on the port. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  readonly port: number;

  constructor(port: number, options: { cause: unknown }) {
    super(`Port ${port} of 127.0.0.1 is in use by another process; stop it, or choose another port.`, options);
    this.port = port;
  }
}

const ADDRESS = '127.0.0.1';
const HEALTH_PATH = '/_rundrop/health';
const MAX_HEADER_BYTES = 32 * 1024;
const MAX_HEADER_COUNT = 150;
const MAX_CONNECTIONS = 1024;
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_TIMEOUT_MS = 30_000;
const CLOSE_GRACE_MS = 500;
/** A single S3 PUT may carry 512 MiB, and its aws-chunked frames come on top; no other service takes large bodies. */
const S3_BODY_LIMIT_BYTES = 520 * 1024 * 1024;
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Listens on 127.0.0.1. STS GetCallerIdentity is answered here unless `services` bring their own.
 * @throws PortInUseError when the port is taken.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const services = servicesByName([createSts(options.surroundings), ...options.services]);
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, keepAlive: true, noDelay: true },
    (request, response) => {
      const { report } = options.surroundings;
      answer({ request, response, services, report }).catch((error: unknown) => {
        report(`gateway: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        response.destroy();
      });
    },
  );
  bound(server);
  server.on('clientError', answerClientError);
  const port = await listen(server, options.port);
  return { port, endpoint: `http://${ADDRESS}:${port}`, close: () => close(server) };
}

function servicesByName(services: readonly LocalService[]): ReadonlyMap<string, LocalService> {
  return new Map(services.flatMap((service) => service.signingNames.map((name) => [name, service] as const)));
}

function bound(server: Server): void {
  server.maxConnections = MAX_CONNECTIONS;
  // Node drops headers beyond its own count without a word; they are counted and refused in `refusalOf` instead.
  server.maxHeadersCount = 0;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortInUseError(port, { cause: error }) : error);
    });
    server.listen({ port, host: ADDRESS, exclusive: true }, () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Sockets are real whatever the laptop's clock says, so this timer is the machine's.
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly services: ReadonlyMap<string, LocalService>;
  readonly report: (line: string) => void;
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response, services } = exchange;
  // A client may leave at any moment; the service sees that as a rejected read or a closed response.
  response.on('error', () => {});
  const signingName = signingNameOf(request);
  const refusal = refusalOf(request, signingName);
  if (refusal !== undefined) return refuse(exchange, { ...refusal, signingName });
  if (signingName === undefined && request.method === 'GET' && request.url === HEALTH_PATH) {
    return sendHealth(response, services);
  }
  const service = services.get(signingName ?? 's3');
  if (service === undefined) return refuse(exchange, { ...unknownService(signingName ?? 's3', services), signingName });
  await serve(exchange, service, signingName);
}

async function serve(exchange: Exchange, service: LocalService, signingName: string | undefined): Promise<void> {
  const { request, response, report } = exchange;
  try {
    await service.handle(request, response);
    if (!response.headersSent && !response.destroyed) throw new Error('The service left the request unanswered.');
  } catch (error) {
    if (response.destroyed || request.socket.destroyed) return;
    report(
      `${service.signingNames[0] ?? 'service'}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const message = 'The service failed on this laptop AWS; its output says why.';
    refuse(exchange, { statusCode: 500, code: 'InternalFailure', message, signingName });
  }
}

function refuse(exchange: Exchange, error: ProtocolError & { readonly signingName: string | undefined }): void {
  // The body was not read, so the connection cannot carry another request.
  if (!exchange.request.complete) exchange.response.setHeader('connection', 'close');
  answerProtocolError(exchange.request, exchange.response, error);
}

function refusalOf(request: IncomingMessage, signingName: string | undefined): ProtocolError | undefined {
  const foreign = whyForeign(request);
  if (foreign !== undefined) return { statusCode: 403, code: 'AccessDenied', message: foreign };
  if (!request.url?.startsWith('/')) {
    return { statusCode: 400, code: 'InvalidURI', message: 'The request target is not an absolute path.' };
  }
  if (request.rawHeaders.length / 2 > MAX_HEADER_COUNT) {
    const message = `The request has more than ${MAX_HEADER_COUNT} headers.`;
    return { statusCode: 431, code: 'RequestHeaderSectionTooLarge', message };
  }
  const limitBytes = (signingName ?? 's3') === 's3' ? S3_BODY_LIMIT_BYTES : BODY_LIMIT_BYTES;
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) {
    const message = `The request body is larger than the ${limitBytes} bytes that this service takes here.`;
    return { statusCode: 413, code: 'EntityTooLarge', message };
  }
  return undefined;
}

function unknownService(signingName: string, services: ReadonlyMap<string, LocalService>): ProtocolError {
  if (signingName === '') {
    const message = 'The credential scope of the signature is not KEY/DATE/REGION/SERVICE/aws4_request.';
    return { statusCode: 400, code: 'IncompleteSignature', message };
  }
  const offered = [...services.keys()].sort().join(', ');
  const message = `The service ${signingName.slice(0, 60)} is not part of this laptop AWS. It offers: ${offered}.`;
  return { statusCode: 501, code: 'NotImplemented', message };
}

function sendHealth(response: ServerResponse, services: ReadonlyMap<string, LocalService>): void {
  const states = Object.fromEntries([...services.keys()].sort().map((name) => [name, 'running']));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: 'running', services: states }));
}

/** Node could not parse the request, or it took too long: one plain answer where that is still possible, then the end. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERROR_STATUS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

const CLIENT_ERROR_STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
