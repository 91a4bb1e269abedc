/** How much waits for its start, for how long and for what. */
import type { RequestRecord } from '../runs/request-record.ts';
import { type SweepPorts, WAITING_REASONS, type WaitingFigures } from './sweep-ports.ts';

/** More is counted as so much. */
const MOST_COUNTED = 1_000;
const LEDGER_CONCURRENCY = 16;

/** What waits for its start, as the ledger has it now. */
export async function readWaiting({ requests }: Pick<SweepPorts, 'requests'>): Promise<RequestRecord[]> {
  return readAll(requests, await requests.open('WAITING', MOST_COUNTED));
}

export function waitingFigures(waiting: readonly RequestRecord[], nowMs: number): WaitingFigures[] {
  return WAITING_REASONS.map((reason) => {
    const same = waiting.filter((record) => reasonOf(record) === reason);
    const oldest = Math.min(nowMs, ...same.map(({ since }) => Date.parse(since)));
    return { reason, count: same.length, oldestSeconds: Math.max(0, Math.round((nowMs - oldest) / 1000)) };
  });
}

async function readAll(
  requests: Pick<SweepPorts['requests'], 'read'>,
  identities: readonly string[],
): Promise<RequestRecord[]> {
  const records: RequestRecord[] = [];
  for (let from = 0; from < identities.length; from += LEDGER_CONCURRENCY) {
    const batch = identities.slice(from, from + LEDGER_CONCURRENCY).map((identity) => requests.read(identity));
    for (const record of await Promise.all(batch)) if (record?.state === 'WAITING') records.push(record);
  }
  return records;
}

/** The starter writes a sentence of its own for each reason; none yet means that it did not come to this one. */
function reasonOf({ reason }: RequestRecord): WaitingFigures['reason'] {
  if (reason === undefined) return 'IN_LINE';
  if (reason.startsWith('A quota is full')) return 'QUOTA';
  return reason.startsWith('Route ') ? 'DAILY_LIMIT' : 'THROTTLED';
}
