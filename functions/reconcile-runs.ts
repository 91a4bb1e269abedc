/** Every minute: compares the ledger with HealthOmics and Step Functions, and takes the steps that got lost. */
import { config } from '../lib/aws/config.ts';
import { deferred } from '../lib/aws/deferred.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { routes } from '../lib/aws/routes.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createTelling } from '../lib/aws/telling.ts';
import { type Reconciled, reconcile } from '../lib/lifecycle/reconcile.ts';

export const handler = edge<unknown, Reconciled>(async () => {
  const result = await reconcile({
    ledger: ledger(),
    runs: createRuns(),
    objects: deferred(async () => (await import('../lib/aws/objects.ts')).createObjects()),
    executions: createExecutions(),
    starter: deferred(async () => (await import('../lib/aws/starter.ts')).createStarter()),
    ...createTelling(),
    dropsAgain: deferred(async () => (await import('../lib/aws/drops-again.ts')).createDropsAgain()),
    routes,
    clock,
    random: Math.random,
    settings: config(),
    log,
  });
  log.info('reconciled', { ...result });
  return result;
});
