/** Retry and Catch: which rule takes a failure, and how long to wait. */
import type { StateFailure } from './failures.ts';
import { checkPath, DefinitionFault, isObject } from './paths.ts';

export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number;
  readonly jitter: 'NONE' | 'FULL';
}

export interface Catcher {
  readonly errorEquals: readonly string[];
  readonly next: string;
  /** undefined: the failure replaces the input; null: it is thrown away. */
  readonly resultPath: string | null | undefined;
}

/** AWS's own ceiling for MaxDelaySeconds, a year; a delay never needs more. */
const LONGEST_DELAY_SECONDS = 31_622_400;

/** @throws DefinitionFault */
export function readRetriers(value: unknown): Retrier[] {
  return rules(value, 'Retry').map((rule) => {
    const number = (key: string, fallback: number, least: number): number => {
      const given = rule[key] ?? fallback;
      if (typeof given !== 'number' || given < least)
        throw new DefinitionFault(`Retry: ${key} must be a number of at least ${least}`);
      return given;
    };
    const jitter = rule.JitterStrategy ?? 'NONE';
    if (jitter !== 'NONE' && jitter !== 'FULL') throw new DefinitionFault('Retry: JitterStrategy must be NONE or FULL');
    return {
      errorEquals: errorNames(rule, 'Retry'),
      intervalSeconds: number('IntervalSeconds', 1, 1),
      maxAttempts: number('MaxAttempts', 3, 0),
      backoffRate: number('BackoffRate', 2, 1),
      maxDelaySeconds: number('MaxDelaySeconds', LONGEST_DELAY_SECONDS, 1),
      jitter,
    };
  });
}

/** @throws DefinitionFault */
export function readCatchers(value: unknown): Catcher[] {
  return rules(value, 'Catch').map((rule) => {
    if (typeof rule.Next !== 'string') throw new DefinitionFault('Catch: each rule needs a Next');
    if ('Assign' in rule || 'Output' in rule)
      throw new DefinitionFault('Catch: Assign and Output do not run on this laptop AWS');
    const { ResultPath: path } = rule;
    const resultPath = path === undefined || path === null ? path : checkPath(path, 'Catch: ResultPath');
    return { errorEquals: errorNames(rule, 'Catch'), next: rule.Next, resultPath };
  });
}

/**
 * How the language matches names: States.ALL takes all but States.Runtime and States.DataLimitExceeded,
 * States.TaskFailed all of those but States.Timeout, and a missed heartbeat is a timeout too.
 */
export function matches(errorEquals: readonly string[], failure: StateFailure): boolean {
  const { errorName } = failure;
  if (errorName === 'States.Runtime') return false;
  if (errorName !== undefined && errorEquals.includes(errorName)) return true;
  if (errorName === 'States.HeartbeatTimeout' && errorEquals.includes('States.Timeout')) return true;
  if (errorName === 'States.DataLimitExceeded') return false;
  if (errorEquals.includes('States.ALL')) return true;
  return errorEquals.includes('States.TaskFailed') && errorName !== 'States.Timeout';
}

/** How long to wait before retry number `retry` (from 0) of a retrier. */
export function retryDelayMs(retrier: Retrier, retry: number, random: () => number): number {
  const seconds = Math.min(retrier.intervalSeconds * retrier.backoffRate ** retry, retrier.maxDelaySeconds);
  return seconds * 1000 * (retrier.jitter === 'FULL' ? random() : 1);
}

/** What a Catch hands to its next state. */
export function errorOutput(failure: StateFailure): Record<string, string> {
  return {
    ...(failure.errorName === undefined ? {} : { Error: failure.errorName }),
    Cause: failure.causeText ?? '',
  };
}

function rules(value: unknown, field: string): Record<string, unknown>[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every(isObject)) throw new DefinitionFault(`${field} must be a list of rules`);
  return value;
}

function errorNames(rule: Record<string, unknown>, field: string): string[] {
  const names = rule.ErrorEquals;
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string')) {
    throw new DefinitionFault(`${field}: ErrorEquals must be a list of error names`);
  }
  return names;
}
