/** The run of a StartRun call whose answer is not known: looked for by name and tag, adopted, or left to a person. */
import type { Ledger } from '../ledger/ledger.ts';
import { type AttemptRecord, currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { REQUEST_ID_TAG } from '../runs/start-run-input.ts';
import { heldUp, type StartedRun, started, uncertain } from '../runs/transitions.ts';
import type { AnnouncePorts } from './announce-outcome.ts';
import { announceUncertain } from './announce-uncertain.ts';
import { secondsBetween } from './metrics.ts';
import type { Executions, RunFacts, Runs } from './ports.ts';
import { answerAll } from './tokens.ts';

export interface FindRunPorts extends AnnouncePorts {
  readonly ledger: Pick<Ledger, 'requests' | 'tokens'>;
  readonly runs: Pick<Runs, 'getRun' | 'findRunIdsByName'>;
  readonly executions: Executions;
}

/** By its name, and then by the tag that only it has. */
export async function findOwnRun(
  { runs }: Pick<FindRunPorts, 'runs'>,
  { name, requestId }: AttemptRecord,
): Promise<RunFacts | undefined> {
  for (const runId of await runs.findRunIdsByName(name)) {
    const run = await runs.getRun(runId);
    if (run?.tags[REQUEST_ID_TAG] === requestId) return run;
  }
  return undefined;
}

/** HealthOmics has the run: on record first, then whoever waits for it is told. */
export async function adopt(ports: FindRunPorts, record: RequestRecord, run: StartedRun): Promise<void> {
  const at = new Date(ports.clock.nowMs()).toISOString();
  const { attempt, requestId } = currentAttempt(record);
  const step = (latest: RequestRecord) => started(latest, attempt, run, at);
  const adopted = await ports.ledger.requests.change(record.identity, step, record);
  ports.log.info('run started', { identity: record.identity, attempt, requestId, runId: run.runId, uuid: run.uuid });
  const waitedSeconds = secondsBetween(record.since, at);
  if (waitedSeconds !== undefined) ports.metrics.record({ kind: 'started', waitedSeconds });
  await answerAll(ports, adopted, 'start');
}

/** Says why it still waits, once. */
export async function noteReason(
  ports: Pick<FindRunPorts, 'ledger'>,
  record: RequestRecord,
  reason: string,
): Promise<void> {
  if (record.reason === reason) return;
  await ports.ledger.requests.change(record.identity, (latest) => heldUp(latest, reason), record);
}

/** Nobody can find out any more whether there is a run. */
export async function leaveToPerson(ports: FindRunPorts, record: RequestRecord, why: string): Promise<void> {
  const { attempt, requestId, name, startCalledAt } = currentAttempt(record);
  const reason =
    `StartRun was called at ${startCalledAt} and its answer is not known; no run named ${name} exists now. ` +
    `${why} Whether one ran and was removed cannot be told: a person has to decide.`;
  const at = new Date(ports.clock.nowMs()).toISOString();
  const unsure = await ports.ledger.requests.change(record.identity, (latest) => uncertain(latest, reason, at));
  ports.log.error('start is uncertain', { identity: record.identity, attempt, requestId });
  // Here and not when people are told: the alarm must rise also when the topic is what is ill.
  if (unsure.state === 'UNCERTAIN' && unsure.since === at) ports.metrics.record({ kind: 'uncertain' });
  await announceUncertain(ports, unsure);
}

/** By then no call of before the wish is under way any more, and a run that one of them made can be seen. */
const LOOK_FOR_MS = 15 * 60_000;

/**
 * A person wants no run, and a call may have made one: it is looked for, to be cancelled. The same call again would tell
 * for certain, but where there is no run it would start one, which costs money for nothing.
 */
export async function lookForUnwanted(ports: FindRunPorts, record: RequestRecord, askedAt: string): Promise<void> {
  const attempt = currentAttempt(record);
  const run = await findOwnRun(ports, attempt);
  if (run !== undefined) return adopt(ports, record, run);
  if (ports.clock.nowMs() - Date.parse(askedAt) >= LOOK_FOR_MS) {
    return leaveToPerson(ports, record, `It was cancelled by hand at ${askedAt}, so the call was not repeated.`);
  }
  const reason = `It was cancelled by hand; StartRun had been called at ${attempt.startCalledAt} and its answer is not known. A run of it is looked for, to be cancelled, and nothing is started.`;
  await noteReason(ports, record, reason);
}
