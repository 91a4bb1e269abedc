/** What each step of a request writes, member by member, and what it leaves alone. transitions.test.ts has who may follow whom. */
import { describe, expect, it } from 'vitest';
import { lineEntryOf, retentionModeOf } from '../../../lib/runs/line-entry.ts';
import { currentAttempt, isHeardOf, openWork, type RequestRecord } from '../../../lib/runs/request-record.ts';
import * as transitions from '../../../lib/runs/transitions.ts';
import { claimedRequest, EVERYBODY } from '../../support/request-record.ts';

const AT = '2026-01-02T04:00:00.000Z';
const LATER = '2026-01-02T05:00:00.000Z';
const MARK = { uri: 's3://evidence/1', etag: '1', sha256: 'a' };
const OTHER_MARK = { uri: 's3://evidence/2', etag: '2', sha256: 'b' };
const PROGRAMS = { programs: true, people: false };
const PEOPLE = { programs: false, people: true };
const NOBODY = { programs: false, people: false };

const claimed = claimedRequest();
const waiting = transitions.waiting(claimed, AT);
const called = transitions.startCalled(waiting, 1, AT);
const started = transitions.started(called, 1, { runId: '1', uuid: 'uuid-1' }, AT);
const failed = transitions.statusKnown(started, 1, { status: 'FAILED' }, AT);
const retrying = transitions.retrying(failed, 1, 'germline', {}, AT);
const second = transitions.started(transitions.waiting(retrying, AT), 2, { runId: '2', uuid: 'uuid-2' }, AT);
const ended = transitions.ended(failed, 'FAILED', AT);
const first = (record: RequestRecord) => record.attempts[0];

describe('before the run', () => {
  it('counts execution names up', () => {
    expect(transitions.watcherAllocated(transitions.watcherAllocated(claimed)).watchers).toBe(2);
  });

  it('says why it waits only while it waits', () => {
    expect(transitions.heldUp(started, 'a quota is full')).toBe(started);
  });

  it('notes the call and the day on whose limit it counts, for the attempt that it is', () => {
    expect(currentAttempt(called)).toMatchObject({ startCalledAt: AT, countedOn: '2026-01-02' });
    expect(transitions.startCalled(waiting, 2, AT)).toBe(waiting);
  });

  it('keeps the attempts before the one whose call was denied', () => {
    const again = transitions.startCalled(transitions.waiting(retrying, AT), 2, AT);
    const denied = transitions.startDenied(again, 2, AT);
    expect(denied.attempts).toHaveLength(2);
    expect(first(denied)).toEqual(first(again));
    expect(currentAttempt(denied)).toMatchObject({ attempt: 2, countedOn: '2026-01-02' });
    expect(denied).toMatchObject({ state: 'WAITING' });
  });

  it('ends with the denied call where a person asked for the end', () => {
    const asked = { ...called, cancelAskedAt: AT };
    const reason = expect.stringContaining('cancelled by hand');
    expect(transitions.startDenied(asked, 1, AT)).toMatchObject({ state: 'ENDED', outcome: 'CANCELLED', reason });
  });

  it('leaves an older attempt without the run of a call that a person gave up', () => {
    const reopened = { ...retrying, state: 'UNCERTAIN' as const };
    const withoutRun = { ...reopened, attempts: reopened.attempts.map(({ uuid: _, ...one }) => one) };
    expect(transitions.started(withoutRun, 1, { runId: '9', uuid: 'uuid-9' }, LATER)).toBe(withoutRun);
    expect(transitions.started(waiting, 7, { runId: '9', uuid: 'uuid-9' }, LATER)).toBe(waiting);
    const over = transitions.ended(waiting, 'REFUSED', AT);
    expect(transitions.started(over, 1, { runId: '9', uuid: 'uuid-9' }, LATER)).toBe(over);
  });
});

describe('news of a run', () => {
  it('is of the attempt that it names', () => {
    const news = transitions.statusKnown(second, 2, { status: 'RUNNING' }, LATER);
    expect(news.attempts.map(({ status }) => status)).toEqual(['FAILED', 'RUNNING']);
    expect(transitions.statusKnown(second, 3, { status: 'RUNNING' }, LATER)).toBe(second);
  });

  it('is nothing to an attempt without a run, or with an outcome', () => {
    expect(transitions.statusKnown(waiting, 1, { status: 'RUNNING' }, LATER)).toBe(waiting);
    expect(transitions.statusKnown(second, 1, { status: 'FAILED' }, LATER)).toBe(second);
  });

  it('goes forward only', () => {
    const running = transitions.statusKnown(started, 1, { status: 'RUNNING' }, AT);
    expect(transitions.statusKnown(running, 1, { status: 'STARTING' }, LATER)).toBe(running);
    expect(currentAttempt(transitions.statusKnown(running, 1, { status: 'STOPPING' }, LATER)).status).toBe('STOPPING');
  });

  it('says who brought it first: an event', () => {
    const heard = transitions.statusKnown(started, 1, { status: 'PENDING', by: 'event' }, AT);
    expect(currentAttempt(heard)).toMatchObject({ heardAt: AT });
    expect(currentAttempt(heard)).not.toHaveProperty('missedAt');
    const again = transitions.statusKnown(heard, 1, { status: 'RUNNING', by: 'event' }, LATER);
    expect(currentAttempt(again)).toMatchObject({ heardAt: AT, status: 'RUNNING' });
    expect(currentAttempt(again)).not.toHaveProperty('by');
  });

  it('says who brought it first: a listing, where that was ahead', () => {
    const same = transitions.statusKnown(started, 1, { status: 'PENDING', by: 'listing' }, AT);
    expect(currentAttempt(same)).not.toHaveProperty('missedAt');
    const ahead = transitions.statusKnown(same, 1, { status: 'STARTING', by: 'listing' }, AT);
    expect(currentAttempt(ahead)).toMatchObject({ missedAt: AT });
    expect(currentAttempt(ahead)).not.toHaveProperty('heardAt');
    const again = transitions.statusKnown(ahead, 1, { status: 'RUNNING', by: 'listing' }, LATER);
    expect(currentAttempt(again)).toMatchObject({ missedAt: AT });
  });

  it('says when an event told of it again after a listing was ahead, and when a listing was ahead once more', () => {
    const ahead = transitions.statusKnown(started, 1, { status: 'STARTING', by: 'listing' }, AT);
    const heard = transitions.statusKnown(ahead, 1, { status: 'STARTING', by: 'event' }, LATER);
    expect(currentAttempt(heard)).toMatchObject({ missedAt: AT, heardAt: LATER });
    const last = new Date(Date.parse(LATER) + 60_000).toISOString();
    const ahead2 = transitions.statusKnown(heard, 1, { status: 'RUNNING', by: 'listing' }, last);
    expect(currentAttempt(ahead2)).toMatchObject({ missedAt: last, heardAt: LATER });
  });

  it('says neither where GetRun was asked for another reason', () => {
    const told = currentAttempt(transitions.statusKnown(started, 1, { status: 'RUNNING' }, AT));
    expect(told).not.toHaveProperty('heardAt');
    expect(told).not.toHaveProperty('missedAt');
  });

  it('takes away why a run was overdue, once it has left that status', () => {
    const overdue = { status: 'PENDING', at: AT } as unknown as NonNullable<
      ReturnType<typeof currentAttempt>['overdue']
    >;
    const attempts = started.attempts.map((one) => ({ ...one, overdue }));
    const late = { ...started, attempts, reason: 'It is PENDING for long.' };
    expect(transitions.statusKnown(late, 1, { status: 'PENDING' }, LATER).reason).toBe('It is PENDING for long.');
    expect(transitions.statusKnown(late, 1, { status: 'RUNNING' }, LATER)).not.toHaveProperty('reason');
    const other = { ...started, reason: 'for another reason' };
    expect(transitions.statusKnown(other, 1, { status: 'RUNNING' }, LATER).reason).toBe('for another reason');
  });

  it('has told of the end in a terminal status only', () => {
    const of = (status: 'RUNNING' | 'COMPLETED') =>
      transitions.runHasEnded(currentAttempt(transitions.statusKnown(started, 1, { status }, AT)));
    expect([of('RUNNING'), of('COMPLETED')]).toEqual([false, true]);
    expect(transitions.runHasEnded(currentAttempt(claimed))).toBe(false);
  });
});

describe('the next attempt', () => {
  it('follows the current one only, while it has no outcome', () => {
    expect(transitions.retrying(second, 1, 'germline', {}, LATER)).toBe(second);
    const over = { ...failed, attempts: failed.attempts.map((one) => ({ ...one, outcome: 'FAILED' as const })) };
    expect(transitions.retrying(over, 1, 'germline', {}, LATER)).toBe(over);
    const still = { ...failed, state: 'WAITING' as const };
    expect(transitions.retrying(still, 1, 'germline', {}, LATER)).toBe(still);
  });
});

describe('the outcome', () => {
  it('replaces why the request waited by why it ended, if that is said', () => {
    const held = { ...waiting, reason: 'a quota is full', reasonCode: 'Quota' };
    const plain = transitions.ended(held, 'COMPLETED', LATER);
    expect(plain).not.toHaveProperty('reason');
    expect(plain).not.toHaveProperty('reasonCode');
    const said = transitions.ended(held, 'REFUSED', LATER, 'no such workflow', 'ValidationException');
    expect(said).toMatchObject({ reason: 'no such workflow', reasonCode: 'ValidationException', outcomeAt: LATER });
    expect(currentAttempt(said).outcome).toBe('REFUSED');
  });

  it('is told to programs and to people, each once', () => {
    const programs = transitions.announced(ended, AT, PROGRAMS);
    expect(programs).toEqual({ ...ended, announcedAt: AT });
    expect(transitions.announced(programs, LATER, PROGRAMS)).toBe(programs);
    const people = transitions.announced(ended, AT, PEOPLE);
    expect(people).toEqual({ ...ended, notifiedAt: AT });
    expect(transitions.announced(people, LATER, PEOPLE)).toBe(people);
    const everybody = transitions.announced(programs, LATER, EVERYBODY);
    expect(everybody).toMatchObject({ announcedAt: AT, notifiedAt: LATER });
    expect(transitions.announced(people, LATER, PROGRAMS)).toMatchObject({ announcedAt: LATER, notifiedAt: AT });
    expect(transitions.announced(everybody, LATER, EVERYBODY)).toBe(everybody);
    expect([programs, people, everybody].map(openWork)).toEqual(['UNANNOUNCED', 'UNANNOUNCED', undefined]);
  });

  it('has evidence once; what stood in its way is forgotten', () => {
    const trouble = { tries: 1, lastTryAt: AT, error: 'SlowDown' };
    expect(transitions.evidenceFailed(started, trouble)).toBe(started);
    const troubled = transitions.evidenceFailed(ended, trouble);
    expect(troubled.evidenceTrouble).toEqual(trouble);
    expect(transitions.evidenceFailed(troubled, { ...trouble, lastTryAt: LATER })).toBe(troubled);
    expect(transitions.evidenceFailed(troubled, { ...trouble, tries: 2 }).evidenceTrouble?.tries).toBe(2);
    expect(transitions.evidenceKept(started, MARK)).toBe(started);
    const kept = transitions.evidenceKept(troubled, MARK);
    expect(kept).toMatchObject({ evidence: MARK });
    expect(kept).not.toHaveProperty('evidenceTrouble');
    expect(transitions.evidenceKept(kept, OTHER_MARK)).toBe(kept);
    expect(transitions.evidenceFailed(kept, trouble)).toBe(kept);
  });

  it('is open work for the sake of its evidence until that is given up', () => {
    const told = transitions.announced(ended, LATER, EVERYBODY);
    const trouble = { tries: 3, lastTryAt: AT, error: 'SlowDown' };
    expect(openWork({ ...told, evidenceTrouble: trouble })).toBe('UNEVIDENCED');
    expect(openWork({ ...told, evidenceTrouble: { ...trouble, givenUpAt: AT } })).toBeUndefined();
    expect(openWork({ ...told, evidenceTrouble: trouble, evidence: MARK })).toBeUndefined();
  });

  it('has evidence of each attempt, once', () => {
    const kept = transitions.attemptEvidenceKept(second, 1, MARK);
    expect(kept.attempts.map(({ evidence }) => evidence)).toEqual([MARK, undefined]);
    expect(transitions.attemptEvidenceKept(kept, 1, OTHER_MARK)).toBe(kept);
    expect(transitions.attemptEvidenceKept(second, 3, MARK)).toBe(second);
  });
});

describe('an uncertain start', () => {
  const uncertain = transitions.uncertain(called, 'nobody knows', AT);

  it('is told once, and anew when it is another one', () => {
    expect(transitions.toldOfUncertainty(uncertain)).toEqual(NOBODY);
    const told = transitions.uncertainTold(uncertain, AT, EVERYBODY);
    expect(transitions.toldOfUncertainty(told)).toEqual(EVERYBODY);
    expect(told).toEqual({ ...uncertain, uncertainAnnouncedSince: AT, uncertainToldSince: AT });
    expect(transitions.uncertainTold(told, AT, EVERYBODY)).toBe(told);
    expect(transitions.uncertainTold(told, AT, PROGRAMS)).toBe(told);
    expect(transitions.toldOfUncertainty({ ...told, since: LATER })).toEqual(NOBODY);
  });

  it.each([PROGRAMS, PEOPLE])('is known to one of programs and people before the other: %j', (first) => {
    const half = transitions.uncertainTold(uncertain, AT, first);
    expect(transitions.toldOfUncertainty(half)).toEqual(first);
    expect(transitions.uncertainTold(half, AT, first)).toBe(half);
    expect(transitions.uncertainTold(half, AT, NOBODY)).toBe(half);
    expect(transitions.toldOfUncertainty(transitions.uncertainTold(half, AT, EVERYBODY))).toEqual(EVERYBODY);
  });

  it('is not told of what is over, or of an earlier one', () => {
    expect(transitions.uncertainTold(waiting, AT, EVERYBODY)).toBe(waiting);
    expect(transitions.uncertainTold(uncertain, LATER, EVERYBODY)).toBe(uncertain);
  });
});

describe('a step about one outcome', () => {
  it('is taken of that outcome, and not of the one after the request was opened again', () => {
    const step = transitions.aboutOutcomeOf(ended, (record) => transitions.announced(record, AT, EVERYBODY));
    expect(step(ended)).toMatchObject({ announcedAt: AT, notifiedAt: AT });
    const another = { ...ended, reopened: 1 };
    expect(step(another)).toBe(another);
  });
});

describe('a place in line', () => {
  it('says what the starter needs, and nothing else', () => {
    const { identity } = waiting;
    const place = { identity, route: 'germline', priority: 0, since: AT, retentionMode: 'RETAIN' };
    expect(lineEntryOf(waiting)).toStrictEqual(place);
    const held = { ...waiting, reason: 'a quota is full', onQuota: 'reject' as const };
    expect(lineEntryOf(held)).toStrictEqual({ ...place, reason: 'a quota is full', onQuota: 'reject' });
  });

  it('knows the retention mode that the attempt asks for', () => {
    expect(retentionModeOf(waiting)).toBe('RETAIN');
    const requestText = JSON.stringify({ ...JSON.parse(waiting.requestText), retentionMode: 'REMOVE' });
    expect(retentionModeOf({ ...waiting, requestText })).toBe('REMOVE');
  });
});

it('has heard of a run until a listing was ahead of its events, and again after the next event', () => {
  const attempt = currentAttempt(started);
  expect(isHeardOf(attempt)).toBe(false);
  expect(isHeardOf({ ...attempt, heardAt: AT })).toBe(true);
  expect(isHeardOf({ ...attempt, heardAt: AT, missedAt: LATER })).toBe(false);
  expect(isHeardOf({ ...attempt, heardAt: AT, missedAt: AT })).toBe(false);
  expect(isHeardOf({ ...attempt, heardAt: LATER, missedAt: AT })).toBe(true);
});

it('refuses a damaged record by its identity', () => {
  expect(() => currentAttempt({ ...claimed, attempts: [] })).toThrow(`Request ${claimed.identity} has no attempt`);
});
