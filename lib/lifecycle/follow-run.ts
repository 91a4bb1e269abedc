/** Keeps the ledger's word on a run in step with HealthOmics', and wakes who waits for its end. */
import type { Ledger } from '../ledger/ledger.ts';
import { RequestMissingError } from '../ledger/requests.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { isTerminal, type RunStatus } from '../runs/run-status.ts';
import { ended, type NewsBy, type RunNews, runHasEnded, statusKnown } from '../runs/transitions.ts';
import type { Clock, Executions, Log, Runs } from './ports.ts';
import { answerEverybody } from './tokens.ts';

/** A run that HealthOmics has just made may not be found at once. AWS states no bound; nobody removes a run so young. */
export const MAY_NOT_SHOW_YET_MS = 60_000;

export interface FollowPorts {
  readonly ledger: Pick<Ledger, 'requests' | 'tokens'>;
  readonly runs: Pick<Runs, 'getRun'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Asks GetRun for one attempt's run and writes what it says. A run that is gone, or another by its uuid, is REMOVED. */
export async function statusOfRun(
  ports: FollowPorts,
  identity: string,
  attempt: number,
  by?: NewsBy,
): Promise<RequestRecord> {
  const record = await ports.ledger.requests.read(identity);
  if (record === undefined) throw new RequestMissingError(identity);
  return askedStatus(ports, record, attempt, by);
}

/** The same, of a record that has just been read. */
export async function askedStatus(
  ports: FollowPorts,
  record: RequestRecord,
  attempt: number,
  by?: NewsBy,
): Promise<RequestRecord> {
  const { identity } = record;
  const known = record.attempts.find((one) => one.attempt === attempt);
  if (record.state === 'ENDED' || known?.runId === undefined || known.outcome !== undefined) return record;
  const run = await ports.runs.getRun(known.runId);
  const nowMs = ports.clock.nowMs();
  const at = new Date(nowMs).toISOString();
  if (run === undefined && nowMs - Date.parse(known.startCalledAt ?? '') < MAY_NOT_SHOW_YET_MS) return record;
  if (run === undefined || run.uuid !== known.uuid) {
    ports.log.warn('run is gone', { identity, attempt, runId: known.runId, uuid: known.uuid });
    // What is known to have ended keeps its end; only a run whose end nobody saw is REMOVED.
    if (known.status !== undefined && isTerminal(known.status) && known.status !== 'DELETED') return record;
    const reason = `HealthOmics no longer has run ${known.runId} (uuid ${known.uuid}), and its end was not seen.`;
    return ports.ledger.requests.change(identity, (latest) =>
      awaitsEndOf(latest, attempt) ? ended(latest, 'REMOVED', at, reason) : latest,
    );
  }
  const news = { ...newsOf(run), by };
  return ports.ledger.requests.change(identity, (latest) => statusKnown(latest, attempt, news, at), record);
}

/** While HealthOmics was asked, others may have seen the end, or have gone on to the next attempt. */
function awaitsEndOf(record: RequestRecord, attempt: number): boolean {
  const current = currentAttempt(record);
  return record.state === 'STARTED' && current.attempt === attempt && !runHasEnded(current);
}

/** GetRun's facts without those that identify the run. */
function newsOf(run: RunNews): RunNews {
  const news: { -readonly [name in keyof RunNews]: RunNews[name] } = { status: run.status };
  if (run.creationTime !== undefined) news.creationTime = run.creationTime;
  if (run.startTime !== undefined) news.startTime = run.startTime;
  if (run.stopTime !== undefined) news.stopTime = run.stopTime;
  if (run.failureReason !== undefined) news.failureReason = run.failureReason;
  if (run.statusMessage !== undefined) news.statusMessage = run.statusMessage;
  if (run.runOutputUri !== undefined) news.runOutputUri = run.runOutputUri;
  if (run.retentionMode !== undefined) news.retentionMode = run.retentionMode;
  if (run.storageType !== undefined) news.storageType = run.storageType;
  return news;
}

/** A run's status as an event or a listing hints at it. Hints may be late, doubled or lost. */
export interface StatusHint {
  readonly runId: string;
  readonly uuid?: string;
  readonly status: RunStatus;
}

/** Takes a hint: writes a status on the way, confirms an end by GetRun and wakes the watchers. A hint without uuid is only a reason to ask. */
export async function followHint(
  ports: FollowPorts & { readonly executions: Executions },
  hint: StatusHint,
  by: NewsBy = 'event',
): Promise<'foreign' | 'followed'> {
  const ours = await ownerOf(ports, hint);
  if (ours === undefined) return 'foreign';
  // Without a uuid the news may be of another run that has the id now: then it is GetRun that tells.
  if (!isTerminal(hint.status) && hint.uuid !== undefined) {
    const at = new Date(ports.clock.nowMs()).toISOString();
    await ports.ledger.requests.change(ours.identity, (latest) =>
      statusKnown(latest, ours.attempt, { status: hint.status, by }, at),
    );
    return 'followed';
  }
  const record = await statusOfRun(ports, ours.identity, ours.attempt, by);
  await answerEverybody(ports, record);
  return 'followed';
}

/** Ids are reused: without a uuid the hint may mean any of our runs that had this id, of which one at most is unfinished. */
async function ownerOf(ports: FollowPorts, hint: StatusHint) {
  if (hint.uuid !== undefined) return ports.ledger.requests.findByUuid(hint.uuid);
  for (const candidate of await ports.ledger.requests.findByRunId(hint.runId)) {
    const record = await ports.ledger.requests.read(candidate.identity);
    const attempt = record?.attempts.find((one) => one.attempt === candidate.attempt);
    if (record?.state === 'STARTED' && attempt?.uuid === candidate.uuid && attempt.outcome === undefined)
      return candidate;
  }
  return undefined;
}
