/** Every 15 minutes, and by hand: brings the picture of the account's stored runs up to date. `{"scan": true}` lists all of them. */
import { randomUUID } from 'node:crypto';
import { config } from '../lib/aws/config.ts';
import { deferred } from '../lib/aws/deferred.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createQuotas } from '../lib/aws/quotas.ts';
import { createRunGroups } from '../lib/aws/run-groups.ts';
import { omicsClient } from '../lib/aws/runs.ts';
import { createStoredRuns } from '../lib/aws/stored-runs.ts';
import { createSweepMetrics } from '../lib/aws/sweep-metrics.ts';
import type { SweepResult } from '../lib/lifecycle/sweep-ports.ts';
import { sweepRuns } from '../lib/lifecycle/sweep-runs.ts';

/** Left over at the end for writing down what was learned. */
const RESERVE_MS = 45_000;

/** Most accounts prune nothing. */
async function createPruning() {
  const { createEvidenceStore } = await import('../lib/aws/evidence.ts');
  const { createPrunableRuns } = await import('../lib/aws/prunable-runs.ts');
  const { createRunArchive } = await import('../lib/aws/run-archive.ts');
  return { runs: createPrunableRuns(omicsClient), archive: createRunArchive(), evidence: createEvidenceStore() };
}

export const handler = edge<unknown, SweepResult>(async (event, context) => {
  const { deletions, requests, snapshots, sweeps } = ledger();
  const { sweepRateShare, quotaThresholds, prune: rules, rundropVersion, stage } = config();
  const settings = { rundropVersion, stage };
  const prune = rules === undefined ? {} : { prune: { rules, settings, ...(await createPruning()), deletions } };
  const ports = {
    store: sweeps,
    snapshots,
    requests,
    storedRuns: createStoredRuns(omicsClient),
    quotas: createQuotas(clock, log),
    runGroups: createRunGroups(omicsClient),
    announcer: deferred(async () => (await import('../lib/aws/announcer.ts')).createAnnouncer()),
    notifier: deferred(async () => (await import('../lib/aws/notifier.ts')).createNotifier()),
    metrics: createSweepMetrics(),
    clock,
    log,
    newId: randomUUID,
    deadlineMs: clock.nowMs() + Math.max(1_000, context.getRemainingTimeInMillis() - RESERVE_MS),
    rateShare: sweepRateShare,
    thresholds: quotaThresholds,
    ...prune,
  };
  const result = await sweepRuns(ports, { scan: (event as { scan?: unknown } | null)?.scan === true });
  log.info('swept', { ...result });
  return result;
});
