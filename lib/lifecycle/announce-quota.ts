/** Tells the world that RETAIN runs passed a threshold of the stored-run quota: one eventId a crossing, and what to do. */
import type { Forecast } from '../quota/forecast.ts';
import { countOf, type QuotaSnapshot, retainedShare } from '../quota/quota-snapshot.ts';
import type { PendingWord } from '../quota/sweep-state.ts';
import { opaqueId } from '../runs/identity.ts';
import { type Sweep, writeState } from './sweep-memory.ts';

export const QUOTA_THRESHOLD_CROSSED = 'Quota Threshold Crossed';

/** Quotas are asked for in round steps. */
const STEP = 1_000;
const STORED_RUNS_QUOTA_CODE = 'L-C9679DBC';

export interface CrossingNews {
  readonly sweeperId: string;
  readonly threshold: number;
  /** How often this threshold was crossed. */
  readonly number: number;
  readonly snapshot: QuotaSnapshot;
  readonly forecast: Forecast | undefined;
}

export function crossingWord({ sweeperId, threshold, number, snapshot, forecast }: CrossingNews): PendingWord {
  const announcement = QUOTA_THRESHOLD_CROSSED;
  const detail = {
    version: '1',
    eventId: opaqueId({ announcement, sweeper: sweeperId, threshold, number }),
    thresholdPercent: threshold,
    retainedShareOfQuota: retainedShare(snapshot),
    retainedRuns: countOf(snapshot, 'RETAIN'),
    storedRuns: snapshot.storedRuns,
    storedRunsQuota: snapshot.storedRunsQuota,
    quotaSource: snapshot.quotas.storedRuns.source,
    unknownRetention: snapshot.unknownRetention,
    takenAt: snapshot.takenAt,
    daysToExhaustion: forecast?.days,
    earliestDaysToExhaustion: forecast?.earliestDays,
    command: raiseQuotaCommand(snapshot.storedRunsQuota),
  };
  return { detailType: announcement, detail };
}

/** What a person types to ask AWS for half as much again. */
export function raiseQuotaCommand(quota: number): string {
  const desired = Math.max(quota + 1, Math.ceil((quota * 1.5) / STEP) * STEP);
  return `aws service-quotas request-service-quota-increase --service-code omics --quota-code ${STORED_RUNS_QUOTA_CODE} --desired-value ${desired}`;
}

/** Sends what was decided, oldest first. What the bus does not take stays for the next sweep, under the same eventId. */
export async function sendPending(sweep: Sweep): Promise<void> {
  const waiting = sweep.state.pending;
  let sent = 0;
  for (const word of waiting) {
    try {
      await sweep.ports.announcer.announce(word);
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown';
      sweep.ports.log.error('the announcement was not taken', { detailType: word.detailType, error: name });
      break;
    }
    sent += 1;
  }
  if (sent > 0) await writeState(sweep, { ...sweep.state, pending: waiting.slice(sent) });
}
