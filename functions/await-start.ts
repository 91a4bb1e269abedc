/** ASL state AwaitStart: a request gets in line; the starter answers its token. */
import { config } from '../lib/aws/config.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createStarter } from '../lib/aws/starter.ts';
import { type AwaitStartEvent, awaitStart } from '../lib/lifecycle/await-start.ts';

export const handler = edge<AwaitStartEvent, void>((event) =>
  awaitStart(
    {
      ledger: ledger(),
      runs: createRuns(),
      executions: createExecutions(),
      starter: createStarter(),
      clock,
      settings: config(),
      log,
    },
    event,
  ),
);
