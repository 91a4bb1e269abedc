import { expect, it } from 'vitest';
import { endAnswer } from '../../../lib/lifecycle/outcome-answer.ts';
import { ended, newAttempt, retrying, started, statusKnown } from '../../../lib/runs/transitions.ts';
import { claimedRequest } from '../../support/request-record.ts';

/** Seconds after the request was claimed. */
const at = (seconds: number) => new Date(Date.parse('2026-01-02T03:04:05.000Z') + seconds * 1000).toISOString();

function ran(number: number, news: { created: number; started: number; stopped: number; failureReason?: string }) {
  const run = { runId: `100${number}`, uuid: `uuid-${number}`, runOutputUri: `s3://results/100${number}` };
  const { failureReason } = news;
  const end = {
    status: failureReason === undefined ? ('COMPLETED' as const) : ('FAILED' as const),
    creationTime: at(news.created),
    startTime: at(news.started),
    stopTime: at(news.stopped),
    ...(failureReason === undefined ? {} : { failureReason }),
  };
  return (record: ReturnType<typeof claimedRequest>) =>
    statusKnown(started(record, number, run, at(news.created)), number, end, at(news.stopped));
}

const failedOnce = ran(1, { created: 10, started: 70, stopped: 370, failureReason: 'SERVICE_ERROR' })(claimedRequest());

it('tells how long a run waited, was pending and ran, over all attempts, and why each was tried again', () => {
  const again = retrying(failedOnce, 1, 'germline', {}, at(371));
  const completed = ended(ran(2, { created: 400, started: 420, stopped: 720 })(again), 'COMPLETED', at(721));
  expect(endAnswer(completed)).toMatchObject({
    next: 'completed',
    outcome: 'COMPLETED',
    attempt: 2,
    runId: '1002',
    uuid: 'uuid-2',
    runOutputUri: 's3://results/1002',
    durations: { waitingSeconds: 10 + 30, pendingSeconds: 60 + 20, runningSeconds: 300 + 300 },
    attempts: [
      { runId: '1001', status: 'FAILED', retriedBecause: 'SERVICE_ERROR', waitingSeconds: 10, pendingSeconds: 60 },
      { runId: '1002', status: 'COMPLETED', waitingSeconds: 30, pendingSeconds: 20, runningSeconds: 300 },
    ],
  });
  expect(endAnswer(completed).attempts?.[1]).not.toHaveProperty('retriedBecause');
});

it('puts into the cause of a failure what a Fail state has no output for', () => {
  const { next, error, cause } = endAnswer(ended(failedOnce, 'FAILED', at(371), 'SERVICE_ERROR'));
  expect({ next, error }).toEqual({ next: 'failed', error: 'RunFailed' });
  for (const part of [
    '1001',
    'uuid-1',
    'SERVICE_ERROR',
    '10 s waiting, 60 s pending, 300 s running',
    'rundrop rerun',
  ]) {
    expect(cause).toContain(part);
  }
});

it('leaves out what is not known of a request that never had a run', () => {
  const answer = endAnswer(ended(claimedRequest(), 'CANCELLED', at(42), 'Cancelled before it started.'));
  expect(answer).toMatchObject({ outcome: 'CANCELLED', error: 'RunCancelled', durations: { waitingSeconds: 42 } });
  for (const member of ['runId', 'uuid', 'runOutputUri']) expect(answer).not.toHaveProperty(member);
  expect(answer.durations).not.toHaveProperty('runningSeconds');
});

it('does not count how long somebody else waited for a run that is only followed', () => {
  const foreign = claimedRequest({ origin: { kind: 'run', uuid: 'uuid-1' } });
  const answer = endAnswer(ended(ran(1, { created: -100, started: -50, stopped: 50 })(foreign), 'COMPLETED', at(51)));
  expect(answer.durations).toEqual({ pendingSeconds: 50, runningSeconds: 100 });
});

it('names what an attempt asked for differently, without its value', () => {
  const record = claimedRequest();
  const first = { ...newAttempt(record.identity, 1, 'germline', { storageType: 'DYNAMIC' }) };
  const { attempts } = endAnswer(ended({ ...record, attempts: [first] }, 'REFUSED', at(1)));
  expect(attempts?.[0]?.changes).toEqual(['storageType']);
});
