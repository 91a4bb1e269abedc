/** The account's quotas, read live from Service Quotas: the applied value, else AWS's default, else the documented one. */
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import type { Clock, Log, Quotas } from '../lifecycle/ports.ts';

/** Quota codes of service code `omics` and the defaults that AWS documents. */
export const OMICS_QUOTAS = {
  storedRuns: { code: 'L-C9679DBC', documented: 100_000 },
  activeRunsDynamic: { code: 'L-BE38079A', documented: 50 },
  activeRunsStatic: { code: 'L-A30FD31B', documented: 10 },
  startRunsPerSecond: { code: 'L-24A3B174', documented: 5 },
} as const;

const FRESH_MS = 5 * 60_000;

let client: ServiceQuotasClient | undefined;
const known = new Map<string, { value: number; readMs: number }>();

export function createQuotas(clock: Clock, log: Log): Quotas & { storedRuns(): Promise<number> } {
  client ??= new ServiceQuotasClient({ maxAttempts: 2 });
  const quotas = client;
  const read = async ({ code, documented }: { code: string; documented: number }): Promise<number> => {
    const cached = known.get(code);
    if (cached !== undefined && clock.nowMs() - cached.readMs < FRESH_MS) return cached.value;
    const value = (await applied(quotas, code, log)) ?? (await byDefault(quotas, code, log)) ?? documented;
    known.set(code, { value, readMs: clock.nowMs() });
    return value;
  };
  return {
    startRunsPerSecond: () => read(OMICS_QUOTAS.startRunsPerSecond),
    storedRuns: () => read(OMICS_QUOTAS.storedRuns),
  };
}

async function applied(quotas: ServiceQuotasClient, QuotaCode: string, log: Log): Promise<number | undefined> {
  try {
    return (await quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'omics', QuotaCode }))).Quota?.Value;
  } catch (error) {
    log.warn('the applied quota cannot be read', { QuotaCode, error: error instanceof Error ? error.name : 'unknown' });
    return undefined;
  }
}

async function byDefault(quotas: ServiceQuotasClient, QuotaCode: string, log: Log): Promise<number | undefined> {
  try {
    return (await quotas.send(new GetAWSDefaultServiceQuotaCommand({ ServiceCode: 'omics', QuotaCode }))).Quota?.Value;
  } catch (error) {
    log.warn("AWS's default quota cannot be read", {
      QuotaCode,
      error: error instanceof Error ? error.name : 'unknown',
    });
    return undefined;
  }
}
