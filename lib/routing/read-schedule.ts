import type { ProblemList } from './problems.ts';
import { readLife } from './read-life.ts';
import { readRun } from './read-run.ts';
import { describe, readGroup, readText, requireEntry } from './read-values.ts';
import type { Schedule } from './route.ts';
import { checkCron } from './schedule-expression.ts';
import type { Entry, MapNode, SourceNode } from './source-nodes.ts';
import { isTimeZone } from './time-zones.ts';

const WHENS = ['cron', 'rate', 'at'] as const;
export const SCHEDULE_KEYS = ['name', ...WHENS, 'timezone', 'run', 'retry', 'limits', 'onQuota'] as const;

export const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

/** Names end up in Step Functions execution names and in schedules' names, which leave room for 40 characters. */
export function readName(entry: Entry, problems: ProblemList): string | undefined {
  const name = readText(entry.node, problems);
  if (name === undefined || NAME.test(name)) return name;
  const plain = name
    .trim()
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|-+$/g, '')
    .slice(0, 40);
  const rule = 'must be 1 to 40 letters, digits, "_" and "-", beginning with a letter or digit';
  problems.error(entry.node.place, rule, plain === '' ? undefined : plain);
  return undefined;
}

/** Reads one of `schedules:`. */
export function readSchedule(
  node: SourceNode,
  defaults: MapNode | undefined,
  problems: ProblemList,
): Schedule | undefined {
  const entries = readGroup(node, { known: SCHEDULE_KEYS, notOffered: ['collect', 'sheet', 'files'] }, problems);
  if (entries === undefined) return undefined;
  const nameEntry = requireEntry(entries, 'name', node, problems);
  const name = nameEntry === undefined ? undefined : readName(nameEntry, problems);
  const expression = readExpression(entries, node, problems);
  const timezone = readTimezone(entries.get('timezone'), problems);
  const life = readLife(entries, problems);
  const runEntry = requireEntry(entries, 'run', node, problems);
  const run =
    runEntry &&
    readRun(runEntry.node, defaults, {
      words: { kind: 'schedule', wildcards: [] },
      routeName: name ?? '',
      sensitive: [],
      mayBeObject: false,
      problems,
    });
  if (name === undefined || expression === undefined || run === undefined) return undefined;
  return { name, expression, timezone, run, ...life };
}

function readExpression(
  entries: ReadonlyMap<string, Entry>,
  node: SourceNode,
  problems: ProblemList,
): string | undefined {
  const given = WHENS.flatMap((key) => entries.get(key) ?? []);
  const [entry] = given;
  if (entry === undefined || given.length > 1) {
    problems.error(node.place, 'say when with exactly one of `cron`, `rate` and `at`');
    return undefined;
  }
  const text = readText(entry.node, problems)?.trim();
  if (text === undefined) return undefined;
  const inner = new RegExp(`^${entry.key}\\((.*)\\)$`).exec(text)?.[1];
  if (inner !== undefined) {
    problems.error(entry.node.place, `write what stands between the parentheses only`, inner);
    return undefined;
  }
  const wrong = sayWrong(entry.key, text);
  if (wrong === undefined) return `${entry.key}(${text})`;
  problems.error(entry.node.place, `${wrong}, not ${describe(entry.node)}`);
  return undefined;
}

function sayWrong(key: string, text: string): string | undefined {
  if (key === 'cron') return checkCron(text);
  if (key === 'at') return isLocalTime(text) ? undefined : 'must be a local time such as 2026-12-24T18:00:00';
  const [, count, , plural] = /^([1-9][0-9]{0,5}) (minute|hour|day)(s?)$/.exec(text) ?? [];
  const agrees = count !== undefined && (count === '1') === (plural === '');
  return agrees ? undefined : 'must be a rate such as "1 hour", "15 minutes" or "7 days"';
}

/** Date.parse takes the 31st of February for a day in March. */
function isLocalTime(text: string): boolean {
  const timeMs = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(text);
}

function readTimezone(entry: Entry | undefined, problems: ProblemList): string {
  const text = entry === undefined ? undefined : readText(entry.node, problems);
  if (entry === undefined || text === undefined) return 'UTC';
  if (isTimeZone(text)) return text;
  problems.error(entry.node.place, `"${text}" is not a time zone: write an IANA name such as Europe/Berlin`);
  return 'UTC';
}
