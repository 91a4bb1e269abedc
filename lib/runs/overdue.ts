/** Runs that stay in a status for longer than they should. It is told, once a status; nothing ends a run for it. */
import { type AttemptRecord, currentAttempt, type RequestRecord } from './request-record.ts';
import { ACTIVE_RUN_STATUSES, type ActiveRunStatus } from './run-status.ts';
import { newlyTold, type Told, toldBy } from './told.ts';

export interface Overdue {
  readonly status: ActiveRunStatus;
  /** When the run was first seen in it, ISO. */
  readonly since: string;
  readonly limitSeconds: number;
}

/** The status that the request's run has been in for too long, if so. What the route says stands over the defaults. */
export function overdueStatus(
  record: RequestRecord,
  defaults: Readonly<Record<ActiveRunStatus, number>>,
  nowMs: number,
): Overdue | undefined {
  if (record.state !== 'STARTED') return undefined;
  const { status, statuses } = currentAttempt(record);
  const active = ACTIVE_RUN_STATUSES.find((one) => one === status);
  const since = active === undefined ? undefined : statuses[active];
  if (active === undefined || since === undefined) return undefined;
  const limitSeconds = record.inStatusSeconds?.[active] ?? defaults[active];
  return nowMs - Date.parse(since) > limitSeconds * 1000 ? { status: active, since, limitSeconds } : undefined;
}

/** On record, with a sentence for people. */
export function overdueNoticed(record: RequestRecord, overdue: Overdue, at: string): RequestRecord {
  const attempt = currentAttempt(record);
  if (record.state !== 'STARTED' || attempt.status !== overdue.status) return record;
  if (attempt.overdue?.status === overdue.status) return record;
  const noticed = { ...attempt, overdue: { status: overdue.status, noticedAt: at } };
  return { ...withCurrent(record, noticed), reason: overdueReason(attempt, overdue) };
}

/** Whom word has reached of the run's being in this status for too long. */
export function toldOfOverdue({ overdue }: AttemptRecord, status: ActiveRunStatus): Told {
  return overdue?.status === status ? toldBy(overdue.announcedAt, overdue.toldAt) : toldBy(undefined, undefined);
}

/** It was told. The first mark of each stays. */
export function overdueTold(record: RequestRecord, status: ActiveRunStatus, at: string, told: Told): RequestRecord {
  const attempt = currentAttempt(record);
  const { overdue } = attempt;
  if (overdue?.status !== status) return record;
  const news = newlyTold(told, toldOfOverdue(attempt, status));
  if (news === undefined) return record;
  const marks = { ...(news.programs ? { announcedAt: at } : {}), ...(news.people ? { toldAt: at } : {}) };
  return withCurrent(record, { ...attempt, overdue: { ...overdue, ...marks } });
}

export function overdueReason({ runId }: AttemptRecord, { status, since, limitSeconds }: Overdue): string {
  const hours = `${Math.round((limitSeconds / 3600) * 100) / 100} h`;
  return `Run ${runId} has been ${status} since ${since}, longer than the ${hours} that it should. Nothing cancels it.`;
}

function withCurrent(record: RequestRecord, attempt: AttemptRecord): RequestRecord {
  return { ...record, attempts: [...record.attempts.slice(0, -1), attempt] };
}
