/** HealthOmics says that a run changed its status; best effort, so it is only a hint. */
import type { EventBridgeEvent } from 'aws-lambda';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { followHint } from '../lib/lifecycle/follow-run.ts';
import { parseStatusEvent } from '../lib/lifecycle/status-event.ts';

export const handler = edge<EventBridgeEvent<string, unknown>, void>(async (event) => {
  const hint = parseStatusEvent(event.detail);
  const ports = { ledger: ledger(), runs: createRuns(), executions: createExecutions(), clock, log };
  const owner = await followHint(ports, hint);
  log.info('run status', { runId: hint.runId, uuid: hint.uuid, status: hint.status, owner });
});
