/** A HealthOmics of its own behind a bare server, the real SDK client, and a clock that the test moves. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OmicsClient, type StartRunCommandInput } from '@aws-sdk/client-omics';
import type { Write } from '../../../local/append-whole.ts';
import { createOmics, type Omics } from '../../../local/omics/omics.ts';
import type { OmicsSettings } from '../../../local/omics/settings.ts';
import type { BusEvent, Cancel, Clock } from '../../../local/ports.ts';

export class ManualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<{ readonly atMs: number; readonly action: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): Cancel {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Fires all that is due on the way, in order. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (let fired = 0; fired < 1_000_000; fired += 1) {
      const next = [...this.#timers].filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.action();
    }
    this.#nowMs = endMs;
  }
}

export const DEFAULT_QUOTAS: Readonly<Record<string, number>> = {
  'L-C9679DBC': 100_000,
  'L-BE38079A': 50,
  'L-A30FD31B': 10,
  'L-25504C8C': 25,
  'L-7B9E5416': 604_800,
  'L-35CE76C9': 9600,
  'L-24A3B174': 5,
};

export interface Laptop {
  readonly client: OmicsClient;
  readonly endpoint: string;
  readonly clock: ManualClock;
  readonly events: BusEvent[];
  readonly reports: string[];
  readonly quotas: Record<string, number>;
  readonly objects: Map<string, Buffer>;
  stop(): Promise<void>;
}

export interface LaptopOptions {
  readonly settings?: OmicsSettings;
  readonly dataDir?: string;
  readonly clock?: ManualClock;
  readonly random?: () => number;
  readonly put?: (event: BusEvent) => Promise<void>;
  /** How the journal is written. */
  readonly write?: Write;
}

export async function startLaptop(options: LaptopOptions = {}): Promise<Laptop> {
  const clock = options.clock ?? new ManualClock();
  const events: BusEvent[] = [];
  const reports: string[] = [];
  const quotas: Record<string, number> = { ...DEFAULT_QUOTAS };
  const objects = new Map<string, Buffer>();
  const omics = createOmics(
    {
      accountId: '000000000000',
      region: 'us-east-1',
      clock,
      random: options.random ?? Math.random,
      report: (line) => reports.push(line),
      ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    },
    {
      events: { put: options.put ?? ((event) => Promise.resolve(void events.push(event))) },
      quota: (code) => quotas[code] ?? 0,
      readObject: (uri) => Promise.resolve(objects.get(uri)),
      ...(options.settings === undefined ? {} : { settings: options.settings }),
      ...(options.write === undefined ? {} : { write: options.write }),
    },
  );
  const { server, endpoint } = await serve(omics);
  const client = new OmicsClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
    disableHostPrefix: true,
    maxAttempts: 1,
  });
  const stop = async () => {
    client.destroy();
    await omics.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { client, endpoint, clock, events, reports, quotas, objects, stop };
}

async function serve(omics: Omics): Promise<{ server: Server; endpoint: string }> {
  const server = createServer((request, response) => void omics.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A request that StartRun takes. */
export function germlineRequest(overrides: Partial<StartRunCommandInput> = {}): StartRunCommandInput {
  return {
    workflowId: '1234567',
    roleArn: 'arn:aws:iam::000000000000:role/HealthOmicsRunRole',
    outputUri: 's3://acme-results/germline/',
    name: 'germline-HXX',
    parameters: { fastq_1: 's3://acme-incoming/a_R1.fastq.gz' },
    requestId: crypto.randomUUID(),
    ...overrides,
  };
}

export const HOUR_MS = 3_600_000;
