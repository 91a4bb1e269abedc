import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';

/**
 * Reads a request's body whole, up to `limitBytes`.
 * @throws AwsError `RequestEntityTooLargeException` (413) as soon as the limit is passed; the rest is read and thrown
 * away, as destroying the socket under a client that still sends would hide the answer from it.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let lengthBytes = 0;
    if (request.destroyed) reject(new Error('The request was read or cut off before.'));
    request.on('data', (chunk: Buffer) => {
      lengthBytes += chunk.length;
      if (lengthBytes <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      const message = `The request body is larger than ${limitBytes} bytes.`;
      reject(new AwsError('RequestEntityTooLargeException', message, { statusCode: 413 }));
    });
    request.once('end', () => {
      const [only] = chunks;
      resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
    });
    request.once('error', reject);
    request.once('close', () => reject(new Error('The client went away before its request was complete.')));
  });
}
