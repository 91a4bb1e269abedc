/** A request in line for the starter, as the ledger's index shows it: enough to decide on its turn, and no more. */
import { currentAttempt, type RequestRecord } from './request-record.ts';
import type { InLineByMode, RetentionMode } from './start-gate.ts';
import { startRunInput } from './start-run-input.ts';

export interface LineEntry extends InLineByMode {
  /** Why it waits, as far as its record says so. */
  readonly reason?: string;
  readonly onQuota?: 'reject';
}

export function lineEntryOf(record: RequestRecord): LineEntry {
  const { identity, route, priority, since, reason, onQuota } = record;
  return {
    identity,
    route,
    priority,
    since,
    retentionMode: retentionModeOf(record),
    ...(reason === undefined ? {} : { reason }),
    ...(onQuota === undefined ? {} : { onQuota }),
  };
}

/** What the current attempt asks for; HealthOmics keeps a run that asks for nothing. */
export function retentionModeOf(record: RequestRecord): RetentionMode {
  return startRunInput(record, currentAttempt(record)).retentionMode === 'REMOVE' ? 'REMOVE' : 'RETAIN';
}
