import type { IncomingMessage } from 'node:http';

/**
 * Says why a request must not be served, or nothing. The laptop AWS asks for no credentials, so what keeps web pages
 * out is that a request has to come from this machine and to know it: its Host is a loopback name (a rebound DNS
 * name is not), and no page of another site sent it.
 */
export function whyForeign(request: IncomingMessage): string | undefined {
  const host = request.headers.host;
  if (host === undefined || !isLoopbackName(hostnameOf(host))) {
    return `The Host header is ${quote(host)}; this laptop AWS answers only to 127.0.0.1, localhost, [::1] and *.localhost.`;
  }
  const origin = request.headers.origin;
  if (origin !== undefined && !isLoopbackOrigin(origin)) {
    return `A web page of ${quote(origin)} sent this request; this laptop AWS answers only to pages of this machine.`;
  }
  if (request.headers['sec-fetch-site'] === 'cross-site') {
    return 'A web page of another site sent this request; this laptop AWS answers only to pages of this machine.';
  }
  return undefined;
}

/** A Host header without its port, in lower case; an IPv6 address keeps its brackets. */
function hostnameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d{1,5}$/, '')
    .replace(/(?<=[a-z])\.$/, '');
}

/** SDKs put a prefix before custom endpoints too (`workflows-127.0.0.1`); no public DNS name can look like that. */
function isLoopbackName(hostname: string): boolean {
  return (
    /^(?:[a-z]{1,20}-)?(?:127\.0\.0\.1|localhost)$/.test(hostname) ||
    hostname === '[::1]' ||
    /^[a-z0-9._-]{1,240}\.localhost$/.test(hostname)
  );
}

function isLoopbackOrigin(origin: string): boolean {
  const authority = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
  return authority !== undefined && isLoopbackName(hostnameOf(authority));
}

function quote(value: string | undefined): string {
  return value === undefined ? 'missing' : JSON.stringify(value.slice(0, 100));
}
