import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalService, Surroundings } from '../../local/ports.ts';
import { systemClock } from '../../local/system-clock.ts';

export interface ServedService {
  /** Settings for an SDK client that speaks to the service. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
  stop(): Promise<void>;
}

/** One service alone behind a bare HTTP server on a free loopback port. */
export async function serve(service: LocalService): Promise<ServedService> {
  const server = createServer((request, response) => void service.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    client: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    },
    async stop() {
      await service.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A service that takes requests and never answers, as one does that a VPC has no way to. */
export function serveSilence(): Promise<ServedService> {
  return serve({ signingNames: [], handle: async () => {}, close: async () => {} });
}

/** Surroundings for a test; `reported` collects what a person would be told. */
export function testSurroundings(
  overrides: Partial<Surroundings> = {},
): Surroundings & { readonly reported: string[] } {
  const reported: string[] = [];
  return {
    accountId: '000000000000',
    region: 'us-east-1',
    clock: systemClock,
    random: Math.random,
    report: (line) => void reported.push(line),
    ...overrides,
    reported,
  };
}

/** Waits until `condition` holds, looking again as the event loop turns; the test's own timeout is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
