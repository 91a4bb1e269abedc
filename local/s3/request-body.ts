import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AwsError } from '../aws-error.ts';
import { type Checksum, checksumIn, verifyChecksum } from './checksums.ts';

/** The most that a single PUT or part may carry. */
const OBJECT_LIMIT_BYTES = 512 * 1024 * 1024;
const DOCUMENT_LIMIT_BYTES = 2 * 1024 * 1024;
/** Each frame of aws-chunked has a size, perhaps a signature, and two line ends; frames are at least 8 KiB. */
const FRAMING_SHARE = 1.02;
const IN_MEMORY_LIMIT_BYTES = 1024 * 1024 * 1024;

/** Counts the bytes of all bodies that are being received, so that many large uploads at once cannot exhaust memory. */
export class BodyBudget {
  #taken = 0;

  /** @throws AwsError SlowDown, which SDKs retry. */
  take(bytes: number): void {
    if (this.#taken + bytes > IN_MEMORY_LIMIT_BYTES) {
      throw new AwsError('SlowDown', 'Too many large uploads at once for this laptop AWS; try again.', {
        statusCode: 503,
      });
    }
    this.#taken += bytes;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }
}

export interface ReceivedBody {
  /** Without aws-chunked framing. */
  readonly body: Buffer;
  /** What the client sent, in a header or a trailer, and the body has. */
  readonly checksum: Checksum | undefined;
}

/**
 * Reads a body and checks it against every digest that came with it.
 * @throws AwsError EntityTooLarge, IncompleteBody, BadDigest, XAmzContentSHA256Mismatch, InvalidDigest, SlowDown
 */
export async function receiveBody(
  request: IncomingMessage,
  options: { readonly kind: 'object' | 'document'; readonly budget: BodyBudget },
): Promise<ReceivedBody> {
  const limitBytes = options.kind === 'object' ? OBJECT_LIMIT_BYTES : DOCUMENT_LIMIT_BYTES;
  const raw = await readRaw(request, limitBytes, options.budget);
  const { headers } = request;
  const chunked = isAwsChunked(headers);
  const { body, trailers } = chunked ? decodeAwsChunked(raw) : { body: raw, trailers: {} };
  if (body.length > limitBytes) throw tooLarge(limitBytes);
  if (chunked) checkDecodedLength(headers, body);
  else checkSha256(headers, body);
  checkMd5(headers, body);
  const checksum = checksumIn(trailers) ?? checksumIn(headers);
  const promised = headers['x-amz-trailer'];
  if (promised !== undefined && checksum === undefined && /^x-amz-checksum-/i.test(String(promised))) {
    throw new AwsError('MalformedTrailerError', `The trailer ${String(promised)} is missing.`);
  }
  return { body, checksum };
}

/** Whole objects are checked here; CompleteMultipartUpload's header is about the object, not about its document. */
export function verifyReceived(received: ReceivedBody): void {
  if (received.checksum !== undefined) verifyChecksum(received.checksum, [received.body]);
}

async function readRaw(request: IncomingMessage, limitBytes: number, budget: BodyBudget): Promise<Buffer> {
  const rawLimitBytes = isAwsChunked(request.headers) ? limitBytes * FRAMING_SHARE + 64 * 1024 : limitBytes;
  if (Number(request.headers['content-length'] ?? 0) > rawLimitBytes) throw tooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let taken = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (taken + chunk.length > rawLimitBytes) throw tooLarge(limitBytes);
      budget.take(chunk.length);
      taken += chunk.length;
      chunks.push(chunk);
    }
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, taken);
  } finally {
    budget.giveBack(taken);
  }
}

function isAwsChunked(headers: IncomingHttpHeaders): boolean {
  return (
    String(headers['content-encoding'] ?? '').includes('aws-chunked') ||
    String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-')
  );
}

/** `size[;chunk-signature=…]CRLF data CRLF … 0CRLF trailers CRLF` */
function decodeAwsChunked(raw: Buffer): { body: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  for (let offset = 0; ; ) {
    const lineEnd = raw.indexOf('\r\n', offset);
    const size = /^([0-9a-f]{1,8})(?:;|$)/i.exec(raw.toString('latin1', offset, Math.max(offset, lineEnd)))?.[1];
    if (lineEnd < 0 || size === undefined) throw incomplete();
    const length = Number.parseInt(size, 16);
    const start = lineEnd + 2;
    if (length === 0) return { body: joined(chunks), trailers: trailersIn(raw.toString('latin1', start)) };
    if (raw.toString('latin1', start + length, start + length + 2) !== '\r\n') throw incomplete();
    chunks.push(raw.subarray(start, start + length));
    offset = start + length + 2;
  }
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function trailersIn(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).trim().toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
}

function checkDecodedLength(headers: IncomingHttpHeaders, body: Buffer): void {
  const declared = headers['x-amz-decoded-content-length'];
  if (declared !== undefined && Number(declared) !== body.length) throw incomplete();
}

function checkSha256(headers: IncomingHttpHeaders, body: Buffer): void {
  const declared = headers['x-amz-content-sha256'];
  if (typeof declared !== 'string' || !/^[0-9a-f]{64}$/i.test(declared)) return;
  if (createHash('sha256').update(body).digest('hex') !== declared.toLowerCase()) {
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
}

function checkMd5(headers: IncomingHttpHeaders, body: Buffer): void {
  const declared = headers['content-md5'];
  if (declared === undefined) return;
  if (Buffer.from(String(declared), 'base64').length !== 16) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  }
  if (createHash('md5').update(body).digest('base64') !== declared) {
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

function incomplete(): AwsError {
  return new AwsError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header, or the aws-chunked framing is broken.',
  );
}

function tooLarge(limitBytes: number): AwsError {
  return new AwsError(
    'EntityTooLarge',
    `Your proposed upload exceeds the maximum allowed size, here ${limitBytes} bytes; use a multipart upload for larger objects.`,
  );
}
