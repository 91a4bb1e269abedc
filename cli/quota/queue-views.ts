/** The queue ahead for people. Pure. */
import type { QueueEstimate, TimeSpan } from '../../lib/quota/queue-ahead.ts';
import { formatDuration, formatTable, paint, type Screen, wrapLine } from '../text.ts';
import { formatCount } from './plot.ts';
import type { QueueReport } from './queue-report.ts';
import type { WhatIfReport } from './report.ts';

/** So many lines are shown; `--json` has all. */
const SHOWN_LINES = 8;
/** From so many columns on a table has room for intervals. */
const ROOMY = 76;

export function queueLines(queue: QueueReport | null, screen: Screen, nowMs: number): string[] {
  if (queue === null) return [];
  const { active, pending, waiting, blocked, oldestPendingAt, estimate } = queue;
  const oldest =
    oldestPendingAt === null ? '' : ` (the oldest for ${formatDuration(nowMs - Date.parse(oldestPendingAt))})`;
  const held = `${formatCount(active)} hold a place, ${formatCount(pending)} PENDING${oldest}, ${formatCount(waiting)} in Rundrop's line`;
  const stuck = `  ${formatCount(blocked)} of them wait until runs are deleted: the stored-run quota has no place left for them`;
  const title = [paint('Queue', 'bold', screen), `  ${held}`, ...(blocked > 0 ? [stuck] : [])];
  if (active + pending + waiting === 0) return [...title.slice(0, 1), '  nothing is active, pending or waiting'];
  if (blocked > 0 && active + pending + waiting === blocked)
    return title.flatMap((line) => wrapLine(line, screen.width));
  const wrapped = (lines: readonly string[]) => lines.flatMap((line) => wrapLine(line, screen.width));
  if (estimate === null) return wrapped([...title, '  How long it takes is not known: no run has ended yet.']);
  return [...wrapped([...title, ...estimateLines(estimate)]), ...lineTable(estimate, screen)];
}

function estimateLines(estimate: QueueEstimate): string[] {
  const { pending, waiting, added, allStarted, allEnded, fromRuns, withoutHistory } = estimate;
  const starts = pending + waiting + added > 0 ? [`  the last one starts in ${spanText(allStarted)}`] : [];
  const ends = `  all have ended in ${spanText(allEnded)}`;
  const binds = estimate.binds.slice(0, 3).map(({ limit, percent }) => `${limitText(limit)} (${percent}%)`);
  const borrowed = withoutHistory > 0 ? `; ${formatCount(withoutHistory)} are of a workflow without history` : '';
  return [
    ...starts,
    ends,
    ...(binds.length === 0 ? [] : [`  they wait for ${binds.join(', ')}`]),
    ...uncountedLine(estimate),
    `  from ${formatCount(fromRuns)} runs that ended${borrowed}; runs that others start later are not foreseen`,
  ];
}

function uncountedLine({ uncounted }: QueueEstimate): string[] {
  if (uncounted.length === 0) return [];
  return [
    `  not counted: ${uncounted.map(limitText).join(', ')}; how much of that a run takes shows only while it runs`,
  ];
}

function lineTable({ lines }: QueueEstimate, screen: Screen): string[] {
  if (lines.length < 2) return [];
  const right = (header: string) => ({ header, align: 'right' as const });
  const columns = [
    { header: '  STORAGE' },
    { header: 'RUN GROUP', shrinks: true },
    right('ACTIVE'),
    right('PENDING'),
    right('WAITING'),
    { header: 'ALL ENDED IN' },
  ];
  const rows = lines
    .slice(0, SHOWN_LINES)
    .map(({ storageType, runGroupId, active, pending, waiting, added, allEnded }) => [
      `  ${storageType}`,
      runGroupId ?? '(none)',
      formatCount(active),
      formatCount(pending),
      formatCount(waiting + added),
      (screen.width ?? ROOMY) < ROOMY ? short(allEnded.middle) : shortSpan(allEnded),
    ]);
  return formatTable(columns, rows, screen);
}

export function whatIfLines(whatIf: WhatIfReport | undefined): string[] {
  if (whatIf === undefined) return [];
  const { count, RETAIN, REMOVE, queue, like } = whatIf;
  const runs = count === 1 ? '1 run' : `${formatCount(count)} runs`;
  return [
    '',
    `If ${runs} were started now:`,
    `  as RETAIN: ${formatCount(RETAIN.fit)} fit, ${formatCount(RETAIN.refused)} would wait until runs are deleted`,
    `  as REMOVE: ${formatCount(REMOVE.fit)} fit, ${formatCount(REMOVE.replace)} would take the places of ended REMOVE runs, ${formatCount(REMOVE.refused)} would wait`,
    ...(queue === null
      ? ['  How long they take is not known: no run has ended yet.']
      : queue.added === 0
        ? []
        : [
            queue.added === count
              ? `  with what is there already, if they are ${like}:`
              : `  if they are ${like}, ${formatCount(queue.added)} have a place; with what is there already:`,
            ...estimateLines(queue),
          ]),
  ];
}

function spanText({ early, middle, late }: TimeSpan): string {
  return `about ${short(middle)} (${short(early)} to ${short(late)})`;
}

function shortSpan({ early, middle, late }: TimeSpan): string {
  return `${short(middle)} (${short(early)}–${short(late)})`;
}

function short(seconds: number): string {
  return formatDuration(seconds * 1_000);
}

/** What a person would call the limit. */
function limitText(limit: string): string {
  const [kind, ...rest] = limit.split(' ');
  switch (kind) {
    case 'ACTIVE_RUNS':
      return `the account's active runs with ${rest[0]} storage`;
    case 'START_RUN_RATE':
      return "StartRun's rate";
    case 'RUN_GROUP':
      return `${rest.slice(1).join(' ')} of run group ${rest[0]}`;
    default:
      return limit;
  }
}
