/** What is shown of the ledger's records. Pure. */
import type { DropRecord } from '../lib/ledger/drops.ts';
import type { GatherHeader } from '../lib/ledger/gathers.ts';
import type { AttemptRecord, RequestRecord } from '../lib/runs/request-record.ts';
import { type Column, colourOfStatus, formatDuration, formatSize, formatTime } from './text.ts';

export interface DropRow {
  /** As events, notifications and reasons name it. */
  readonly dropId: string;
  readonly receivedAt: string;
  readonly state: string;
  /** Where the request stands that the drop became part of. */
  readonly status?: string;
  /** What the rows of a sheet came to. */
  readonly sheet?: DropRecord['sheet'];
  readonly route: string;
  readonly object: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly identity?: string;
  readonly reason?: string;
}

export function dropRow(drop: DropRecord, request?: RequestRecord): DropRow {
  const reason = drop.reason ?? (request?.state === 'STARTED' ? undefined : request?.reason);
  return {
    dropId: drop.dropId,
    receivedAt: drop.receivedAt,
    state: drop.state,
    route: drop.route,
    object: `s3://${drop.bucket}/${drop.key}`,
    sizeBytes: drop.sizeBytes,
    etag: drop.etag,
    ...(drop.identity === undefined ? {} : { identity: drop.identity }),
    ...(request === undefined ? {} : { status: statusOf(request) }),
    ...(drop.sheet === undefined ? {} : { sheet: drop.sheet }),
    ...(reason === undefined ? {} : { reason }),
  };
}

export const DROP_COLUMNS: readonly Column[] = [
  { header: 'RECEIVED' },
  { header: 'STATE', paint: colourOfStatus },
  { header: 'ROUTE' },
  { header: 'OBJECT', shrinks: true },
  { header: 'SIZE', align: 'right' },
  { header: 'DROP' },
  { header: 'REQUEST' },
  { header: 'REASON', shrinks: true },
];

export function dropCells(row: DropRow): string[] {
  return [
    formatTime(row.receivedAt),
    row.status ?? row.state,
    row.route,
    row.object,
    formatSize(row.sizeBytes),
    shortId(row.dropId),
    shortId(row.identity),
    row.reason ?? '',
  ];
}

export interface RunRow {
  readonly identity: string;
  readonly createdAt: string;
  readonly route: string;
  readonly name: string;
  readonly status: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly requestId: string;
  readonly runId?: string;
  readonly uuid?: string;
  readonly retentionMode?: string;
  readonly runOutputUri?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly failureReason?: string;
  readonly reason?: string;
}

/** One row a request: its current attempt, and the outcome once there is one. */
export function runRow(record: RequestRecord): RunRow {
  const attempt = latestAttempt(record);
  const optional = {
    runId: attempt?.runId,
    uuid: attempt?.uuid,
    retentionMode: attempt?.retentionMode,
    runOutputUri: attempt?.runOutputUri,
    startedAt: attempt?.creationTime ?? attempt?.startTime,
    endedAt: attempt?.stopTime ?? record.outcomeAt,
    failureReason: attempt?.failureReason,
    reason: record.reason ?? attempt?.statusMessage,
  };
  return {
    identity: record.identity,
    createdAt: record.createdAt,
    route: record.route,
    name: attempt?.name ?? '',
    status: statusOf(record),
    attempt: attempt?.attempt ?? 0,
    maxAttempts: record.maxAttempts,
    requestId: attempt?.requestId ?? '',
    ...withoutUndefined(optional),
  };
}

/** One word for where a request stands: its outcome, its run's status, or the ledger's own state. */
export function statusOf(record: RequestRecord): string {
  if (record.outcome !== undefined) return record.outcome;
  if (record.state === 'STARTED') return latestAttempt(record)?.status ?? 'PENDING';
  return record.state;
}

export function latestAttempt(record: RequestRecord): AttemptRecord | undefined {
  return record.attempts.at(-1);
}

export const RUN_COLUMNS: readonly Column[] = [
  { header: 'CREATED' },
  { header: 'ROUTE' },
  { header: 'RUN', shrinks: true },
  { header: 'ID' },
  { header: 'STATUS', paint: colourOfStatus },
  { header: 'ATTEMPT' },
  { header: 'TOOK', align: 'right' },
  { header: 'REASON', shrinks: true },
];

export function runCells(row: RunRow, nowMs: number): string[] {
  const end = row.endedAt === undefined ? nowMs : Date.parse(row.endedAt);
  return [
    formatTime(row.createdAt),
    row.route,
    row.name,
    row.runId ?? '',
    row.status,
    row.maxAttempts > 1 ? `${row.attempt}/${row.maxAttempts}` : String(row.attempt),
    row.startedAt === undefined ? '' : formatDuration(end - Date.parse(row.startedAt)),
    reasonText(row),
  ];
}

/** The ledger's reason of a run that failed begins with its failureReason already. */
function reasonText({ failureReason = '', reason = '' }: RunRow): string {
  return reason.startsWith(failureReason) ? reason : [failureReason, reason].filter(Boolean).join(': ');
}

export interface WaitingRow {
  readonly kind: 'request' | 'gather';
  readonly since: string;
  readonly route: string;
  /** The run's name, or the wildcards that the set has in common. */
  readonly what: string;
  readonly waitingFor: string;
  readonly id: string;
  /** With which of them a person decides. */
  readonly commands?: readonly string[];
}

export function isOverdue(record: RequestRecord): boolean {
  const attempt = latestAttempt(record);
  return record.state === 'STARTED' && attempt?.overdue !== undefined && attempt.overdue.status === attempt.status;
}

export function waitingRequestRow(record: RequestRecord): WaitingRow {
  return {
    kind: 'request',
    since: record.since,
    route: record.route,
    what: latestAttempt(record)?.name ?? '',
    waitingFor: record.reason ?? WAITING_FOR[record.state] ?? record.state,
    id: record.identity,
    ...(record.state === 'UNCERTAIN' ? { commands: decisionCommands(record.identity) } : {}),
  };
}

/** Of an uncertain request. */
export function decisionCommands(identity: string): readonly string[] {
  const replay = `rundrop replay ${shortId(identity)}`;
  return [`${replay} --adopt RUN`, `${replay} --start-again`, `${replay} --give-up`];
}

const WAITING_FOR: Readonly<Record<string, string>> = {
  CLAIMED: 'its execution to begin',
  WAITING: 'its turn to start',
  RETRYING: 'the delay before its next attempt',
  UNCERTAIN: 'a person: nobody knows whether StartRun made a run',
};

export function waitingGatherRow(header: GatherHeader): WaitingRow {
  return {
    kind: 'gather',
    since: header.firstSeenAt,
    route: header.route,
    what: groupText(header.group),
    waitingFor: gatherWaitsFor(header),
    id: header.gatherId,
  };
}

export function gatherWaitsFor({ missing, released }: GatherHeader): string {
  return released === true ? 'the next reconciliation, which starts it: it was released' : missing.join(', ');
}

export function groupText(group: Readonly<Record<string, string>>): string {
  return Object.entries(group)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

export const WAITING_COLUMNS: readonly Column[] = [
  { header: 'SINCE' },
  { header: 'FOR', align: 'right' },
  { header: 'ROUTE' },
  { header: 'WHAT', shrinks: true },
  { header: 'WAITING FOR', shrinks: true },
  { header: 'ID' },
];

export function waitingCells(row: WaitingRow, nowMs: number): string[] {
  const forMs = nowMs - Date.parse(row.since);
  return [formatTime(row.since), formatDuration(forMs), row.route, row.what, row.waitingFor, shortId(row.id)];
}

/** Enough of an id to find it again; `show` takes prefixes. */
export function shortId(id: string | undefined): string {
  return id?.slice(0, 12) ?? '';
}

function withoutUndefined<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
