/** ASL state AwaitStart: a request gets in line; the starter answers its token. */
import { config } from '../lib/aws/config.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createStarter } from '../lib/aws/starter.ts';
import { type AwaitStartEvent, awaitStart } from '../lib/lifecycle/await-start.ts';

/** Left over at the end, so that the rows of a sheet that are under way are finished and the rest is sent on. */
const RESERVE_MS = 10_000;

export const handler = edge<AwaitStartEvent, void>((event, context) =>
  awaitStart(
    {
      ledger: ledger(),
      runs: createRuns(),
      executions: createExecutions(),
      starter: createStarter(),
      clock,
      settings: config(),
      log,
      // Loaded only when a person names an object: every other start of this function goes without S3 and the route file.
      taking: async () => {
        const [{ createObjects }, { createSheetParts }, { routes }] = await Promise.all([
          import('../lib/aws/objects.ts'),
          import('../lib/aws/sheet-parts.ts'),
          import('../lib/aws/routes.ts'),
        ]);
        const deadlineMs = clock.nowMs() + Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
        return { objects: createObjects(), sheetParts: createSheetParts(), routes, deadlineMs };
      },
    },
    event,
  ),
);
