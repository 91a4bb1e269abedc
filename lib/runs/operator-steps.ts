/**
 * The steps that a person takes with a request. Pure, as those of `transitions.ts`: a step that does not apply returns the
 * record as it was, and every step that was taken is in `acts`.
 */
import { type Act, currentAttempt, type RequestRecord, toldOfOutcome } from './request-record.ts';
import { askedName } from './start-run-input.ts';
import { isEverybodyTold } from './told.ts';
import { ended, NEVER_STARTED, newAttempt, type StartedRun, started } from './transitions.ts';

/** So many are kept, the newest; a person does not come near it. */
const MOST_ACTS = 100;

export function acted(record: RequestRecord, act: Act): RequestRecord {
  return { ...record, acts: [...(record.acts ?? []), act].slice(-MOST_ACTS) };
}

/** Whether that very act is in the record: else the step did not apply, or somebody else was first. */
export function hasActed(record: RequestRecord, { what, at, by }: Act): boolean {
  return record.acts?.some((one) => one.what === what && one.at === at && one.by === by) === true;
}

/**
 * Ends what has no run. Where a run is, or may be because StartRun was called, only the wish is written: the run is
 * cancelled when it is known, and no attempt follows. One conditional write decides between this and `startCalled`.
 */
export function cancelAsked(record: RequestRecord, act: Act): RequestRecord {
  if (record.state === 'ENDED' || record.state === 'UNCERTAIN') return record;
  const asked = { ...acted(record, act), cancelAskedAt: record.cancelAskedAt ?? act.at };
  const mayRun = record.state === 'STARTED' || currentAttempt(record).startCalledAt !== undefined;
  return mayRun ? asked : ended(asked, 'CANCELLED', act.at, NEVER_STARTED);
}

/** Whether a request that is over may be opened again: it has ended without a run, and the world has been told. */
export function canReopen(record: RequestRecord): boolean {
  const { outcome } = record;
  const isTold = isEverybodyTold(toldOfOutcome(record));
  return (outcome === 'REFUSED' || outcome === 'SUPERSEDED') && currentAttempt(record).uuid === undefined && isTold;
}

/** One more attempt for a request that never had a run, or not in its last attempt. The attempt before keeps its outcome. */
export function reopened(record: RequestRecord, act: Act): RequestRecord {
  if (!canReopen(record)) return record;
  const { outcome, outcomeAt, announcedAt: _n, reason: _r, cancelAskedAt: _c, ...kept } = acted(record, act);
  const { notifiedAt: _t, reasonCode: _k, evidence, evidenceTrouble: _e, ...rest } = kept;
  const before = { outcome, at: outcomeAt, ...(evidence === undefined ? {} : { evidence }) };
  const earlierOutcomes = [...(record.earlierOutcomes ?? []), before];
  return {
    ...withNextAttempt({ ...rest, earlierOutcomes }),
    state: 'CLAIMED',
    since: act.at,
    reopened: (record.reopened ?? 0) + 1,
  };
}

/** A person found the run that nobody knew of. */
export function adoptedByHand(record: RequestRecord, run: StartedRun, act: Act): RequestRecord {
  if (record.state !== 'UNCERTAIN') return record;
  return acted(started(record, currentAttempt(record).attempt, run, act.at), act);
}

/** A person takes it upon himself that a second run may come of it. */
export function startedAgain(record: RequestRecord, act: Act): RequestRecord {
  if (record.state !== 'UNCERTAIN') return record;
  // Who starts it again does not want its end any more.
  const { reason: _, cancelAskedAt: _c, ...rest } = acted(record, act);
  return { ...withNextAttempt(rest), state: 'WAITING', since: act.at };
}

export function givenUp(record: RequestRecord, act: Act): RequestRecord {
  if (record.state !== 'UNCERTAIN') return record;
  const reason = `Given up by hand: ${record.reason ?? 'whether StartRun made a run is not known.'}`;
  return ended(acted(record, act), 'REMOVED', act.at, reason);
}

/** The next attempt, for which one more is allowed: the one before cost no run. */
function withNextAttempt(record: RequestRecord): RequestRecord {
  const { attempt, changes } = currentAttempt(record);
  const name = askedName(record.requestText, record.route);
  const next = newAttempt(record.identity, attempt + 1, name, changes);
  return { ...record, attempts: [...record.attempts, next], maxAttempts: record.maxAttempts + 1 };
}
