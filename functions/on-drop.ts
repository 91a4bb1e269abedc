/** Drops arrive from the drops queue, in batches; each is taken, or comes back, by itself. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { config } from '../lib/aws/config.ts';
import { deferred } from '../lib/aws/deferred.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createMetrics } from '../lib/aws/lifecycle-metrics.ts';
import { createObjects } from '../lib/aws/objects.ts';
import { routes } from '../lib/aws/routes.ts';
import { takeDrops } from '../lib/lifecycle/take-drops.ts';

/** Left over at the end, so that the rows under way are finished and the rest is sent back. */
const RESERVE_MS = 10_000;

export const handler = edge<SQSEvent, SQSBatchResponse>(({ Records }, context) =>
  takeDrops(
    {
      ledger: ledger(),
      objects: createObjects(),
      executions: createExecutions(),
      routes,
      trusted: config().trustedDrops,
      sheetParts: deferred(async () => (await import('../lib/aws/sheet-parts.ts')).createSheetParts()),
      deadlineMs: clock.nowMs() + Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS),
      metrics: createMetrics(),
      clock,
      settings: config(),
      log,
    },
    Records,
  ),
);
