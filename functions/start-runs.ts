/** The one starter: nudged through a FIFO queue with one message group, so never two at a time. */
import type { SQSEvent } from 'aws-lambda';
import { config } from '../lib/aws/config.ts';
import { deferred } from '../lib/aws/deferred.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createObjects } from '../lib/aws/objects.ts';
import { createQuotas } from '../lib/aws/quotas.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { startRunOnce } from '../lib/aws/start-run-once.ts';
import { createTelling } from '../lib/aws/telling.ts';
import { readNudges } from '../lib/lifecycle/nudge.ts';
import { startWaiting } from '../lib/lifecycle/start-waiting.ts';

/** Left over at the end, so that the call under way is finished and written. */
const RESERVE_MS = 15_000;

export const handler = edge<SQSEvent, void>(async ({ Records }, context) => {
  const deadlineMs = clock.nowMs() + Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
  const { started, stopped } = await startWaiting(
    {
      ledger: ledger(),
      runs: createRuns(startRunOnce(context)),
      objects: createObjects(),
      executions: createExecutions(),
      ...createTelling(),
      dropsAgain: deferred(async () => (await import('../lib/aws/drops-again.ts')).createDropsAgain()),
      starter: deferred(async () => (await import('../lib/aws/starter.ts')).createStarter()),
      quotas: createQuotas(clock, log),
      clock,
      settings: config(),
      log,
    },
    deadlineMs,
    readNudges(Records.map(({ body }) => body)),
  );
  log.info('starter done', { started, stopped });
});
