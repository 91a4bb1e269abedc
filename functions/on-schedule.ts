/** A schedule of the route file ticks: one tick, one request. */
import { config } from '../lib/aws/config.ts';
import { clock, edge, log } from '../lib/aws/edge.ts';
import { createExecutions } from '../lib/aws/executions.ts';
import { ledger } from '../lib/aws/ledger.ts';
import { routes } from '../lib/aws/routes.ts';
import { parseTick, takeTick } from '../lib/lifecycle/take-schedule.ts';

export const handler = edge<unknown, { request: string }>(async (event) => {
  const ports = { ledger: ledger(), executions: createExecutions(), routes, clock, settings: config(), log };
  const { identity } = await takeTick(ports, parseTick(event));
  return { request: identity };
});
