/** Follows a run that was started: by what HealthOmics lists as active, and where that says nothing, by GetRun. */
import { type AttemptRecord, currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { advances, parseRunStatus, type RunStatus } from '../runs/run-status.ts';
import { runHasEnded } from '../runs/transitions.ts';
import type { ActiveRuns } from './active-runs.ts';
import { cancelIfAsked } from './cancel-request.ts';
import { followHint, statusOfRun } from './follow-run.ts';
import type { Runs } from './ports.ts';
import { recordOutcome } from './record-outcome.ts';
import { isYoung, type RepairPorts, repairAnnouncement, repairWatcher } from './repair-request.ts';
import { tellOverdue } from './tell-overdue.ts';
import { answerAll, answerEverybody } from './tokens.ts';

export type RepairStartedPorts = RepairPorts & { readonly runs: Pick<Runs, 'cancelRun'> };

/** What one round of reconciliation looks at. */
export interface StartedRound {
  readonly active: ActiveRuns;
  /** The requests whose executions it asks for. */
  readonly watched: ReadonlySet<string>;
}

/** Answers whether anything was left to do. */
export async function repairStarted(
  ports: RepairStartedPorts,
  record: RequestRecord,
  round: StartedRound,
): Promise<boolean> {
  try {
    return await followRun(ports, record, round);
  } finally {
    // Last: a cancel that HealthOmics does not take must not keep an end back, nor the other way round.
    if (record.cancelAskedAt !== undefined) await cancelOrCatchUp(ports, record.identity, round);
  }
}

/** What is learnt of the run on the way is written: else it would be asked for again each minute until a listing is due. */
async function cancelOrCatchUp(ports: RepairStartedPorts, identity: string, round: StartedRound): Promise<void> {
  const latest = await ports.ledger.requests.read(identity);
  if (latest !== undefined && (await cancelIfAsked(ports, latest)) === 'news') await catchUp(ports, latest, round);
}

async function followRun(ports: RepairStartedPorts, record: RequestRecord, round: StartedRound): Promise<boolean> {
  const { active } = round;
  const attempt = currentAttempt(record);
  // The starter may have died between its record and its answer.
  if (!isYoung(ports, record) && (await answerAll(ports, record, 'start')) > 0) return true;
  const listed = listedStatus(record, active);
  if (listed !== undefined && !runHasEnded(attempt)) {
    const moved = advances(attempt.status, listed);
    if (moved && attempt.runId !== undefined) {
      const uuid = attempt.uuid === undefined || record.origin.kind === 'run' ? {} : { uuid: attempt.uuid };
      await followHint(ports, { runId: attempt.runId, ...uuid, status: listed }, 'listing');
    }
    const repaired = (await repairWatched(ports, record, round)) || moved;
    if (!moved && isListed(active, attempt)) await tellOverdue(ports, record);
    return repaired;
  }
  return catchUp(ports, record, round);
}

async function repairWatched(ports: RepairStartedPorts, record: RequestRecord, round: StartedRound): Promise<boolean> {
  return round.watched.has(record.identity) && repairWatcher(ports, record);
}

/** Asks GetRun, and does what follows from its answer. */
async function catchUp(ports: RepairStartedPorts, record: RequestRecord, round: StartedRound): Promise<boolean> {
  const told = await statusOfRun(ports, record.identity, currentAttempt(record).attempt, 'listing');
  if ((await answerEverybody(ports, told)) > 0) return true;
  return told.state === 'ENDED' ? repairAnnouncement(ports, told) : finishUnwatched(ports, told, round);
}

/** The run has ended and nobody waits for it: an execution that still runs will see to it, else the outcome is ours to record. */
async function finishUnwatched(
  ports: RepairStartedPorts,
  record: RequestRecord,
  round: StartedRound,
): Promise<boolean> {
  const attempt = currentAttempt(record);
  if (!runHasEnded(attempt)) {
    const repaired = await repairWatched(ports, record, round);
    await tellOverdue(ports, record);
    return repaired;
  }
  const latest = record.executions.at(-1);
  const status = latest === undefined ? undefined : await ports.executions.status(latest);
  if (status === 'RUNNING') return false;
  await recordOutcome(ports, { request: record.identity, attempt: attempt.attempt });
  return true;
}

/** Fractions of a second may be told here and not there. */
function isAnotherTime(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return Math.abs(Date.parse(one) - Date.parse(other)) > 1_000;
}

/** Whether the status that the run was last known in was asked for. */
function isListed({ statuses }: ActiveRuns, { status }: AttemptRecord): boolean {
  return status !== undefined && statuses.some((one) => one === status);
}

/** Ids are reused and a listing tells no uuid; but the names that we give are our own, and no two runs begin at one time. */
function listedStatus(record: RequestRecord, active: ActiveRuns): RunStatus | undefined {
  const attempt = currentAttempt(record);
  const listed = attempt.runId === undefined ? undefined : active.runs.get(attempt.runId);
  // Not asked for this time: it is what events last said.
  if (listed === undefined) return isListed(active, attempt) ? undefined : attempt.status;
  const namedByUs = record.origin.kind !== 'run';
  if (namedByUs && listed.name !== undefined && listed.name !== attempt.name) return undefined;
  // An id is used again once its run is gone, even by a run of the same name: only the time tells, and GetRun tells the time.
  if (listed.creationTime !== undefined && attempt.creationTime === undefined) return undefined;
  if (isAnotherTime(listed.creationTime, attempt.creationTime)) return undefined;
  return parseRunStatus(listed.status);
}
