/** `rundrop show RUN`: everything the ledger knows of one request. */
import type { DropRecord } from '../../lib/ledger/drops.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import type { GoneRun } from '../../lib/ledger/snapshots.ts';
import type { AttemptRecord, RequestRecord } from '../../lib/runs/request-record.ts';
import { openLedger } from '../clients.ts';
import { CommandError } from '../errors.ts';
import { mayMean } from '../id-beginning.ts';
import { actLines, earlierLines, evidenceText, goneLines } from '../request-notes.ts';
import { shortId, statusOf } from '../rows.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';
import {
  colourOfStatus,
  formatDuration,
  formatSize,
  formatTable,
  formatTime,
  paint,
  printable,
  type Screen,
} from '../text.ts';

/** How many of the newest requests, or drops, are looked through for a name or the beginning of an id. */
const SEARCHED = 1_000;

export async function showRun(
  target: Target,
  terminal: Terminal,
  text: string,
  options: { json?: boolean },
): Promise<number> {
  const ledger = await openLedger(target, terminal);
  const record = await findRequest(ledger, text);
  const gone = await ledger.snapshots.goneOf(record.identity);
  if (options.json) terminal.out(JSON.stringify({ ...withParsedRequest(record), gone }, null, 2));
  else for (const line of describeRequest(record, gone, terminal.screen)) terminal.out(line);
  return 0;
}

/**
 * Finds a request by run id, uuid, requestId or identity; else, among the newest, by run name, execution name or ARN, or
 * the beginning of an id.
 *
 * @throws CommandError when there is none, or more than one.
 */
export async function findRequest(ledger: Pick<Ledger, 'requests' | 'drops'>, text: string): Promise<RequestRecord> {
  const found = await findRequests(ledger, text);
  const [first, ...others] = found;
  if (first === undefined) {
    const drop = (await ledger.drops.list(SEARCHED)).find(({ dropId }) => mayMean(text, dropId));
    if (drop !== undefined) throw new CommandError(`"${printable(text)}" is a drop, not a run: ${whereOf(drop)}`);
    const elsewhere = /^[0-9]+$/.test(text) ? ` A run that was started elsewhere: aws omics get-run --id ${text}` : '';
    throw new CommandError(
      `The ledger has no run "${printable(text)}": looked for a run id, uuid, request id, run name and execution name. \`rundrop runs\` lists them.${elsewhere}`,
    );
  }
  if (others.length > 0) {
    const list = found.map((record) => `${record.identity} (${record.route}, ${statusOf(record)})`).join('\n  ');
    throw new CommandError(`"${printable(text)}" can be any of these; give more of the id:\n  ${list}`);
  }
  return first;
}

/** Where a person finds what became of a drop. */
function whereOf({ state, identity }: DropRecord): string {
  if (identity !== undefined) return `its request is ${identity}`;
  return `${state}, which ${state === 'GATHERING' ? '`rundrop waiting`' : '`rundrop drops`'} tells more of`;
}

/** Every request that the text can mean. */
export async function findRequests(ledger: Pick<Ledger, 'requests'>, text: string): Promise<readonly RequestRecord[]> {
  const exact = await identitiesOf(ledger, text);
  const records = (await Promise.all(exact.map((identity) => ledger.requests.read(identity)))).filter(
    (record) => record !== undefined,
  );
  return records.length > 0 ? records : searchNewest(ledger, text);
}

async function identitiesOf({ requests }: Pick<Ledger, 'requests'>, text: string): Promise<string[]> {
  const [direct, byUuid, byRunId, byRequestId] = await Promise.all([
    requests.read(text),
    requests.findByUuid(text),
    requests.findByRunId(text),
    requests.findByRequestId(text),
  ]);
  const found = [direct?.identity, byUuid?.identity, ...byRunId.map(({ identity }) => identity), byRequestId];
  return [...new Set(found.filter((identity) => identity !== undefined))];
}

async function searchNewest({ requests }: Pick<Ledger, 'requests'>, text: string): Promise<RequestRecord[]> {
  const meant = (id: string | undefined) => id !== undefined && mayMean(text, id);
  const newest = await requests.list(SEARCHED);
  return newest.filter(
    (record) =>
      meant(record.identity) ||
      record.executions.some((arn) => arn === text || arn.endsWith(`:${text}`)) ||
      record.attempts.some(({ name, requestId, uuid }) => name === text || meant(requestId) || meant(uuid)),
  );
}

/** The frozen request is stored as text, byte for byte; as JSON it is easier to use. */
function withParsedRequest({ requestText, ...record }: RequestRecord) {
  return { ...record, request: JSON.parse(requestText) as unknown };
}

/** These are sent to nobody unless a setting of the deployment, which the ledger does not have, says so. */
const QUIET_OUTCOMES: readonly unknown[] = ['COMPLETED', 'CANCELLED'];

function notifiedText({ notifiedAt, outcome }: RequestRecord): string | undefined {
  if (notifiedAt === undefined) return undefined;
  const unless = QUIET_OUTCOMES.includes(outcome) ? `, if the setting \`notify\` names ${outcome}` : '';
  return `${formatTime(notifiedAt)}${unless}`;
}

function describeRequest(record: RequestRecord, gone: readonly GoneRun[], screen: Screen): string[] {
  const status = statusOf(record);
  const facts: [string, string | undefined][] = [
    ['status', paint(status, colourOfStatus(status), screen)],
    ['why', record.reason],
    ['route', record.route],
    ['started by', originText(record)],
    ['created', formatTime(record.createdAt)],
    ['ended', record.outcomeAt === undefined ? undefined : formatTime(record.outcomeAt)],
    ['evidence', evidenceText(record)],
    ['announced', record.announcedAt === undefined ? undefined : formatTime(record.announcedAt)],
    ['people told', notifiedText(record)],
    ['identity', record.identity],
    ['routes file', record.routesHash === '' ? undefined : `sha256 ${record.routesHash}`],
    ['commit', record.routesCommit],
    ['rundrop', record.rundropVersion],
  ];
  return [
    ...factLines(facts),
    ...record.attempts.flatMap((attempt) => ['', ...attemptLines(attempt, record.maxAttempts)]),
    ...memberLines(record, screen),
    ...goneLines(gone, record),
    ...earlierLines(record.earlierOutcomes ?? []),
    ...actLines(record.acts ?? []),
    ...(record.executions.length === 0
      ? []
      : ['', 'executions', ...record.executions.map((arn) => `  ${printable(arn)}`)]),
    '',
    'request',
    ...requestLines(record.requestText),
  ];
}

function attemptLines(attempt: AttemptRecord, maxAttempts: number): string[] {
  const end = attempt.stopTime;
  const begin = attempt.creationTime ?? attempt.startTime;
  const took =
    end === undefined || begin === undefined ? undefined : formatDuration(Date.parse(end) - Date.parse(begin));
  const changes = JSON.stringify(attempt.changes);
  return [
    `attempt ${attempt.attempt} of ${maxAttempts}`,
    ...factLines([
      ['  run', attempt.runId],
      ['  uuid', attempt.uuid],
      ['  name', attempt.name],
      ['  request id', attempt.requestId],
      ['  status', attempt.status],
      ['  statuses', statusTimes(attempt)],
      ['  took', took],
      ['  failure', [attempt.failureReason, attempt.statusMessage].filter(Boolean).join(': ') || undefined],
      ['  retention', attempt.retentionMode],
      ['  storage', attempt.storageType],
      ['  outputs', attempt.runOutputUri],
      ['  changes', changes === '{}' || changes === undefined ? undefined : changes],
    ]),
  ];
}

function statusTimes(attempt: AttemptRecord): string | undefined {
  const seen = Object.entries(attempt.statuses).sort(([, a], [, b]) => a.localeCompare(b));
  return seen.length === 0 ? undefined : seen.map(([status, at]) => `${status} ${formatTime(at).slice(11)}`).join(', ');
}

function memberLines(record: RequestRecord, screen: Screen): string[] {
  if (record.members.length === 0) return [];
  const rows = record.members.map(({ bucket, key, sizeBytes, etag, dropId }) => [
    `  s3://${bucket}/${key}`,
    formatSize(sizeBytes),
    etag,
    shortId(dropId),
  ]);
  const columns = [
    { header: 'drops' },
    { header: 'SIZE', align: 'right' as const },
    { header: 'ETAG' },
    { header: 'DROP' },
  ];
  // A key must stay whole here: this is where people copy it from.
  return ['', ...formatTable(columns, rows, { colour: screen.colour })];
}

function requestLines(requestText: string): string[] {
  try {
    return JSON.stringify(JSON.parse(requestText), null, 2)
      .split('\n')
      .map((line) => `  ${line}`);
  } catch {
    return [`  ${printable(requestText)}`];
  }
}

function originText(record: RequestRecord): string {
  const { origin } = record;
  switch (origin.kind) {
    case 'drop':
      return `${record.members.length} ${record.members.length === 1 ? 'drop' : 'drops'}`;
    case 'row':
      return `${rowText(record.sheet?.lines ?? [])} of s3://${printable(origin.bucket)}/${printable(origin.key)}`;
    case 'schedule':
      return `schedule ${origin.schedule}, due ${formatTime(origin.scheduledTime)}`;
    case 'execution':
      return `execution ${origin.executionArn}`;
    case 'rerun':
      return `rerun of ${origin.of} (nonce ${origin.nonce})`;
    case 'run':
      return `run ${origin.uuid}, which was started elsewhere`;
    default:
      return origin satisfies never;
  }
}

function rowText(lines: readonly number[]): string {
  return lines.length === 1 ? `line ${lines[0]}` : `lines ${lines.join(', ')}`;
}

function factLines(facts: readonly (readonly [string, string | undefined])[]): string[] {
  const known = facts.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...known.map(([label]) => label.length));
  return known.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
}
