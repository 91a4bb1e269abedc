import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Gateway, startGateway } from '../../../local/gateway/gateway.ts';
import type { LocalService, Surroundings } from '../../../local/ports.ts';
import { systemClock } from '../../../local/system-clock.ts';

export interface TestSurroundings extends Surroundings {
  /** What the services reported, line by line. */
  readonly reported: string[];
}

export function testSurroundings(options: { dataDir?: string; clock?: Surroundings['clock'] } = {}): TestSurroundings {
  const reported: string[] = [];
  return {
    accountId: '000000000000',
    region: 'us-east-1',
    clock: options.clock ?? systemClock,
    random: Math.random,
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    report: (line) => reported.push(line),
    reported,
  };
}

/** Starts the real gateway on a free port; it and the services are closed when the test ends. */
export async function behindGateway(surroundings: Surroundings, services: readonly LocalService[]): Promise<Gateway> {
  const gateway = await startGateway({ port: 0, services, surroundings });
  onTestFinished(async () => {
    await gateway.close();
    for (const service of services) await service.close();
  });
  return gateway;
}

/** What every SDK client of a test needs. */
export function clientSettings(gateway: Gateway, options: { region?: string } = {}) {
  return {
    endpoint: gateway.endpoint,
    region: options.region ?? 'us-east-1',
    credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
    maxAttempts: 1,
  };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rundrop-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
