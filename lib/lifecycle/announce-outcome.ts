/**
 * Tells the world how a request ended. Every announcement goes the same way: decided and in the ledger first, then its
 * evidence, then the event for programs, then the notice for people, then the mark. So each is told at least once and
 * always with the same eventId, and what a crash left out reconciliation does.
 */
import { opaqueId } from '../runs/identity.ts';
import { outcomeWords } from '../runs/outcome-words.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { announced } from '../runs/transitions.ts';
import { holdsAnnouncement, type KeepEvidencePorts, keepEvidence } from './keep-evidence.ts';
import { outcomeNotice } from './outcome-notice.ts';
import type { Announcer, Notifier } from './ports.ts';

export interface AnnouncePorts extends KeepEvidencePorts {
  readonly announcer: Announcer;
  readonly notifier: Notifier;
}

export const RUN_OUTCOME = 'Run Outcome';

/** Rejects when the event bus does not take the event; what the topic does not take is sent by reconciliation. */
export async function announceOutcome(ports: AnnouncePorts, record: RequestRecord): Promise<void> {
  if (record.state !== 'ENDED') return;
  const kept = await keepEvidence(ports, record);
  if (kept.announcedAt !== undefined && kept.notifiedAt !== undefined) return;
  if (holdsAnnouncement(kept)) return;
  const eventId = outcomeEventId(kept);
  if (kept.announcedAt === undefined)
    await ports.announcer.announce({ detailType: RUN_OUTCOME, detail: outcomeDetail(kept, eventId) });
  const people = (await tellPeople(ports, kept, eventId)) ? 'notified' : 'not-notified';
  const at = new Date(ports.clock.nowMs()).toISOString();
  await ports.ledger.requests.change(kept.identity, (latest) => announced(latest, at, people), kept);
}

/** The same however often it is sent. A request that a person opened again comes to another outcome. */
export function outcomeEventId({ identity, reopened }: Pick<RequestRecord, 'identity' | 'reopened'>): string {
  return opaqueId({ announcement: RUN_OUTCOME, identity, reopened });
}

/** Whether nothing is left to say. A topic that is ill must not repeat the event. */
async function tellPeople(ports: AnnouncePorts, record: RequestRecord, eventId: string): Promise<boolean> {
  if (record.notifiedAt !== undefined) return true;
  try {
    await ports.notifier.notify(outcomeNotice(record, { eventId, about: RUN_OUTCOME }));
    return true;
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown';
    ports.log.error('the notification was not taken', { identity: record.identity, error: name });
    return false;
  }
}

/** Opaque ids and words of ours and HealthOmics' only (invariant 9). docs/events.md describes it. */
function outcomeDetail(record: RequestRecord, eventId: string): Readonly<Record<string, unknown>> {
  const { attempt, requestId, runId, uuid, failureReason, retentionMode, runOutputUri } = currentAttempt(record);
  return {
    version: '1',
    eventId,
    request: record.identity,
    route: record.route,
    outcome: record.outcome,
    outcomeAt: record.outcomeAt,
    reason: outcomeWords(record),
    attempts: attempt,
    requestId,
    runId,
    uuid,
    failureReason,
    retentionMode,
    runOutputUri,
    evidence: record.evidence,
    ...(record.evidence === undefined ? { evidenceMissing: record.evidenceTrouble?.error ?? 'unknown' } : {}),
  };
}
