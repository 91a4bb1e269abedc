import { expect, test } from 'vitest';
import type { Verdict } from '../../../cli/up/demo.ts';
import { createSettledCheck, verdictLine } from '../../../cli/up/show-runs.ts';

const done: Verdict = { title: 'a pair', expected: 'COMPLETED', found: 'COMPLETED', ok: true, open: false };
const open: Verdict = { ...done, found: 'no run yet', ok: false, open: true };

function roundsUntilSettled(examples: number, verdicts: readonly Verdict[]): number {
  const isSettled = createSettledCheck(examples);
  for (let round = 1; round <= 1_000; round += 1) if (isSettled({ unfinished: false }, verdicts)) return round;
  return Number.POSITIVE_INFINITY;
}

test('is settled as soon as every example has ended and nothing moves', () => {
  expect(roundsUntilSettled(1, [done])).toBe(1);
});

test('is not settled while anything moves', () => {
  const isSettled = createSettledCheck(1);
  expect(isSettled({ unfinished: true }, [done])).toBe(false);
  expect(isSettled({ unfinished: false }, [done])).toBe(true);
});

test('gives an example that has not ended time, though not for ever', () => {
  expect(roundsUntilSettled(1, [open])).toBe(50);
});

test('waits a few rounds for the first drop when there are no examples', () => {
  expect(roundsUntilSettled(0, [])).toBe(5);
});

test('says what was expected of an example that ended otherwise', () => {
  const screen = { colour: false };
  expect(verdictLine(done, { screen })).toBe('ok a pair: COMPLETED');
  expect(verdictLine(open, { screen })).toBe('NOT OK a pair: expected COMPLETED, but no run yet');
});
