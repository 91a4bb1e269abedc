/** Notices a run that stays in a status for too long: on record first, then told, at least once and with one eventId. */
import type { Ledger } from '../ledger/ledger.ts';
import { opaqueId } from '../runs/identity.ts';
import {
  type Overdue,
  overdueNoticed,
  overdueReason,
  overdueStatus,
  overdueTold,
  toldOfOverdue,
} from '../runs/overdue.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { isEverybodyTold } from '../runs/told.ts';
import { noticeText } from './notice-text.ts';
import type { Clock, Notice, Settings } from './ports.ts';
import { type TellPorts, tell } from './tell.ts';

export interface TellOverduePorts extends TellPorts {
  readonly ledger: Pick<Ledger, 'requests'>;
  readonly clock: Clock;
  readonly settings: Settings;
}

const RUN_OVERDUE = 'Run Overdue';

/** The run goes on: it may still end well. */
export async function tellOverdue(ports: TellOverduePorts, record: RequestRecord): Promise<void> {
  const nowMs = ports.clock.nowMs();
  const at = new Date(nowMs).toISOString();
  const overdue = overdueStatus(record, ports.settings.inStatusSeconds, nowMs);
  if (overdue === undefined || isTold(record, overdue)) return;
  const { identity } = record;
  const step = (latest: RequestRecord) => overdueNoticed(latest, overdue, at);
  const noticed = await ports.ledger.requests.change(identity, step);
  const attempt = currentAttempt(noticed);
  if (attempt.overdue?.status !== overdue.status || isTold(noticed, overdue)) return;
  ports.log.warn('run is overdue', { identity, runId: attempt.runId, uuid: attempt.uuid, status: overdue.status });
  const detail = detailOf(noticed, overdue);
  const word = { event: { detailType: RUN_OVERDUE, detail }, notice: noticeOf(noticed, overdue, detail.eventId) };
  await tell(ports, word, toldOfOverdue(attempt, overdue.status), (told) =>
    ports.ledger.requests.change(identity, (latest) => overdueTold(latest, overdue.status, at, told), noticed),
  );
}

function isTold(record: RequestRecord, { status }: Overdue): boolean {
  return isEverybodyTold(toldOfOverdue(currentAttempt(record), status));
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
