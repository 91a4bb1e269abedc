/** What cannot start for want of room waits visibly, or is refused where its route says so. */
import type { LineEntry } from '../runs/line-entry.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import type { Held } from '../runs/start-gate.ts';
import { noteReason } from './find-run.ts';
import { sideBySide } from './side-by-side.ts';
import { end, type StartOnePorts } from './start-one.ts';

const AT_ONCE = 8;

/** Writes down why each waits, where its record does not say so yet. */
export async function holdUp(ports: StartOnePorts, held: readonly Held<LineEntry>[]): Promise<void> {
  const news = held.filter(
    ({ entry, reason, refusedJustNow }) => entry.reason !== reason || (refusedJustNow && entry.onQuota === 'reject'),
  );
  await sideBySide(news, AT_ONCE, async ({ entry, reason, refusedJustNow }) => {
    const record = await ports.ledger.requests.read(entry.identity);
    if (record?.state !== 'WAITING') return;
    // A call whose answer is not known may have made a run: that is found out before anything is refused.
    const isUncalled = currentAttempt(record).startCalledAt === undefined;
    if (refusedJustNow && record.onQuota === 'reject' && isUncalled) await rejectForQuota(ports, record, reason);
    else await noteReason(ports, record, reason);
  });
}

/** HealthOmics has refused a start of this retention mode; a picture of the stored runs never leads here. */
export async function rejectForQuota(ports: StartOnePorts, record: RequestRecord, reason: string): Promise<void> {
  const why = `${reason} Route ${record.route} says onQuota: reject, so it does not wait.`;
  await end(ports, record, { outcome: 'REFUSED', reason: why, code: 'ServiceQuotaExceededException' });
}
