import type { ProblemList } from './problems.ts';
import { readGroup, readInteger } from './read-values.ts';
import type { Entry } from './source-nodes.ts';

const DEFAULT_ATTEMPTS = 3;

export const RETRY_KEYS = ['attempts'] as const;
export const MOST_ATTEMPTS = 10;

/** Reads `retry:`. Attempts count the first one: 1 means no retry. */
export function readRetry(entry: Entry | undefined, problems: ProblemList): { readonly attempts: number } {
  const entries = entry === undefined ? undefined : readGroup(entry.node, { known: RETRY_KEYS }, problems);
  const attempts = entries?.get('attempts');
  const count =
    attempts === undefined ? undefined : readInteger(attempts.node, { min: 1, max: MOST_ATTEMPTS }, problems);
  return { attempts: count ?? DEFAULT_ATTEMPTS };
}

export const LIMIT_KEYS = ['maxRunsPerDay'] as const;
export const MOST_RUNS_PER_DAY = 1_000_000;

/** Reads `limits:`. */
export function readLimits(entry: Entry | undefined, problems: ProblemList): { maxRunsPerDay?: number } | undefined {
  if (entry === undefined) return undefined;
  const names = { known: LIMIT_KEYS, notOffered: ['maxRunsPerDrop', 'maxRunsAtOnce'] };
  const perDay = readGroup(entry.node, names, problems)?.get('maxRunsPerDay');
  const maxRunsPerDay =
    perDay === undefined ? undefined : readInteger(perDay.node, { min: 1, max: MOST_RUNS_PER_DAY }, problems);
  return maxRunsPerDay === undefined ? {} : { maxRunsPerDay };
}
