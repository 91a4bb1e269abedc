import { describe, expect, it } from 'vitest';
import { advances, isTerminal, parseRunStatus, RUN_STATUSES, type RunStatus } from '../../../lib/runs/run-status.ts';

/** Every pair of statuses: may news of the second follow knowledge of the first? */
const ENDS: readonly RunStatus[] = ['COMPLETED', 'FAILED', 'CANCELLED', 'DELETED'];
const FOLLOWERS: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  PENDING: ['STARTING', 'RUNNING', 'STOPPING', ...ENDS],
  STARTING: ['RUNNING', 'STOPPING', ...ENDS],
  RUNNING: ['STOPPING', ...ENDS],
  STOPPING: ENDS,
  COMPLETED: [],
  FAILED: [],
  CANCELLED: [],
  DELETED: [],
};

describe('run statuses', () => {
  for (const from of RUN_STATUSES) {
    for (const to of RUN_STATUSES) {
      const legal = FOLLOWERS[from].includes(to);
      it(`${legal ? 'lets' : 'does not let'} ${to} follow ${from}`, () => {
        expect(advances(from, to)).toBe(legal);
      });
    }
  }

  it('takes any first news', () => {
    for (const status of RUN_STATUSES) expect(advances(undefined, status)).toBe(true);
  });

  it('knows the four ends', () => {
    expect(RUN_STATUSES.filter(isTerminal)).toEqual(
      ENDS.toSorted((a, b) => RUN_STATUSES.indexOf(a) - RUN_STATUSES.indexOf(b)),
    );
  });

  it('does not take a status that it does not know', () => {
    expect(parseRunStatus('RUNNING')).toBe('RUNNING');
    expect(parseRunStatus('running')).toBeUndefined();
    expect(parseRunStatus(undefined)).toBeUndefined();
  });
});
