/** Every 15 minutes: counts the account's stored runs by retention mode and status against the quota. */
import { clock, edge, log } from '../lib/aws/edge.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createQuotas } from '../lib/aws/quotas.ts';
import { createStoredRuns } from '../lib/aws/stored-runs.ts';
import { type SweepResult, sweepRuns } from '../lib/lifecycle/sweep-runs.ts';

export const handler = edge<unknown, SweepResult>(async (_event, context) => {
  const result = await sweepRuns({
    ledger: ledger(),
    storedRuns: createStoredRuns(),
    quotas: createQuotas(clock, log),
    clock,
    deadlineMs: clock.nowMs() + context.getRemainingTimeInMillis() / 2,
  });
  log.info('swept', { ...result });
  return result;
});
