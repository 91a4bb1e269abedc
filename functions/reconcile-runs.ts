/** Every minute: compares the ledger with HealthOmics and Step Functions, and takes the steps that got lost. */
import { config } from '../lib/aws/config.ts';
import { createDropsAgain } from '../lib/aws/drops-again.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createObjects } from '../lib/aws/objects.ts';
import { routes } from '../lib/aws/routes.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createStarter } from '../lib/aws/starter.ts';
import { createTelling } from '../lib/aws/telling.ts';
import { type Reconciled, reconcile } from '../lib/lifecycle/reconcile.ts';

export const handler = edge<unknown, Reconciled>(async () => {
  const result = await reconcile({
    ledger: ledger(),
    runs: createRuns(),
    objects: createObjects(),
    executions: createExecutions(),
    starter: createStarter(),
    ...createTelling(),
    dropsAgain: createDropsAgain(),
    routes,
    clock,
    random: Math.random,
    settings: config(),
    log,
  });
  log.info('reconciled', { ...result });
  return result;
});
