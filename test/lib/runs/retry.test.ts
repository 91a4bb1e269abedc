import { describe, expect, it } from 'vitest';
import { decideRetry, RETRY_RULES, retryDelaySeconds } from '../../../lib/runs/retry.ts';

const failed = { attempt: 1, maxAttempts: 3, storageType: 'STATIC' };

describe('retry by failureReason', () => {
  it('has a rule for each of the 25 documented reasons', () => {
    expect(Object.keys(RETRY_RULES)).toHaveLength(25);
  });

  for (const [failureReason, rule] of Object.entries(RETRY_RULES)) {
    it(`says ${rule} after ${failureReason}`, () => {
      const decision = decideRetry({ ...failed, failureReason });
      if (rule === 'give-up') expect(decision).toEqual({ kind: 'give-up' });
      if (rule === 'retry') expect(decision).toEqual({ kind: 'retry', changes: {} });
      if (rule === 'enlarge') {
        expect(decision).toEqual({ kind: 'retry', changes: { storageType: 'DYNAMIC', storageCapacity: null } });
      }
    });
  }

  it('gives up when the attempts are used up', () => {
    expect(decideRetry({ ...failed, failureReason: 'SERVICE_ERROR', attempt: 3 })).toEqual({ kind: 'give-up' });
  });

  it('gives up on a reason that is not in the table, or not given', () => {
    for (const failureReason of ['SOMETHING_NEW', 'constructor', undefined]) {
      expect(decideRetry({ ...failed, failureReason })).toEqual({ kind: 'give-up' });
    }
  });

  it('does not enlarge storage that already grows by itself', () => {
    const decision = decideRetry({ ...failed, failureReason: 'FILE_SYSTEM_OUT_OF_SPACE', storageType: 'DYNAMIC' });
    expect(decision).toEqual({ kind: 'give-up' });
  });
});

describe('delay before a retry', () => {
  it('is a whole number of seconds, up to a bound that doubles and stays at 15 minutes', () => {
    expect([1, 2, 3, 9].map((attempt) => retryDelaySeconds(attempt, 60, () => 0.999999))).toEqual([60, 120, 240, 900]);
    expect(retryDelaySeconds(1, 60, () => 0)).toBe(1);
    expect(retryDelaySeconds(1, 60, () => 0.5)).toBe(30);
  });
});
