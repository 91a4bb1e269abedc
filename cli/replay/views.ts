/** What `rundrop replay` shows. Pure. */
import type { Stuck, StuckKind } from '../../lib/lifecycle/list-stuck.ts';
import { currentAttempt, type RequestRecord } from '../../lib/runs/request-record.ts';
import { decisionCommands, shortId } from '../rows.ts';
import { type Column, formatDuration, formatTime } from '../text.ts';
import type { FoundLetter } from './dead-letters.ts';

/** One thing that is stuck; what `--json` prints of it. */
export interface StuckRow {
  readonly kind: StuckKind | 'message';
  readonly id: string;
  readonly since: string;
  /** A route, or a queue. */
  readonly where: string;
  readonly what: string;
  readonly why: string;
  /** The command that sends it round again, or those that decide it. */
  readonly commands: readonly string[];
}

export function stuckRow(item: Stuck): StuckRow {
  const { kind, id, since, route, why } = item;
  const what = 'request' in item ? currentAttempt(item.request).name : `s3://${item.drop.bucket}/${item.drop.key}`;
  const commands = kind === 'uncertain' ? decisionCommands(id) : [`rundrop replay ${shortId(id)}`];
  return { kind, id, since, where: route, what, why, commands };
}

export function letterRow({ queue, id, since, what, about, goesTo, error, receives }: FoundLetter): StuckRow {
  const command = goesTo === 'stays' ? `rundrop replay --discard ${id}` : `rundrop replay ${shortId(id)}`;
  const why = error ?? (queue === 'undelivered' ? 'it could not be delivered' : 'its function failed five times');
  return {
    kind: 'message',
    id,
    since,
    where: `${queue} queue`,
    what: `${what}: ${about}`,
    why: `${why}${receives > 1 ? `; looked at ${receives} times here` : ''}`,
    commands: [command],
  };
}

export const STUCK_COLUMNS: readonly Column[] = [
  { header: 'SINCE' },
  { header: 'FOR', align: 'right' },
  { header: 'KIND' },
  { header: 'WHERE' },
  { header: 'WHAT', shrinks: true },
  { header: 'WHY', shrinks: true },
  { header: 'ID' },
];

export function stuckCells({ since, kind, where, what, why, id }: StuckRow, nowMs: number): string[] {
  return [formatTime(since), formatDuration(nowMs - Date.parse(since)), kind, where, what, why, shortId(id)];
}

const MOST_NAMED = 3;

/**
 * A refused request goes on as it was frozen, so that a route which was mended since does nothing for it. `routesHash` is
 * of the route file that is here, as far as one is.
 */
export function frozenNotes(refused: readonly RequestRecord[], routesHash: string | undefined): string[] {
  const others = refused.filter((one) => one.routesHash !== '' && one.routesHash !== routesHash);
  const [first] = others;
  if (routesHash === undefined || first === undefined) return [];
  const ids = others.slice(0, MOST_NAMED).map(({ identity }) => shortId(identity));
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : '';
  return [
    `The route file here (--routes) is not as the one that made ${ids.join(', ')}${more}. A replay starts what was frozen then; to start it with what was mended: rundrop rerun ${ids[0]} --set PATH=VALUE`,
  ];
}

/** What a person does next, once for each kind of thing that is there. */
export function advice(rows: readonly StuckRow[]): string[] {
  const uncertain = rows.find(({ kind }) => kind === 'uncertain');
  const unreadable = rows.find(({ commands }) => commands[0]?.includes('--discard') === true);
  const isDriven = rows.some(({ commands }) => commands.length === 1 && !commands[0]?.includes('--discard'));
  return [
    ...(isDriven ? ['Send round again what is listed: rundrop replay ID…, or rundrop replay --all'] : []),
    ...(uncertain === undefined ? [] : [`A person decides what is uncertain: ${uncertain.commands.join(', or ')}`]),
    ...(unreadable === undefined ? [] : ['What cannot be read would come back at once: rundrop replay --discard ID']),
  ];
}
