import { describe, expect, it } from 'vitest';
import { fileOf, load, problemsOf } from './load-routes.ts';

const ROUTE = fileOf(
  `on: { bucket: acme-incoming, key: 'requests/{name}.json' }`,
  `parameters: { input: '{uri}', name: '{name}' }`,
);
const prune = (text: string) => `${ROUTE}prune: ${text}\n`;

describe('prune', () => {
  it('is off unless the file has it, and a dry run unless it says otherwise', () => {
    expect(load(ROUTE).prune).toBeUndefined();
    expect(load(prune('{ olderThan: 90d }')).prune).toEqual({
      olderThanMs: 90 * 24 * 3_600_000,
      statuses: ['COMPLETED'],
      keepNewest: 0,
      keepTag: 'keep',
      runs: 'ours',
      mostPerSweep: 50,
      dryRun: true,
    });
  });

  it.each([
    ['no age', '{ dryRun: true }', '`olderThan` is missing'],
    [
      'an age below a day',
      '{ olderThan: 23h }',
      'prune.olderThan: must be a duration from 1d to 365d, as in 90d, not "23h"',
    ],
    [
      'a status that a run may leave again',
      '{ olderThan: 90d, statuses: STOPPING }',
      'must be COMPLETED or FAILED or CANCELLED',
    ],
    ['a word for dryRun', '{ olderThan: 90d, dryRun: no }', 'prune.dryRun: must be true or false, not "no"'],
    ['an unknown member', '{ olderThan: 90d, keepTags: x }', 'unknown member "keepTags", did you mean "keepTag"?'],
    ['too many a sweep', '{ olderThan: 90d, mostPerSweep: 501 }', 'must be a whole number from 1 to 500'],
  ])('rejects %s', (_, text, expected) => {
    expect(problemsOf(prune(text)).join('\n')).toContain(expected);
  });
});
