/** Drops arrive from the drops queue, in batches; each is taken, or comes back, by itself. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { config } from '../lib/aws/config.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createObjects } from '../lib/aws/objects.ts';
import { routes } from '../lib/aws/routes.ts';
import { takeDrops } from '../lib/lifecycle/take-drops.ts';

export const handler = edge<SQSEvent, SQSBatchResponse>(({ Records }) =>
  takeDrops(
    {
      ledger: ledger(),
      objects: createObjects(),
      executions: createExecutions(),
      routes,
      clock,
      settings: config(),
      log,
    },
    Records,
  ),
);
