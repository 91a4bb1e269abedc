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

/** The same however often it is sent. A request that a person opened again comes to another outcome. */
export function outcomeEventId({ identity, reopened }: Pick<RequestRecord, 'identity' | 'reopened'>): string {
  return opaqueId({ announcement: RUN_OUTCOME, identity, reopened });
}

/** Opaque ids and HealthOmics' own words only. */
function outcomeDetail(record: RequestRecord): Readonly<Record<string, unknown>> {
  const { attempt, requestId, runId, uuid, failureReason, retentionMode, runOutputUri } = currentAttempt(record);
  return {
    version: '1',
    eventId: outcomeEventId(record),
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
