/** `rundrop cancel RUN`: ends a request before it starts, or cancels its run. Never tried again afterwards. */
import { type CancelResult, cancelRequest } from '../../lib/lifecycle/cancel-request.ts';
import { currentAttempt } from '../../lib/runs/request-record.ts';
import { openLedger, openOmics } from '../clients.ts';
import { type OperatorOptions, openOperator } from '../operator.ts';
import { statusOf } from '../rows.ts';
import { runsOver, SILENT } from '../runs-port.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import { findRequest } from './show.ts';

export interface CancelOptions extends OperatorOptions {
  readonly json?: boolean;
}

/** Exit status 1 when there is nothing left to cancel, or nobody knows what. */
export async function cancel(
  target: Target,
  terminal: Terminal,
  run: string,
  options: CancelOptions,
  nowMs: number,
): Promise<number> {
  const ledger = await openLedger(target, terminal);
  const operator = await openOperator(target, options, nowMs);
  const record = await findRequest(ledger, run);
  const ports = { ledger, runs: runsOver(await openOmics(target)), log: SILENT };
  const result = await cancelRequest(ports, record, operator.act('cancel'));
  if (options.json) terminal.out(JSON.stringify(answerOf(result), null, 2));
  else terminal.out(describe(result));
  const isDone = result.kind !== 'over' || result.record.outcome === 'CANCELLED';
  return isDone && result.kind !== 'uncertain' ? 0 : 1;
}

function answerOf({ kind, record }: CancelResult) {
  const { runId, uuid } = currentAttempt(record);
  return { request: record.identity, result: kind, status: statusOf(record), runId, uuid };
}

function describe({ kind, record }: CancelResult): string {
  const { identity, outcome } = record;
  const { runId } = currentAttempt(record);
  switch (kind) {
    case 'ended':
      return `Cancelled ${identity} before it started; nothing will. Its outcome is announced within a minute.`;
    case 'cancelling':
      return `HealthOmics cancels run ${runId} of ${identity}. Its outcome arrives as usual: rundrop show ${runId}`;
    case 'asked':
      return runId === undefined
        ? `StartRun of ${identity} was called, and its answer is not known yet: if a run comes of it, it is cancelled within a minute. StartRun is not called again.`
        : `Run ${runId} of ${identity} is ending already; no other attempt follows.`;
    case 'over':
      return `${identity} ended before as ${outcome}: there is nothing to cancel.`;
    case 'uncertain':
      return `Nobody knows whether ${identity} has a run, so there is none to cancel. Decide with: rundrop replay ${identity} --adopt RUN, --start-again or --give-up`;
    default:
      return kind satisfies never;
  }
}
