/** The account's quotas, read live from Service Quotas: the applied value, else AWS's default, else the documented one. */
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  type ServiceQuota,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { errorName } from '../lifecycle/error-name.ts';
import type { Clock, Log, Quotas } from '../lifecycle/ports.ts';
import type { AccountQuotas, QuotaValue } from '../quota/quota-snapshot.ts';
import { withPatience } from './patience.ts';
import { traced } from './tracing.ts';

/** Quota codes of service code `omics` and the defaults that AWS documents. */
export const OMICS_QUOTAS = {
  storedRuns: { code: 'L-C9679DBC', documented: 100_000 },
  activeRunsDynamic: { code: 'L-BE38079A', documented: 50 },
  activeRunsStatic: { code: 'L-A30FD31B', documented: 10 },
  startRunsPerSecond: { code: 'L-24A3B174', documented: 5 },
} as const;

const FRESH_MS = 5 * 60_000;
/**
 * An answer that takes longer is none: in a VPC without a way to Service Quotas a connection hangs for as long as the
 * function may run, and nothing would ever start.
 */
const PATIENCE_MS = 3_000;

let sharedClient: ServiceQuotasClient | undefined;
const known = new Map<string, { value: QuotaValue; readMs: number }>();

/** `ofTarget`: a client of somewhere else than the function's environment says. */
export function createQuotas(
  clock: Pick<Clock, 'nowMs'>,
  log: Log,
  ofTarget?: ServiceQuotasClient,
  patienceMs = PATIENCE_MS,
): Quotas & { all(): Promise<AccountQuotas> } {
  sharedClient ??= ofTarget === undefined ? traced(new ServiceQuotasClient({ maxAttempts: 2 })) : undefined;
  const client = ofTarget ?? sharedClient ?? new ServiceQuotasClient({ maxAttempts: 2 });
  const read = async ({ code, documented }: { code: string; documented: number }): Promise<QuotaValue> => {
    const cached = ofTarget === undefined ? known.get(code) : undefined;
    if (cached !== undefined && clock.nowMs() - cached.readMs < FRESH_MS) return cached.value;
    const used = await readQuota(client, { code, documented }, log, patienceMs);
    if (ofTarget === undefined) known.set(code, { value: used, readMs: clock.nowMs() });
    return used;
  };
  return {
    startRunsPerSecond: async () => (await read(OMICS_QUOTAS.startRunsPerSecond)).value,
    async all() {
      const [storedRuns, activeRunsDynamic, activeRunsStatic] = await Promise.all([
        read(OMICS_QUOTAS.storedRuns),
        read(OMICS_QUOTAS.activeRunsDynamic),
        read(OMICS_QUOTAS.activeRunsStatic),
      ]);
      return { storedRuns, activeRunsDynamic, activeRunsStatic };
    },
  };
}

/** One of OMICS_QUOTAS, as the account has it now. */
export async function readQuota(
  client: ServiceQuotasClient,
  { code, documented }: { readonly code: string; readonly documented: number },
  log: Pick<Log, 'warn'>,
  patienceMs = PATIENCE_MS,
): Promise<QuotaValue> {
  const asked = { ServiceCode: 'omics', QuotaCode: code };
  const told = async (which: QuotaValue['source'], answer: Promise<{ readonly Quota?: ServiceQuota | undefined }>) => {
    try {
      return (await answer).Quota?.Value;
    } catch (error) {
      log.warn('a quota cannot be read', { which, QuotaCode: code, error: errorName(error) });
      return undefined;
    }
  };
  const applied = await told('applied', client.send(new GetServiceQuotaCommand(asked), withPatience(patienceMs)));
  if (applied !== undefined) return { value: applied, source: 'applied' };
  const byDefault = await told(
    'default',
    client.send(new GetAWSDefaultServiceQuotaCommand(asked), withPatience(patienceMs)),
  );
  if (byDefault !== undefined) return { value: byDefault, source: 'default' };
  return { value: documented, source: 'documented' };
}
