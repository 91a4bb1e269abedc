/** What the lifecycle counts and times. The words come from short lists: never keys, names, ids or routes (invariant 9). */
import type { Outcome } from '../runs/request-record.ts';
import type { Taken } from './take-drop.ts';

export type Figure =
  /** `failed`: it comes back, and at last goes to the dead-letter queue. `ignored`: a message that is no drop. */
  | { readonly kind: 'drop'; readonly outcome: Taken | 'failed' | 'ignored' }
  /** HealthOmics has a run; `waitedSeconds` since the attempt got in line. */
  | { readonly kind: 'started'; readonly waitedSeconds: number }
  | {
      readonly kind: 'ended';
      readonly outcome: Outcome;
      /** HealthOmics' failureReason, or our code. */
      readonly reason?: string;
      /** Between the end of the run and its outcome in the ledger. */
      readonly detectionSeconds?: number;
    }
  /** Whether StartRun made a run cannot be told, or no evidence of an outcome could be kept: either needs a person. */
  | { readonly kind: 'uncertain' | 'evidenceGivenUp' };

export interface Metrics {
  /** Never rejects and never waits: a figure that is lost hurts nobody. */
  record(figure: Figure): void;
}

/** Seconds between two ISO times; `undefined` where one is missing or a clock runs ahead. */
export function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return seconds >= 0 ? seconds : undefined;
}
