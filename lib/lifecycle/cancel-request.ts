/** A person ends a request: before it starts, or by cancelling its run. Its outcome then arrives as every outcome does. */
import type { Ledger } from '../ledger/ledger.ts';
import { cancelAsked, hasActed } from '../runs/operator-steps.ts';
import { type Act, currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { runHasEnded } from '../runs/transitions.ts';
import type { Log, Runs } from './ports.ts';

export interface CancelPorts {
  readonly ledger: Pick<Ledger, 'requests'>;
  readonly runs: Pick<Runs, 'getRun' | 'cancelRun'>;
  readonly log: Log;
}

export interface CancelResult {
  readonly record: RequestRecord;
  /**
   * `ended`: it never started, and will not. `cancelling`: HealthOmics was asked to cancel its run. `asked`: a run may be
   * starting or has just ended; starter and reconciliation see to it. `over`: it had ended before. `uncertain`: nobody knows whether
   * there is a run.
   */
  readonly kind: 'ended' | 'cancelling' | 'asked' | 'over' | 'uncertain';
}

/** Safe to repeat. */
export async function cancelRequest(ports: CancelPorts, known: RequestRecord, act: Act): Promise<CancelResult> {
  const record = await ports.ledger.requests.change(known.identity, (latest) => cancelAsked(latest, act));
  if (record.state === 'ENDED') return { record, kind: hasActed(record, act) ? 'ended' : 'over' };
  if (record.state === 'UNCERTAIN') return { record, kind: 'uncertain' };
  return { record, kind: (await cancelIfAsked(ports, record)) === 'cancelling' ? 'cancelling' : 'asked' };
}

/**
 * Cancels the run of a request whose end a person asked for, if it goes on. `news`: HealthOmics says of the run what the
 * ledger does not know yet, and there is nothing to cancel.
 */
export async function cancelIfAsked(
  ports: CancelPorts,
  record: RequestRecord,
): Promise<'cancelling' | 'news' | 'nothing'> {
  const { attempt, runId, uuid, status } = currentAttempt(record);
  if (record.cancelAskedAt === undefined || record.state !== 'STARTED' || runId === undefined) return 'nothing';
  if (status === 'STOPPING' || runHasEnded(currentAttempt(record))) return 'nothing';
  // Ids are used again: cancelling by an id that is another run's by now would end the wrong run.
  const run = await ports.runs.getRun(runId);
  if (run?.uuid !== uuid || !CANCELLABLE.some((one) => one === run?.status)) return 'news';
  await ports.runs.cancelRun(runId);
  ports.log.info('run is to be cancelled', { identity: record.identity, attempt, runId, uuid });
  return 'cancelling';
}

const CANCELLABLE = ['PENDING', 'STARTING', 'RUNNING'];
