import { describe, expect, it } from 'vitest';
import { currentAttempt, openWork, type RequestRecord, type RequestState } from '../../../lib/runs/request-record.ts';
import * as transitions from '../../../lib/runs/transitions.ts';
import { CREATED_AT, claimedRequest, EVERYBODY } from '../../support/request-record.ts';

const AT = '2026-01-02T04:00:00.000Z';
const LATER = '2026-01-02T05:00:00.000Z';
const run = { runId: '1000001', uuid: 'uuid-1' };

const claimed = claimedRequest();
const waiting = transitions.waiting(claimed, AT);
const started = transitions.started(waiting, 1, run, AT);
const failed = transitions.statusKnown(started, 1, { status: 'FAILED', failureReason: 'SERVICE_ERROR' }, AT);
const retrying = transitions.retrying(failed, 1, 'germline', {}, AT);
const uncertain = transitions.uncertain(waiting, 'nobody knows', AT);
const ended = transitions.ended(started, 'COMPLETED', AT);

const RECORDS: Readonly<Record<RequestState, RequestRecord>> = {
  CLAIMED: claimed,
  WAITING: waiting,
  STARTED: failed,
  RETRYING: retrying,
  UNCERTAIN: uncertain,
  ENDED: ended,
};

type Step = (record: RequestRecord) => RequestRecord;

/** Every step, from every state: the state it leads to; where it does not apply, the record is the very same. */
const STEPS: Readonly<Record<string, { step: Step; leads: Readonly<Partial<Record<RequestState, RequestState>>> }>> = {
  waiting: { step: (r) => transitions.waiting(r, LATER), leads: { CLAIMED: 'WAITING', RETRYING: 'WAITING' } },
  uncertain: { step: (r) => transitions.uncertain(r, 'why', LATER), leads: { WAITING: 'UNCERTAIN' } },
  started: {
    step: (r) => transitions.started(r, currentAttempt(r).attempt, { runId: '2', uuid: 'uuid-2' }, LATER),
    leads: { CLAIMED: 'STARTED', WAITING: 'STARTED', RETRYING: 'STARTED', UNCERTAIN: 'STARTED' },
  },
  retrying: { step: (r) => transitions.retrying(r, 1, 'germline', {}, LATER), leads: { STARTED: 'RETRYING' } },
  ended: {
    step: (r) => transitions.ended(r, 'FAILED', LATER),
    leads: { CLAIMED: 'ENDED', WAITING: 'ENDED', STARTED: 'ENDED', RETRYING: 'ENDED', UNCERTAIN: 'ENDED' },
  },
};

describe('steps of a request', () => {
  for (const [name, { step, leads }] of Object.entries(STEPS)) {
    for (const [state, record] of Object.entries(RECORDS) as [RequestState, RequestRecord][]) {
      const next = leads[state];
      it(next === undefined ? `${name} changes nothing in ${state}` : `${name} leads from ${state} to ${next}`, () => {
        const after = step(record);
        if (next === undefined) expect(after).toBe(record);
        else expect(after.state).toBe(next);
      });
    }
  }

  it('never replaces an outcome or the uuid of a run', () => {
    expect(transitions.ended(ended, 'FAILED', LATER)).toBe(ended);
    expect(transitions.started(started, 1, { runId: '2', uuid: 'uuid-2' }, LATER)).toBe(started);
  });

  it('never lets a late RUNNING follow an end', () => {
    const completed = transitions.statusKnown(started, 1, { status: 'COMPLETED' }, AT);
    expect(transitions.statusKnown(completed, 1, { status: 'RUNNING' }, LATER)).toBe(completed);
    expect(transitions.statusKnown(completed, 1, { status: 'FAILED' }, LATER)).toBe(completed);
  });

  it('keeps the time at which each status was first seen', () => {
    const running = transitions.statusKnown(started, 1, { status: 'RUNNING' }, AT);
    const again = transitions.statusKnown(running, 1, { status: 'RUNNING' }, LATER);
    expect(currentAttempt(again).statuses).toEqual({ PENDING: AT, RUNNING: AT });
  });

  it('gives a retry a new requestId and name, and carries the changes on', () => {
    const next = transitions.retrying(failed, 1, 'germline', { storageType: 'DYNAMIC' }, AT);
    const [first, second] = next.attempts;
    expect(first?.outcome).toBe('FAILED');
    expect(second).toMatchObject({ attempt: 2, changes: { storageType: 'DYNAMIC' }, statuses: {} });
    expect(second?.requestId).not.toBe(first?.requestId);
    expect(second?.name).not.toBe(first?.name);
  });

  it('marks the first call of StartRun once', () => {
    const called = transitions.startCalled(waiting, 1, AT);
    expect(currentAttempt(called).startCalledAt).toBe(AT);
    expect(transitions.startCalled(called, 1, LATER)).toBe(called);
    expect(transitions.startCalled(claimed, 1, AT)).toBe(claimed);
  });

  it('forgets a first call that was denied, and no other', () => {
    const called = transitions.startCalled(waiting, 1, AT);
    expect(currentAttempt(transitions.startDenied(called, 1, AT)).startCalledAt).toBeUndefined();
    expect(transitions.startDenied(called, 1, LATER)).toBe(called);
    expect(transitions.startDenied(called, 2, AT)).toBe(called);
    expect(transitions.startDenied(started, 1, AT)).toBe(started);
  });

  it('remembers each execution once', () => {
    const one = transitions.executionStarted(claimed, 'arn:1');
    expect(transitions.executionStarted(one, 'arn:1')).toBe(one);
    expect(transitions.executionStarted(one, 'arn:2').executions).toEqual(['arn:1', 'arn:2']);
  });

  it('does not change since when a request waits when it learns why', () => {
    const held = transitions.heldUp(waiting, 'a quota is full');
    expect(held).toMatchObject({ since: AT, reason: 'a quota is full' });
    expect(transitions.heldUp(held, 'a quota is full')).toBe(held);
    expect(transitions.started(held, 1, run, LATER).reason).toBeUndefined();
  });
});

describe('unfinished work', () => {
  it('is everything up to the announcement', () => {
    expect(openWork(claimed)).toBe('CLAIMED');
    expect(openWork(uncertain)).toBe('UNCERTAIN');
    expect(openWork(ended)).toBe('UNANNOUNCED');
    expect(openWork(transitions.announced(ended, LATER, EVERYBODY))).toBeUndefined();
  });

  it('is announced only once it has ended', () => {
    expect(transitions.announced(started, LATER, EVERYBODY)).toBe(started);
    const told = transitions.announced(ended, LATER, EVERYBODY);
    expect(transitions.announced(told, CREATED_AT, EVERYBODY)).toBe(told);
  });
});
