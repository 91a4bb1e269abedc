/** Whatever operators do, and whenever their commands die: the invariants hold, also a year later. */
import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const SEEDS = 100;

/** What is seen in the journal of a seed in which it happened. */
const DEEDS: Readonly<Record<string, RegExp>> = {
  'a run is cancelled': /run is to be cancelled/,
  'a request is cancelled': /"outcome":"CANCELLED".*before it started/,
  'a request is opened again': /operator#\d+ states\.start/,
  'an object is named': /object-/,
  'a set is released': /"released"/,
  'a start is tried again': /"decided: start-again"/,
  'a start is given up': /"decided: give-up"/,
  'a run is adopted': /"decided: adopt"/,
  'a sheet is told to be unfinished': /announced Sheet Unfinished/,
  'a run has come to light': /after all: decide with --adopt/,
  'somebody else was first': /decided by somebody else meanwhile|there is nothing to decide/,
};

it(`keeps every invariant while people act by hand, in ${SEEDS} seeds, in which they do everything`, async () => {
  const broken = [];
  const seen = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violations, lines } = await simulate(seed, { byHand: true, keepsJournal: true });
    if (violations.length > 0) broken.push({ seed, violations });
    const text = lines.join('\n');
    for (const [deed, pattern] of Object.entries(DEEDS)) if (pattern.test(text)) seen.add(deed);
  }
  expect(broken).toEqual([]);
  expect(Object.keys(DEEDS).filter((deed) => !seen.has(deed))).toEqual([]);
});
