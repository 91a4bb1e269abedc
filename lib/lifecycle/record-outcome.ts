/** The machine's third state: how the attempt ended, whether another follows, and the announcement of the outcome. */
import type { Ledger } from '../ledger/ledger.ts';
import { RequestMissingError } from '../ledger/requests.ts';
import { type AttemptRecord, currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { decideRetry, type FailedAttempt, INPUT_MODIFIED, retryDelaySeconds } from '../runs/retry.ts';
import { askedName, startRunInput } from '../runs/start-run-input.ts';
import { ended, retrying, runHasEnded } from '../runs/transitions.ts';
import { type AnnouncePorts, announceOutcome } from './announce-outcome.ts';
import { changedMembers } from './changed-members.ts';
import { dropAgain } from './drop-again.ts';
import { askedStatus } from './follow-run.ts';
import { keepAttemptEvidence } from './keep-evidence.ts';
import { type NoteRoomPorts, noteRoom } from './note-room.ts';
import { endAnswer, type OutcomeAnswer } from './outcome-answer.ts';
import type { DropsAgain, Objects, Runs, Settings } from './ports.ts';

export interface RecordOutcomePorts extends AnnouncePorts, NoteRoomPorts {
  readonly ledger: Pick<Ledger, 'gate' | 'requests' | 'tokens'>;
  readonly runs: Pick<Runs, 'getRun'>;
  readonly objects: Pick<Objects, 'head'>;
  readonly dropsAgain: DropsAgain;
  readonly random: () => number;
  readonly settings: Settings;
}

/** The run has not ended: WatchRun let go too early. Retriable. */
export class RunNotEnded extends Error {
  override readonly name = 'RunNotEnded';
}

/** Decides once: a repeat finds what was decided, and says it again. */
export async function recordOutcome(
  ports: RecordOutcomePorts,
  event: { request: string; attempt: number },
): Promise<OutcomeAnswer> {
  const known = await knownEnd(ports, event);
  const modified = await modifiedInput(ports, known, event.attempt);
  const decided = await ports.ledger.requests.change(
    known.identity,
    (latest) => decide(ports, latest, { number: event.attempt, modified }),
    known,
  );
  if (decided.state === 'ENDED') {
    await noteRoom(ports, decided);
    await announceOutcome(ports, decided);
    return endAnswer(decided);
  }
  if (currentAttempt(decided).attempt === event.attempt) {
    throw new RunNotEnded(`Attempt ${event.attempt} of request ${event.request} has not ended yet.`);
  }
  // The next attempt may take long, and retention may take this run meanwhile.
  await keepAttemptEvidence(ports, decided, event.attempt);
  ports.log.info('attempt failed, another follows', { identity: decided.identity, attempt: event.attempt });
  return {
    request: decided.identity,
    next: 'retry',
    attempt: currentAttempt(decided).attempt,
    retryAfterSeconds: retryDelaySeconds(event.attempt, ports.settings.retryBaseSeconds, ports.random),
  };
}

/** An end that is in the ledger came from GetRun: it need not be asked again. */
async function knownEnd(
  ports: RecordOutcomePorts,
  event: { request: string; attempt: number },
): Promise<RequestRecord> {
  const record = await ports.ledger.requests.read(event.request);
  if (record === undefined) throw new RequestMissingError(event.request);
  const attempt = record.attempts.find((one) => one.attempt === event.attempt);
  return attempt !== undefined && runHasEnded(attempt) ? record : askedStatus(ports, record, event.attempt);
}

/**
 * An input changed while the run used it. When it is one of the request's own objects, another attempt would work on
 * something else under this identity: what lies there now becomes a request of its own. Says so, for people.
 */
async function modifiedInput(
  ports: RecordOutcomePorts,
  record: RequestRecord,
  number: number,
): Promise<string | undefined> {
  const attempt = currentAttempt(record);
  const isAbout = record.state === 'STARTED' && attempt.attempt === number && attempt.status === 'FAILED';
  if (!isAbout || attempt.failureReason !== INPUT_MODIFIED || record.cancelAskedAt !== undefined) return undefined;
  const changed = await changedMembers(ports, record.members, ports.log);
  const [first] = changed;
  if (first === undefined) return undefined;
  // Before the outcome is on record: afterwards nobody would look at this request again.
  await dropAgain(ports.dropsAgain, changed);
  ports.log.warn('input changed while the run used it', { identity: record.identity, changed: changed.length });
  const { dropId } = first.member;
  return first.now === undefined
    ? `An input object (drop ${dropId}) was deleted while the run used it.`
    : `An input object (drop ${dropId}) was overwritten while the run used it; the newer one is a drop of its own.`;
}

interface AttemptEnd {
  readonly number: number;
  /** Which of its objects became another one. */
  readonly modified: string | undefined;
}

/** The step from an ended run to an outcome or to the next attempt; pure but for the time. */
function decide(
  ports: Pick<RecordOutcomePorts, 'clock'>,
  record: RequestRecord,
  { number, modified }: AttemptEnd,
): RequestRecord {
  const attempt = currentAttempt(record);
  if (record.state !== 'STARTED' || attempt.attempt !== number || !runHasEnded(attempt)) return record;
  const at = new Date(ports.clock.nowMs()).toISOString();
  if (attempt.status === 'COMPLETED') return ended(record, 'COMPLETED', at);
  if (attempt.status === 'CANCELLED') return ended(record, 'CANCELLED', at, 'The run was cancelled.');
  if (attempt.status !== 'DELETED' && record.cancelAskedAt !== undefined) {
    return ended(
      record,
      'FAILED',
      at,
      `${failureText(attempt)}. It is not tried again: its end was asked for by hand.`,
    );
  }
  if (attempt.status === 'DELETED') return ended(record, 'REMOVED', at, 'The run was deleted before its end was seen.');
  if (modified !== undefined) return ended(record, 'FAILED', at, `${failureText(attempt)}. ${modified}`);
  const decision = decideRetry({
    ...failureOf(record, attempt),
    maxAttempts: record.maxAttempts,
    overrides: record.retry,
  });
  if (decision.kind === 'give-up') return ended(record, 'FAILED', at, failureText(attempt));
  return retrying(record, number, askedName(record.requestText, record.route), decision.changes, at);
}

/** What the request asked for says how much room there was: HealthOmics tells of a STATIC run only its type. */
function failureOf(record: RequestRecord, attempt: AttemptRecord): Omit<FailedAttempt, 'maxAttempts' | 'overrides'> {
  const { storageType, storageCapacity } = startRunInput(record, attempt);
  return {
    failureReason: attempt.failureReason,
    attempt: attempt.attempt,
    storageType: attempt.storageType ?? (typeof storageType === 'string' ? storageType : undefined),
    storageCapacity: typeof storageCapacity === 'number' ? storageCapacity : undefined,
  };
}

function failureText({ failureReason, statusMessage }: AttemptRecord): string {
  return [failureReason ?? 'The run failed without a failureReason.', statusMessage]
    .filter((text) => text !== undefined)
    .join(': ');
}
