import { describe, expect, it } from 'vitest';
import {
  decideRetry,
  INPUT_MODIFIED,
  nextStaticSize,
  OUT_OF_SPACE,
  RETRY_RULES,
  retryDelaySeconds,
} from '../../../lib/runs/retry.ts';

const failed = { attempt: 1, maxAttempts: 3, storageType: 'STATIC' };

describe('retry by failureReason', () => {
  it('has a rule for each of the 25 documented reasons', () => {
    expect(Object.keys(RETRY_RULES)).toHaveLength(25);
  });

  it('tries again what AWS says to try again, enlarges for want of space, and gives all others up', () => {
    const reasonsWith = (rule: string) => Object.keys(RETRY_RULES).filter((reason) => RETRY_RULES[reason] === rule);
    expect(reasonsWith('retry').sort()).toEqual([
      'ALL_PROFILES_INSTANCE_RESERVATION_FAILED',
      'INSTANCE_RESERVATION_FAILED',
      INPUT_MODIFIED,
      'SERVICE_ERROR',
    ]);
    expect(INPUT_MODIFIED).toBe('MODIFIED_INPUT_RESOURCE');
    expect(reasonsWith('enlarge')).toEqual([OUT_OF_SPACE]);
    expect(reasonsWith('give-up')).toHaveLength(20);
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

describe("a route's own word on a failureReason", () => {
  const decide = (failureReason: string, rule: 'retry' | 'give-up', attempt = 1) =>
    decideRetry({ ...failed, attempt, failureReason, overrides: { on: { [failureReason]: rule } } });

  it('stands over the table, both ways', () => {
    expect(decide('RUN_TASK_FAILED', 'retry')).toEqual({ kind: 'retry', changes: {} });
    expect(decide('SERVICE_ERROR', 'give-up')).toEqual({ kind: 'give-up' });
  });

  it('may be on a reason that this version does not know', () => {
    expect(decide('SOMETHING_NEW', 'retry')).toEqual({ kind: 'retry', changes: {} });
  });

  it('grants no attempt beyond the last, and leaves the other reasons to the table', () => {
    expect(decide('RUN_TASK_FAILED', 'retry', 3)).toEqual({ kind: 'give-up' });
    const overrides = { on: { RUN_TASK_FAILED: 'retry' as const } };
    expect(decideRetry({ ...failed, failureReason: 'SERVICE_ERROR', overrides })).toMatchObject({ kind: 'retry' });
    expect(decideRetry({ ...failed, failureReason: 'OUT_OF_MEMORY_ERROR', overrides })).toEqual({ kind: 'give-up' });
  });
});

describe('more room for a run that ran out of space', () => {
  const enlarge = (storageCapacity: number | undefined, storageUpTo: number, storageType = 'STATIC') =>
    decideRetry({
      ...failed,
      storageType,
      storageCapacity,
      failureReason: 'FILE_SYSTEM_OUT_OF_SPACE',
      overrides: { storageUpTo },
    });

  it('is the next size that HealthOmics has', () => {
    expect([1, 1200, 1201, 2400, 2401, 4800, 7200].map(nextStaticSize)).toEqual([
      2400, 2400, 4800, 4800, 7200, 7200, 9600,
    ]);
  });

  it('is STATIC up to what the route says, and then no attempt more', () => {
    expect(enlarge(2400, 9600)).toEqual({ kind: 'retry', changes: { storageType: 'STATIC', storageCapacity: 4800 } });
    expect(enlarge(7200, 9600)).toMatchObject({ changes: { storageCapacity: 9600 } });
    expect(enlarge(7200, 9599)).toEqual({ kind: 'give-up' });
    expect(enlarge(9600, 9600)).toEqual({ kind: 'give-up' });
  });

  it('follows on the least that HealthOmics gives when the request asked for nothing', () => {
    expect(enlarge(undefined, 9600)).toMatchObject({ changes: { storageCapacity: 2400 } });
  });

  it('is nothing where storage grows by itself', () => {
    expect(enlarge(undefined, 9600, 'DYNAMIC')).toEqual({ kind: 'give-up' });
  });
});

describe('delay before a retry', () => {
  it('is a whole number of seconds, up to a bound that doubles and stays at 15 minutes', () => {
    expect([1, 2, 3, 9].map((attempt) => retryDelaySeconds(attempt, 60, () => 0.999999))).toEqual([60, 120, 240, 900]);
    expect(retryDelaySeconds(1, 60, () => 0)).toBe(1);
    expect(retryDelaySeconds(1, 60, () => 0.5)).toBe(30);
  });
});
