/** What a route or schedule says about the life of its requests: `retry`, `limits`, `onQuota`. */
import { OUT_OF_SPACE, RETRY_CHOICES, RETRY_RULES, type RetryRule, SMALLEST_STATIC_GIB } from '../runs/retry.ts';
import { ACTIVE_RUN_STATUSES, type ActiveRunStatus, parseRunStatus } from '../runs/run-status.ts';
import { didYouMean } from './did-you-mean.ts';
import type { ProblemList } from './problems.ts';
import { readDuration } from './read-gather.ts';
import { isNull, readChoice, readGroup, readInteger, readMap } from './read-values.ts';
import type { Limits, Retry } from './route.ts';
import type { Entry, SourceNode } from './source-nodes.ts';

const DEFAULT_ATTEMPTS = 3;

export const RETRY_KEYS = ['attempts', 'on', 'storage'] as const;
export const STORAGE_KEYS = ['upTo'] as const;
export const LIMIT_KEYS = ['maxRunsPerDay', 'inStatus'] as const;
export const ON_QUOTA = ['wait', 'reject'] as const;
export const MOST_ATTEMPTS = 10;
export const MOST_RUNS_PER_DAY = 1_000_000;
/** StartRun's own limit; the account's quota, 9,600 unless it was raised, is HealthOmics' to hold. */
export const MOST_STATIC_GIB = 100_000;

export interface Life {
  readonly retry: Retry;
  readonly limits?: Limits;
  readonly onQuota: 'wait' | 'reject';
}

export function readLife(entries: ReadonlyMap<string, Entry>, problems: ProblemList): Life {
  const limits = readLimits(entries.get('limits'), problems);
  const onQuota = entries.get('onQuota');
  return {
    retry: readRetry(entries.get('retry'), problems),
    ...(limits === undefined ? {} : { limits }),
    onQuota: (onQuota && readChoice(onQuota.node, ON_QUOTA, problems)) ?? 'wait',
  };
}

/** Attempts count the first one: 1 means no retry. */
function readRetry(entry: Entry | undefined, problems: ProblemList): Retry {
  const entries = entry === undefined ? undefined : readGroup(entry.node, { known: RETRY_KEYS }, problems);
  const attempts = entries?.get('attempts');
  const count =
    attempts === undefined ? undefined : readInteger(attempts.node, { min: 1, max: MOST_ATTEMPTS }, problems);
  const on = readReasons(entries?.get('on'), problems);
  const storageUpTo = readStorage(entries?.get('storage'), problems);
  return {
    attempts: count ?? DEFAULT_ATTEMPTS,
    ...(on === undefined ? {} : { on }),
    ...(storageUpTo === undefined ? {} : { storageUpTo }),
  };
}

/** What to do after each failureReason that the route decides for itself. */
function readReasons(entry: Entry | undefined, problems: ProblemList): Readonly<Record<string, RetryRule>> | undefined {
  if (entry === undefined || isNull(entry.node)) return undefined;
  const rules: Record<string, RetryRule> = {};
  for (const { key, keyPlace, node } of readMap(entry.node, problems)?.entries.values() ?? []) {
    const rule = readChoice(node, RETRY_CHOICES, problems);
    if (parseRunStatus(key) !== undefined) {
      problems.error(keyPlace, `${key} is a status, not a failureReason; only runs that FAILED are tried again`);
    } else if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(key)) {
      problems.error(keyPlace, 'must be a failureReason of HealthOmics', didYouMean(key, Object.keys(RETRY_RULES)));
    } else if (rule === 'enlarge' && key !== OUT_OF_SPACE) {
      problems.error(node.place, `\`enlarge\` gives a run more storage, which helps only against ${OUT_OF_SPACE}`);
    } else if (rule !== undefined) {
      if (!Object.hasOwn(RETRY_RULES, key)) warnUnknown(key, keyPlace, problems);
      rules[key] = rule;
    }
  }
  return rules;
}

/** HealthOmics may have reasons that this version does not know yet. */
function warnUnknown(reason: string, place: Entry['keyPlace'], problems: ProblemList): void {
  const message = `${reason} is no failureReason that HealthOmics documents`;
  problems.warn(place, message, didYouMean(reason, Object.keys(RETRY_RULES)));
}

/** `DYNAMIC`, or `{ upTo: 9600 }`: how a run that ran out of space gets more. Answers the GiB up to which STATIC grows. */
function readStorage(entry: Entry | undefined, problems: ProblemList): number | undefined {
  if (entry === undefined) return undefined;
  if (entry.node.kind === 'scalar') {
    if (isNull(entry.node)) return undefined;
    readChoice(entry.node, ['DYNAMIC'], problems);
    return undefined;
  }
  const upTo = readGroup(entry.node, { known: STORAGE_KEYS }, problems)?.get('upTo');
  if (upTo === undefined) {
    problems.error(entry.node.place, 'say how far STATIC storage may grow, as in { upTo: 9600 }, or DYNAMIC');
    return undefined;
  }
  return readInteger(upTo.node, { min: SMALLEST_STATIC_GIB, max: MOST_STATIC_GIB }, problems);
}

function readLimits(entry: Entry | undefined, problems: ProblemList): Limits | undefined {
  if (entry === undefined) return undefined;
  const names = { known: LIMIT_KEYS, notOffered: ['maxRunsPerDrop', 'maxRunsAtOnce'] };
  const entries = readGroup(entry.node, names, problems);
  const perDay = entries?.get('maxRunsPerDay');
  const maxRunsPerDay =
    perDay === undefined ? undefined : readInteger(perDay.node, { min: 1, max: MOST_RUNS_PER_DAY }, problems);
  const inStatus = entries?.get('inStatus');
  const inStatusSeconds = inStatus === undefined ? undefined : readInStatus(inStatus.node, problems);
  return {
    ...(maxRunsPerDay === undefined ? {} : { maxRunsPerDay }),
    ...(inStatusSeconds === undefined ? {} : { inStatusSeconds }),
  };
}

function readInStatus(node: SourceNode, problems: ProblemList): Limits['inStatusSeconds'] {
  const entries = readGroup(node, { known: ACTIVE_RUN_STATUSES }, problems);
  const seconds: Partial<Record<ActiveRunStatus, number>> = {};
  for (const status of ACTIVE_RUN_STATUSES) {
    const durationMs = readDuration(entries?.get(status), problems);
    if (durationMs !== undefined) seconds[status] = durationMs / 1000;
  }
  return seconds;
}
