/** Tells the world that RETAIN runs passed a threshold of the stored-run quota: one eventId a crossing, and what to do. */
import type { Forecast } from '../quota/forecast.ts';
import { countOf, type QuotaSnapshot, retainedShare } from '../quota/quota-snapshot.ts';
import type { PendingWord } from '../quota/sweep-state.ts';
import { opaqueId } from '../runs/identity.ts';
import { errorName } from './error-name.ts';
import type { Notice } from './ports.ts';
import { type Sweep, writeState } from './sweep-memory.ts';

const QUOTA_THRESHOLD_CROSSED = 'Quota Threshold Crossed';

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

/** One crossing for programs and for people, under one eventId. */
export function crossingWords(news: CrossingNews): PendingWord[] {
  const word = crossingWord(news);
  return [word, { ...word, to: 'people' }];
}

function crossingWord({ sweeperId, threshold, number, snapshot, forecast }: CrossingNews): PendingWord {
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
    latestDaysToExhaustion: forecast?.latestDays,
    command: raiseQuotaCommand(snapshot.storedRunsQuota),
  };
  return { detailType: announcement, detail };
}

/** What a person types to ask AWS for half as much again. */
export function raiseQuotaCommand(quota: number): string {
  const desired = Math.max(quota + 1, Math.ceil((quota * 1.5) / STEP) * STEP);
  return `aws service-quotas request-service-quota-increase --service-code omics --quota-code ${STORED_RUNS_QUOTA_CODE} --desired-value ${desired}`;
}

/** What `crossingWord` says, as it is in the ledger. */
interface CrossingDetail {
  readonly eventId: string;
  readonly thresholdPercent: number;
  readonly retainedShareOfQuota: number;
  readonly retainedRuns: number;
  readonly storedRuns: number;
  readonly storedRunsQuota: number;
  readonly unknownRetention: number;
  readonly takenAt: string;
  readonly daysToExhaustion?: number;
  readonly earliestDaysToExhaustion?: number;
  readonly latestDaysToExhaustion?: number;
  readonly command: string;
}

/** What happened, what comes of it, and what can be done, for whoever reads it in a mail at night. */
function crossingNotice(detail: CrossingDetail): Notice {
  const { eventId, thresholdPercent, retainedRuns, storedRuns, storedRunsQuota, unknownRetention, takenAt } = detail;
  const percent = Math.floor(100 * detail.retainedShareOfQuota);
  const lines = [
    `RETAIN runs hold ${percent} % of the account's stored-run quota: ${retainedRuns} of ${storedRunsQuota} (threshold: ${thresholdPercent} %).`,
    `${storedRuns} runs are stored in all; counted at ${takenAt}.`,
    ...(unknownRetention > 0 ? [`The retention mode of ${unknownRetention} of them is not known yet.`] : []),
    '',
    'RETAIN runs stay until somebody deletes them. When they fill the quota, HealthOmics refuses every StartRun in the account; drops wait then, and nothing is lost.',
    forecastSentence(detail),
    '',
    'To ask AWS for a higher quota:',
    `  ${detail.command}`,
    'To see who fills it: rundrop quota. To delete runs: aws omics delete-run --id ID, or `prune` in the route file.',
  ];
  return {
    eventId,
    about: QUOTA_THRESHOLD_CROSSED,
    kind: 'QUOTA',
    subject: `RETAIN runs hold ${percent}% of the HealthOmics stored-run quota`,
    text: lines.join('\n'),
  };
}

function forecastSentence(detail: CrossingDetail): string {
  const { daysToExhaustion: days, earliestDaysToExhaustion: earliest, latestDaysToExhaustion: latest } = detail;
  const shown = (value: number) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));
  if (days === undefined && earliest === undefined) return 'There is no day in sight on which they fill it.';
  if (days === 0) return 'They fill it now.';
  const about = days === undefined ? 'not at the usual pace' : `in about ${shown(days)} days at the usual pace`;
  const from = earliest === undefined ? '' : `, at the earliest in ${shown(earliest)}`;
  const to = latest === undefined ? ', perhaps never' : `, at the latest in ${shown(latest)}`;
  return `They fill it ${about}${from}${to}.`;
}

/** So many in a row not taken: the bus, or the topic, is ill, and the rest waits for the next sweep. */
const MOST_NOT_TAKEN = 3;

/**
 * Sends what was decided, oldest first. What the bus or the topic does not take stays for the next sweep, under the same
 * eventId. One word that is never taken keeps no other back, nor does an ill bus keep word from people.
 */
export async function sendPending(sweep: Sweep): Promise<void> {
  const waiting = sweep.state.pending;
  const left: PendingWord[] = [];
  const inARow = new Map<PendingWord['to'], number>();
  for (const word of waiting) {
    const notTaken = inARow.get(word.to) ?? 0;
    const isSent = notTaken < MOST_NOT_TAKEN && (await isTaken(sweep, word));
    inARow.set(word.to, isSent ? 0 : notTaken + 1);
    if (!isSent) left.push(word);
  }
  if (left.length < waiting.length) await writeState(sweep, { ...sweep.state, pending: left });
}

async function isTaken({ ports }: Sweep, word: PendingWord): Promise<boolean> {
  try {
    if (word.to === 'people') await ports.notifier.notify(crossingNotice(word.detail as unknown as CrossingDetail));
    else await ports.announcer.announce(word);
    return true;
  } catch (error) {
    const { detailType, to } = word;
    ports.log.error('the announcement was not taken', { detailType, to, error: errorName(error) });
    return false;
  }
}
