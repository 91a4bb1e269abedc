/** What came of the work of a virtual laptop, and percentiles of it. */
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { CheckFailed } from '../figure.ts';
import type { VirtualLaptop } from './laptop.ts';

/** Every request, once each has ended and is announced. @throws CheckFailed otherwise, or when there are not `count` */
export function endedRequests(laptop: VirtualLaptop, count: number): readonly RequestRecord[] {
  const items = [...laptop.store.items.values()].filter(({ pk, sk }) => isRequest(String(pk), String(sk)));
  const records = items as unknown as RequestRecord[];
  const odd = records.filter(({ outcome, announcedAt }) => outcome !== 'COMPLETED' || announcedAt === undefined);
  if (records.length !== count || odd.length > 0 || laptop.omics.runs.length !== count)
    throw new CheckFailed(
      `${records.length} requests and ${laptop.omics.runs.length} runs for ${count} drops, ${odd.length} without a recorded COMPLETED.`,
    );
  return records;
}

function isRequest(pk: string, sk: string): boolean {
  return sk === 'REQUEST' && pk.startsWith('REQUEST#');
}

/** From each run's end to its recorded outcome, in seconds, ascending. */
export function outcomeDelays(laptop: VirtualLaptop, records: readonly RequestRecord[]): number[] {
  const endedMs = new Map(laptop.omics.runs.map((run) => [run.uuid, run.endedMs ?? Number.NaN]));
  const delays = records.map((record) => {
    const { uuid = '' } = currentAttempt(record);
    return (Date.parse(record.outcomeAt ?? '') - (endedMs.get(uuid) ?? Number.NaN)) / 1000;
  });
  return delays.sort((a, b) => a - b);
}

/** The least of the values that so large a share of them does not exceed. @throws RangeError for an empty list. */
export function percentile(ascending: readonly number[], share: number): number {
  const value = ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)];
  if (value === undefined) throw new RangeError('There is no percentile of nothing.');
  return value;
}
