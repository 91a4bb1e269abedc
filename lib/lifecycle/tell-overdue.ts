/** Notices a run that stays in a status for too long: on record first, then told, at least once and with one eventId. */
import type { Ledger } from '../ledger/ledger.ts';
import { opaqueId } from '../runs/identity.ts';
import { type Overdue, overdueNoticed, overdueReason, overdueStatus, overdueTold } from '../runs/overdue.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { noticeText } from './notice-text.ts';
import type { Clock, Notice, Settings } from './ports.ts';
import { type TellPorts, tell } from './tell.ts';

export interface TellOverduePorts extends TellPorts {
  readonly ledger: Pick<Ledger, 'requests'>;
  readonly clock: Clock;
  readonly settings: Settings;
}

const RUN_OVERDUE = 'Run Overdue';

/** Returns whether it was told now. The run goes on: it may still end well. */
export async function tellOverdue(ports: TellOverduePorts, record: RequestRecord): Promise<boolean> {
  const nowMs = ports.clock.nowMs();
  const at = new Date(nowMs).toISOString();
  const overdue = overdueStatus(record, ports.settings.inStatusSeconds, nowMs);
  if (overdue === undefined || toldOf(record, overdue)) return false;
  const { identity } = record;
  const step = (latest: RequestRecord) => overdueNoticed(latest, overdue, at);
  const noticed = await ports.ledger.requests.change(identity, step);
  const attempt = currentAttempt(noticed);
  if (attempt.overdue?.status !== overdue.status || toldOf(noticed, overdue)) return false;
  ports.log.warn('run is overdue', { identity, runId: attempt.runId, uuid: attempt.uuid, status: overdue.status });
  const detail = detailOf(noticed, overdue);
  const word = { event: { detailType: RUN_OVERDUE, detail }, notice: noticeOf(noticed, overdue, detail.eventId) };
  const told = await tell(ports, word, attempt.overdue.announcedAt !== undefined);
  await ports.ledger.requests.change(identity, (latest) => overdueTold(latest, overdue.status, at, told), noticed);
  return told === 'everybody';
}

function toldOf(record: RequestRecord, { status }: Overdue): boolean {
  const { overdue } = currentAttempt(record);
  return overdue?.status === status && overdue.toldAt !== undefined;
}

/** Opaque ids and HealthOmics' own words only (invariant 9). */
function detailOf(record: RequestRecord, { status, since, limitSeconds }: Overdue) {
  const { attempt, requestId, runId, uuid } = currentAttempt(record);
  const { identity, route } = record;
  const eventId = opaqueId({ announcement: RUN_OVERDUE, identity, attempt, status });
  return {
    version: '1',
    eventId,
    request: identity,
    route,
    attempt,
    requestId,
    runId,
    uuid,
    status,
    since,
    limitSeconds,
  };
}

function noticeOf(record: RequestRecord, overdue: Overdue, eventId: string): Notice {
  const { identity, route } = record;
  const lines = [
    overdueReason(currentAttempt(record), overdue),
    '',
    `Route:    ${route}`,
    `Request:  ${identity}`,
    '',
    `Everything about it:  rundrop show ${identity}`,
    `End it:               rundrop cancel ${identity} --reason TEXT`,
  ];
  const subject = `${overdue.status} for long: ${route} ${identity}`;
  return { eventId, about: RUN_OVERDUE, kind: 'OVERDUE', route, subject, text: noticeText(eventId, lines) };
}
