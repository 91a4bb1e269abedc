/** HealthOmics says that a run changed its status; best effort, so it is only a hint. */
import type { EventBridgeEvent } from 'aws-lambda';
import { config } from '../lib/aws/config.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { takeStatusEvent } from '../lib/lifecycle/status-event.ts';

export const handler = edge<EventBridgeEvent<string, unknown>, void>(async (event) => {
  const { trustedRuns: trusted } = config();
  await takeStatusEvent(
    { ledger: ledger(), runs: createRuns(), executions: createExecutions(), clock, log, trusted },
    event,
  );
});
