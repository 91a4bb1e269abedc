import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';

/**
 * Reads a request's body whole, up to `limitBytes`.
 * @throws AwsError `RequestEntityTooLargeException` (413) as soon as the limit is passed; the rest is not kept.
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let lengthBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    lengthBytes += chunk.length;
    if (lengthBytes > limitBytes) {
      throw new AwsError('RequestEntityTooLargeException', `The request body is larger than ${limitBytes} bytes.`, {
        statusCode: 413,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, lengthBytes);
}
