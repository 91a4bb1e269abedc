import { describe, expect, it } from 'vitest';
import { newAttempt } from '../../lib/runs/transitions.ts';
import { type Found, judge } from './judge.ts';

const attempt = (number: number) => ({ ...newAttempt(`identity-${number}`, 1, 'name', {}), uuid: `uuid-${number}` });
const requestId = (number: number) => attempt(number).requestId;
const drop = (number: number) => ({ key: `key-${number}`, state: 'TAKEN' as const, identity: `identity-${number}` });
const run = (number: number) => ({ uuid: `uuid-${number}`, status: 'COMPLETED', requestId: requestId(number) });
const request = (number: number) => ({
  identity: `identity-${number}`,
  outcome: 'COMPLETED' as const,
  announcedAt: '2026-01-01T00:00:00.000Z',
  attempts: [attempt(number)],
});
const fine: Found = {
  keys: ['key-1', 'key-2'],
  drops: [drop(1), drop(2)],
  requests: [request(1), request(2)],
  runs: [run(1), run(2)],
};

describe('the judge', () => {
  it('finds nothing where each drop has one run and one outcome', () => {
    expect(judge(fine)).toEqual([]);
  });

  it('takes a repeated PUT for the drop that it is', () => {
    expect(judge({ ...fine, drops: [...fine.drops, drop(2)] })).toEqual([]);
  });

  const doubled = { ...run(2), uuid: 'uuid-3' };
  const unended = { identity: 'identity-2', attempts: [attempt(2)] };
  it.each<[string, Partial<Found>, string]>([
    ['a second run', { runs: [...fine.runs, doubled] }, '3 runs for 2 drops.'],
    ['a requestId that was used twice', { runs: [...fine.runs, doubled] }, `requestId ${requestId(2)} is there twice`],
    ['a lost run', { runs: [run(1)] }, 'Request identity-2 has no run.'],
    ['a lost request', { requests: [request(1)] }, 'Drop key-2 belongs to no request'],
    [
      'a request that is listed twice',
      { requests: [...fine.requests, request(1)] },
      'request identity-1 is there twice',
    ],
    ['a lost drop', { drops: [drop(1)] }, 'Drop key-2 is not in the ledger.'],
    ['a drop of two requests', { drops: [...fine.drops, { ...drop(2), identity: 'identity-1' }] }, 'to 2 requests'],
    ['a missing outcome', { requests: [request(1), unended] }, '1 recorded outcomes for 2 drops.'],
    ['an outcome that is not announced', { requests: [request(1), unended] }, 'identity-2 was not announced'],
    ['an outcome that is not the run’s', { runs: [run(1), { ...run(2), status: 'FAILED' }] }, 'its run is FAILED'],
    ['a run of somebody else', { runs: [run(1), { ...run(2), requestId: 'other' }] }, 'has another requestId'],
    [
      'an attempt too many',
      { requests: [request(1), { ...request(2), attempts: [attempt(2), attempt(2)] }] },
      '2 attempts',
    ],
  ])('finds %s', (_, change, sentence) => {
    expect(judge({ ...fine, ...change }).join('\n')).toContain(sentence);
  });
});
