/** The machine's second state: leaves a token that is answered when the run has ended. */
import type { Ledger } from '../ledger/ledger.ts';
import { statusOfRun } from './follow-run.ts';
import type { Clock, Executions, Log, Runs } from './ports.ts';
import { answerEverybody, watchAnswer } from './tokens.ts';

export interface WatchRunPorts {
  readonly ledger: Pick<Ledger, 'requests' | 'tokens'>;
  readonly runs: Pick<Runs, 'getRun'>;
  readonly executions: Executions;
  readonly clock: Clock;
  readonly log: Log;
}

export interface WatchRunEvent {
  readonly token: string;
  readonly executionName: string;
  /** The request's identity. */
  readonly request: string;
  readonly attempt: number;
}

/** Registers the token first and asks HealthOmics then: a run that ends in between finds the token. */
export async function watchRun(ports: WatchRunPorts, event: WatchRunEvent): Promise<void> {
  const { request: identity, attempt, executionName } = event;
  const token = { identity, purpose: 'watch' as const, executionName, attempt, token: event.token };
  await ports.ledger.tokens.put(token, ports.clock.nowMs());
  const record = await statusOfRun(ports, identity, attempt);
  if (watchAnswer(record, attempt) === undefined) {
    ports.log.info('run is watched', { identity, attempt });
    return;
  }
  await answerEverybody(ports, record);
}
