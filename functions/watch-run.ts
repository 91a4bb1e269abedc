/** ASL state WatchRun: leaves a token that is answered when the run has ended. */
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { type WatchRunEvent, watchRun } from '../lib/lifecycle/watch-run.ts';

export const handler = edge<WatchRunEvent, void>((event) =>
  watchRun({ ledger: ledger(), runs: createRuns(), executions: createExecutions(), clock, log }, event),
);
