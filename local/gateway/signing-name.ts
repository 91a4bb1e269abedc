import type { IncomingMessage } from 'node:http';

/**
 * The service name in a request's SigV4 or SigV4a credential scope, from the Authorization header or, for presigned
 * URLs, from X-Amz-Credential in the query. `undefined` for an unsigned request, `''` for a scope that names none.
 */
export function signingNameOf(request: IncomingMessage): string | undefined {
  const authorization = request.headers.authorization;
  if (authorization?.startsWith('AWS4-')) {
    return nameInScope(/[\s,]Credential=([^,\s]+)/.exec(authorization)?.[1]);
  }
  const query = request.url?.split('?', 2)[1];
  if (query === undefined || !/X-Amz-Credential=/i.test(query)) return undefined;
  for (const [name, value] of new URLSearchParams(query)) {
    if (name.toLowerCase() === 'x-amz-credential') return nameInScope(value);
  }
  return undefined;
}

/** `key/date/region/NAME/aws4_request`; SigV4a leaves the region out, and a key may hold slashes of its own. */
function nameInScope(credential: string | undefined): string {
  const parts = credential?.split('/') ?? [];
  return parts.length >= 4 && parts.at(-1) === 'aws4_request' ? (parts.at(-2) ?? '') : '';
}
