/** Runs that stay in a status for longer than they should. It is told, once a status; nothing ends a run for it. */
import { type AttemptRecord, currentAttempt, type RequestRecord } from './request-record.ts';
import { ACTIVE_RUN_STATUSES, type ActiveRunStatus } from './run-status.ts';

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

/** Programs and people were told. */
export function overdueTold(record: RequestRecord, status: ActiveRunStatus, at: string): RequestRecord {
  const attempt = currentAttempt(record);
  if (attempt.overdue?.status !== status || attempt.overdue.toldAt !== undefined) return record;
  return withCurrent(record, { ...attempt, overdue: { ...attempt.overdue, toldAt: at } });
}

export function overdueReason({ runId }: AttemptRecord, { status, since, limitSeconds }: Overdue): string {
  const hours = `${Math.round((limitSeconds / 3600) * 100) / 100} h`;
  return `Run ${runId} has been ${status} since ${since}, longer than the ${hours} that it should. Nothing cancels it.`;
}

function withCurrent(record: RequestRecord, attempt: AttemptRecord): RequestRecord {
  return { ...record, attempts: [...record.attempts.slice(0, -1), attempt] };
}
