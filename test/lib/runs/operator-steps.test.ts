import { describe, expect, it } from 'vitest';
import {
  acted,
  adoptedByHand,
  cancelAsked,
  canReopen,
  givenUp,
  reopened,
  startedAgain,
} from '../../../lib/runs/operator-steps.ts';
import { type Act, currentAttempt, type RequestRecord } from '../../../lib/runs/request-record.ts';
import {
  announced,
  ended,
  retrying,
  startCalled,
  startDenied,
  started,
  statusKnown,
  uncertain,
  waiting,
} from '../../../lib/runs/transitions.ts';
import { CREATED_AT, claimedRequest, EVERYBODY } from '../../support/request-record.ts';

const LATER = '2026-01-02T04:00:00.000Z';
const act = (what: Act['what']): Act => ({ what, at: LATER, by: 'arn:aws:iam::000000000000:user/ada', reason: 'why' });
const run = { runId: '1000001', uuid: 'uuid-1' };

const claimed = claimedRequest();
const inLine = waiting(claimed, CREATED_AT);
const called = startCalled(inLine, 1, CREATED_AT);
const running = started(called, 1, run, CREATED_AT);
const failed = statusKnown(running, 1, { status: 'FAILED', failureReason: 'SERVICE_ERROR' }, CREATED_AT);
const delayed = retrying(failed, 1, 'germline', {}, CREATED_AT);
const doubtful = uncertain(called, 'Nobody knows.', CREATED_AT);
const refused = announced(ended(inLine, 'REFUSED', CREATED_AT, 'no such workflow'), CREATED_AT, EVERYBODY);

describe('cancelling', () => {
  const unstarted: readonly (readonly [string, RequestRecord])[] = [
    ['claimed', claimed],
    ['in line', inLine],
    ['between two attempts', delayed],
  ];
  it.each(unstarted)('ends at once what has no run: %s', (_, record) => {
    const after = cancelAsked(record, act('cancel'));
    expect(after).toMatchObject({ state: 'ENDED', outcome: 'CANCELLED', outcomeAt: LATER, acts: [act('cancel')] });
    expect(startCalled(after, currentAttempt(after).attempt, LATER)).toBe(after);
  });

  it('only wishes it where StartRun was called: its answer may be a run', () => {
    const after = cancelAsked(called, act('cancel'));
    expect(after).toMatchObject({ state: 'WAITING', cancelAskedAt: LATER });
    expect(started(after, 1, run, LATER)).toMatchObject({ state: 'STARTED', cancelAskedAt: LATER });
  });

  it('ends when HealthOmics then says that there is no run', () => {
    const after = startDenied(cancelAsked(called, act('cancel')), 1, CREATED_AT);
    expect(after).toMatchObject({ state: 'ENDED', outcome: 'CANCELLED' });
    expect(currentAttempt(after)).not.toHaveProperty('startCalledAt');
  });

  it('wishes it of a run', () => {
    expect(cancelAsked(running, act('cancel'))).toMatchObject({ state: 'STARTED', cancelAskedAt: LATER });
  });

  it.each([
    ['has ended', refused],
    ['is uncertain', doubtful],
  ])('changes nothing of a request that %s', (_, record) => {
    expect(cancelAsked(record, act('cancel'))).toBe(record);
  });
});

describe('opening again', () => {
  it('gives one more attempt, with a requestId of its own, and keeps what was', () => {
    const after = reopened(refused, act('replay'));
    expect(after).toMatchObject({ state: 'CLAIMED', since: LATER, reopened: 1, maxAttempts: claimed.maxAttempts + 1 });
    expect(after.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'REFUSED'],
      [2, undefined],
    ]);
    expect(currentAttempt(after).requestId).not.toBe(currentAttempt(refused).requestId);
    for (const member of ['outcome', 'outcomeAt', 'announcedAt', 'reason']) expect(after).not.toHaveProperty(member);
    expect(reopened(after, act('replay'))).toBe(after);
  });

  it.each([
    ['that had a run', announced(ended(failed, 'FAILED', CREATED_AT), CREATED_AT, EVERYBODY)],
    ['that a person cancelled', announced(cancelAsked(inLine, act('cancel')), CREATED_AT, EVERYBODY)],
    ['that nobody was told of yet', ended(inLine, 'REFUSED', CREATED_AT)],
    ['that is not over', inLine],
  ])('does not open a request %s', (_, record) => {
    expect(canReopen(record)).toBe(false);
    expect(reopened(record, act('replay'))).toBe(record);
  });
});

describe('an uncertain start', () => {
  it('is a run that a person found', () => {
    const after = adoptedByHand(doubtful, run, act('adopt'));
    expect(after).toMatchObject({ state: 'STARTED', acts: [act('adopt')] });
    expect(currentAttempt(after)).toMatchObject(run);
    expect(after).not.toHaveProperty('reason');
  });

  it('is tried once more with another requestId, and a late answer to the first one is not its run', () => {
    const after = startedAgain(doubtful, act('start-again'));
    expect(after).toMatchObject({ state: 'WAITING', since: LATER, acts: [act('start-again')] });
    expect(currentAttempt(after).attempt).toBe(2);
    expect(currentAttempt(after)).not.toHaveProperty('startCalledAt');
    expect(started(after, 1, run, LATER)).toBe(after);
  });

  it('is given up as a run whose end nobody saw', () => {
    expect(givenUp(doubtful, act('give-up'))).toMatchObject({ state: 'ENDED', outcome: 'REMOVED' });
  });

  it('is what these are for, and nothing else', () => {
    for (const record of [claimed, inLine, running, delayed, refused]) {
      expect(adoptedByHand(record, run, act('adopt'))).toBe(record);
      expect(startedAgain(record, act('start-again'))).toBe(record);
      expect(givenUp(record, act('give-up'))).toBe(record);
    }
  });
});

it('keeps the newest hundred acts', () => {
  let record = claimed;
  for (let count = 0; count < 120; count += 1) record = acted(record, { ...act('rerun'), note: String(count) });
  expect(record.acts).toHaveLength(100);
  expect(record.acts?.at(-1)?.note).toBe('119');
});
