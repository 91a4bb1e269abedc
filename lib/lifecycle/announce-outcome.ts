/** Tells the world how a request ended: at least once, always with the same eventId, and only after it is in the ledger. */
import type { Ledger } from '../ledger/ledger.ts';
import { opaqueId } from '../runs/identity.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { announced } from '../runs/transitions.ts';
import type { Announcer, Clock } from './ports.ts';

export interface AnnouncePorts {
  readonly ledger: Pick<Ledger, 'requests'>;
  readonly announcer: Announcer;
  readonly clock: Clock;
}

export const RUN_OUTCOME = 'Run Outcome';

export async function announceOutcome(ports: AnnouncePorts, record: RequestRecord): Promise<void> {
  if (record.state !== 'ENDED' || record.announcedAt !== undefined) return;
  await ports.announcer.announce({ detailType: RUN_OUTCOME, detail: outcomeDetail(record) });
  const at = new Date(ports.clock.nowMs()).toISOString();
  await ports.ledger.requests.change(record.identity, (latest) => announced(latest, at), record);
}

/** Opaque ids and HealthOmics' own words only. */
function outcomeDetail(record: RequestRecord): Readonly<Record<string, unknown>> {
  const { attempt, requestId, runId, uuid, failureReason, retentionMode, runOutputUri } = currentAttempt(record);
  return {
    version: '1',
    eventId: opaqueId({ announcement: RUN_OUTCOME, identity: record.identity }),
    request: record.identity,
    route: record.route,
    outcome: record.outcome,
    outcomeAt: record.outcomeAt,
    attempts: attempt,
    requestId,
    runId,
    uuid,
    failureReason,
    retentionMode,
    runOutputUri,
  };
}
