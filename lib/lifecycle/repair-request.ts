/** Repairs of one request: each takes the step that a lost execution or a crash left out, and is safe to repeat. */
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { isEverybodyTold } from '../runs/told.ts';
import { toldOfUncertainty, waiting } from '../runs/transitions.ts';
import { announceOutcome } from './announce-outcome.ts';
import { announceUncertain } from './announce-uncertain.ts';
import { ensureWatcher, startAnotherWatcher, type WatcherPorts } from './claim-request.ts';
import { keepEvidence } from './keep-evidence.ts';
import type { RecordOutcomePorts } from './record-outcome.ts';
import { answerEverybody } from './tokens.ts';

export type RepairPorts = RecordOutcomePorts & WatcherPorts;

/** Younger than this, a step is most likely being taken right now by whoever is in charge of it. */
const SETTLE_MS = 60_000;

export async function repairClaim(ports: RepairPorts, record: RequestRecord): Promise<boolean> {
  if (isYoung(ports, record)) return false;
  if (record.executions.length > 0) return repairWatcher(ports, record);
  await ensureWatcher(ports, record);
  return true;
}

/**
 * A request that is not over needs a living execution. One that was stopped by hand stays stopped; what it would have
 * put in line is put in line here, since stopping an execution cancels no request.
 */
export async function repairWatcher(ports: RepairPorts, record: RequestRecord): Promise<boolean> {
  if (isYoung(ports, record)) return false;
  const latest = record.executions.at(-1);
  const status = latest === undefined ? undefined : await ports.executions.status(latest);
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return false;
  if (status === 'ABORTED') return putInLine(ports, record);
  await startAnotherWatcher(ports, record);
  ports.log.warn('watcher restarted', { identity: record.identity, state: record.state });
  return true;
}

async function putInLine(ports: RepairPorts, record: RequestRecord): Promise<boolean> {
  const at = new Date(ports.clock.nowMs()).toISOString();
  const placed = await ports.ledger.requests.change(record.identity, (latest) => waiting(latest, at));
  return placed.revision !== record.revision;
}

/** Whoever recorded the outcome and died may have left executions without an answer, too. */
export async function repairAnnouncement(ports: RepairPorts, record: RequestRecord): Promise<boolean> {
  // What a person ended is in nobody else's charge.
  const byHand = record.acts !== undefined && currentAttempt(record).uuid === undefined;
  if (!byHand && isYoung(ports, record)) return false;
  await answerEverybody(ports, record);
  await announceOutcome(ports, record);
  return true;
}

/** A person may let it rest, but has to know. */
export async function repairUncertainty(ports: RepairPorts, record: RequestRecord): Promise<boolean> {
  if (isEverybodyTold(toldOfUncertainty(record)) || isYoung(ports, record)) return false;
  await announceUncertain(ports, record);
  return true;
}

export async function repairEvidence(ports: RepairPorts, record: RequestRecord): Promise<boolean> {
  return record.evidence === undefined && (await keepEvidence(ports, record)).evidence !== undefined;
}

/** Whether whoever is in charge of the request may still be at work on it. */
export function isYoung({ clock }: Pick<RepairPorts, 'clock'>, record: RequestRecord): boolean {
  return clock.nowMs() - Date.parse(record.since) < SETTLE_MS;
}
