import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface ProtocolError {
  readonly statusCode: number;
  /** The error's name on the wire, for example `NotImplemented`. */
  readonly code: string;
  readonly message: string;
}

/**
 * Answers an error in the protocol that the client speaks, as its request shows: AWS JSON and CBOR name their
 * operation in a header, query clients send a form, S3 reads bare XML, and the rest is REST with JSON.
 */
export function answerProtocolError(
  request: IncomingMessage,
  response: ServerResponse,
  error: ProtocolError & { readonly signingName?: string | undefined },
): void {
  const requestId = randomUUID();
  const { contentType, body } = inProtocolOf(request, error, requestId);
  response.writeHead(error.statusCode, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'x-amzn-errortype': error.code,
    'x-amzn-requestid': requestId,
    ...(contentType === 'application/cbor' ? { 'smithy-protocol': 'rpc-v2-cbor' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function inProtocolOf(
  request: IncomingMessage,
  error: ProtocolError & { readonly signingName?: string | undefined },
  requestId: string,
): { contentType: string; body: string | Buffer } {
  const { headers } = request;
  const contentType = String(headers['content-type'] ?? '');
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') return { contentType: 'application/cbor', body: cborError(error) };
  if (headers['x-amz-target'] !== undefined) {
    const body = JSON.stringify({ __type: error.code, message: error.message });
    return {
      contentType: contentType.startsWith('application/x-amz-json') ? contentType : 'application/x-amz-json-1.1',
      body,
    };
  }
  const parts = `<Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message>`;
  if (error.signingName === undefined || error.signingName === 's3') {
    return { contentType: 'application/xml', body: `${XML}<Error>${parts}<RequestId>${requestId}</RequestId></Error>` };
  }
  if (error.signingName === 'ec2') {
    const body = `${XML}<Response><Errors><Error>${parts}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
    return { contentType: 'text/xml', body };
  }
  if (contentType.startsWith('application/x-www-form-urlencoded') || REST_XML.has(error.signingName)) {
    const body = `${XML}<ErrorResponse><Error><Type>Sender</Type>${parts}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { contentType: 'text/xml', body };
  }
  return { contentType: 'application/json', body: JSON.stringify({ message: error.message }) };
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';
const REST_XML = new Set(['route53', 'cloudfront', 's3-outposts']);

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A CBOR map of two text strings, each with a 16-bit length: all that an error needs of RFC 8949. */
function cborError(error: ProtocolError): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'utf8').subarray(0, 0xffff);
    return Buffer.concat([Buffer.from([0x79, bytes.length >> 8, bytes.length & 0xff]), bytes]);
  };
  return Buffer.concat([Buffer.from([0xa2]), text('__type'), text(error.code), text('message'), text(error.message)]);
}
