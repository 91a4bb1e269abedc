/**
 * Tells the world how a request ended. Every announcement goes the same way: decided and in the ledger first, then its
 * evidence, then the event for programs, then the notice for people, then the mark. So each is told at least once and
 * always with the same eventId, and what a crash left out reconciliation does.
 */
import { opaqueId } from '../runs/identity.ts';
import { outcomeWords } from '../runs/outcome-words.ts';
import { currentAttempt, type RequestRecord, toldOfOutcome } from '../runs/request-record.ts';
import { isEverybodyTold } from '../runs/told.ts';
import { aboutOutcomeOf, announced } from '../runs/transitions.ts';
import { holdsAnnouncement, type KeepEvidencePorts, keepEvidence } from './keep-evidence.ts';
import { type Metrics, secondsBetween } from './metrics.ts';
import { outcomeNotice } from './outcome-notice.ts';
import { type TellPorts, tell } from './tell.ts';

export interface AnnouncePorts extends KeepEvidencePorts, TellPorts {}

const RUN_OUTCOME = 'Run Outcome';

/** Rejects when the event bus does not take the event; what the topic does not take is sent by reconciliation. */
export async function announceOutcome(ports: AnnouncePorts, record: RequestRecord): Promise<void> {
  if (record.state !== 'ENDED') return;
  const kept = await keepEvidence(ports, record);
  const before = toldOfOutcome(kept);
  if (isEverybodyTold(before) || holdsAnnouncement(kept)) return;
  const eventId = outcomeEventId(kept);
  const word = {
    event: { detailType: RUN_OUTCOME, detail: outcomeDetail(kept, eventId) },
    notice: outcomeNotice(kept, { eventId, about: RUN_OUTCOME }),
  };
  await tell(ports, word, before, async (told) => {
    if (!before.programs && !before.people) countOutcome(ports.metrics, kept);
    const at = new Date(ports.clock.nowMs()).toISOString();
    const step = aboutOutcomeOf(kept, (latest) => announced(latest, at, told));
    await ports.ledger.requests.change(kept.identity, step, kept);
  });
}

/** The same however often it is sent. A request that a person opened again comes to another outcome. */
function outcomeEventId({ identity, reopened }: Pick<RequestRecord, 'identity' | 'reopened'>): string {
  return opaqueId({ announcement: RUN_OUTCOME, identity, reopened });
}

/** When the first of the bus and the topic has taken it: once, but for a crash before the mark. */
function countOutcome(metrics: Metrics, record: RequestRecord): void {
  if (record.outcome === undefined) return;
  const { failureReason, stopTime } = currentAttempt(record);
  const reason = failureReason ?? record.reasonCode;
  const detectionSeconds = secondsBetween(stopTime, record.outcomeAt);
  metrics.record({
    kind: 'ended',
    outcome: record.outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(detectionSeconds === undefined ? {} : { detectionSeconds }),
  });
}

/** Opaque ids and words of ours and HealthOmics' only (invariant 9). docs/events.md describes it. */
function outcomeDetail(record: RequestRecord, eventId: string) {
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
