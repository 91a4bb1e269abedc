import type { ProblemList } from './problems.ts';
import { readGroup, readInteger } from './read-values.ts';
import type { Entry } from './source-nodes.ts';

const DEFAULT_ATTEMPTS = 3;

/** Reads `retry:`. Attempts count the first one: 1 means no retry. */
export function readRetry(entry: Entry | undefined, problems: ProblemList): { readonly attempts: number } {
  const entries = entry === undefined ? undefined : readGroup(entry.node, { known: ['attempts'] }, problems);
  const attempts = entries?.get('attempts');
  const count = attempts === undefined ? undefined : readInteger(attempts.node, { min: 1, max: 10 }, problems);
  return { attempts: count ?? DEFAULT_ATTEMPTS };
}

/** Reads `limits:`. */
export function readLimits(entry: Entry | undefined, problems: ProblemList): { maxRunsPerDay?: number } | undefined {
  if (entry === undefined) return undefined;
  const names = { known: ['maxRunsPerDay'], notOffered: ['maxRunsPerDrop', 'maxRunsAtOnce'] };
  const perDay = readGroup(entry.node, names, problems)?.get('maxRunsPerDay');
  const maxRunsPerDay =
    perDay === undefined ? undefined : readInteger(perDay.node, { min: 1, max: 1_000_000 }, problems);
  return maxRunsPerDay === undefined ? {} : { maxRunsPerDay };
}
