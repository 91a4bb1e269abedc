/**
 * AWS's cron dialect: `minutes hours day-of-month month day-of-week year`, on a wall clock without a time zone (a moment
 * is given as the UTC milliseconds of the same wall time). Source: EventBridge Scheduler User Guide, "Schedule types".
 */

/** The message says which field is wrong and why. */
export class CronSyntaxError extends Error {
  override readonly name = 'CronSyntaxError';
}

export interface CronExpression {
  /** The first match later than `wallMs`, a whole minute; undefined when there is none before the year 2200. */
  next(wallMs: number): number | undefined;
}

interface FieldRule {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MONTH_NAMES = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAY_NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const MINUTES = { name: 'minutes', min: 0, max: 59 };
const HOURS = { name: 'hours', min: 0, max: 23 };
const DAY_OF_MONTH = { name: 'day-of-month', min: 1, max: 31 };
const MONTH = { name: 'month', min: 1, max: 12, names: MONTH_NAMES };
const DAY_OF_WEEK = { name: 'day-of-week', min: 1, max: 7, names: DAY_NAMES };
const YEAR = { name: 'year', min: 1970, max: 2199 };

/** The days of one month that match, ascending. */
type DayRule = (year: number, month: number) => readonly number[];

/** @throws CronSyntaxError */
export function parseCron(fields: string): CronExpression {
  const parts = fields.trim().split(/\s+/);
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = parts;
  if (parts.length !== 6 || !minutes || !hours || !dayOfMonth || !month || !dayOfWeek || !year) {
    throw new CronSyntaxError(`a cron expression has six fields, not ${parts.length}`);
  }
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new CronSyntaxError('exactly one of day-of-month and day-of-week must be ?');
  }
  return searcher({
    minutes: parseList(minutes, MINUTES),
    hours: parseList(hours, HOURS),
    days: dayOfWeek === '?' ? parseDayOfMonth(dayOfMonth) : parseDayOfWeek(dayOfWeek),
    months: parseList(month, MONTH),
    years: parseList(year, YEAR),
  });
}

interface Fields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: DayRule;
  readonly months: readonly number[];
  readonly years: readonly number[];
}

function searcher(fields: Fields): CronExpression {
  return {
    next(wallMs) {
      const startMs = (Math.floor(wallMs / MINUTE_MS) + 1) * MINUTE_MS;
      const start = new Date(startMs);
      for (const year of fields.years.filter((each) => each >= start.getUTCFullYear())) {
        for (const month of fields.months) {
          if (Date.UTC(year, month, 1) <= startMs) continue;
          for (const day of fields.days(year, month)) {
            const found = timeOfDay(fields, Date.UTC(year, month - 1, day), startMs);
            if (found !== undefined) return found;
          }
        }
      }
      return undefined;
    },
  };
}

function timeOfDay({ hours, minutes }: Fields, dayMs: number, startMs: number): number | undefined {
  if (dayMs + DAY_MS <= startMs) return undefined;
  for (const hour of hours) {
    for (const minute of minutes) {
      const candidateMs = dayMs + (hour * 60 + minute) * MINUTE_MS;
      if (candidateMs >= startMs) return candidateMs;
    }
  }
  return undefined;
}

function parseDayOfMonth(text: string): DayRule {
  if (text === 'L') return (year, month) => [lengthOfMonth(year, month)];
  const weekday = /^(\d{1,2})W$/.exec(text)?.[1];
  if (weekday !== undefined) {
    const day = inRange(weekday, DAY_OF_MONTH);
    return (year, month) => (day > lengthOfMonth(year, month) ? [] : [nearestWeekday(year, month, day)]);
  }
  const days = parseList(text, DAY_OF_MONTH);
  return (year, month) => days.filter((day) => day <= lengthOfMonth(year, month));
}

function parseDayOfWeek(text: string): DayRule {
  const last = /^([1-7]|[A-Z]{3})L$/i.exec(text)?.[1];
  if (last !== undefined) {
    const weekday = inRange(last, DAY_OF_WEEK);
    return (year, month) => daysOnWeekday(year, month, weekday).slice(-1);
  }
  const [, name, nth] = /^([1-7]|[A-Z]{3})#([1-5])$/i.exec(text) ?? [];
  if (name !== undefined && nth !== undefined) {
    const weekday = inRange(name, DAY_OF_WEEK);
    return (year, month) => daysOnWeekday(year, month, weekday).slice(Number(nth) - 1, Number(nth));
  }
  const weekdays = text === 'L' ? [DAY_OF_WEEK.max] : parseList(text, DAY_OF_WEEK);
  return (year, month) => weekdays.flatMap((each) => daysOnWeekday(year, month, each)).sort((a, b) => a - b);
}

function parseList(text: string, rule: FieldRule): readonly number[] {
  const values = new Set(text.split(',').flatMap((item) => parseItem(item, rule)));
  return [...values].sort((a, b) => a - b);
}

function parseItem(item: string, rule: FieldRule): number[] {
  const [range = '', step, ...rest] = item.split('/');
  if (rest.length > 0) throw new CronSyntaxError(`${rule.name}: ${item} has two steps`);
  const [first, last] = parseRange(range, step !== undefined, rule);
  const by = step === undefined ? 1 : positive(step, rule);
  const values: number[] = [];
  for (let value = first; value <= last; value += by) values.push(value);
  return values;
}

function parseRange(range: string, stepped: boolean, rule: FieldRule): readonly [number, number] {
  if (range === '*') return [rule.min, rule.max];
  const [from = '', to, ...rest] = range.split('-');
  const first = inRange(from, rule);
  if (to === undefined) return [first, stepped ? rule.max : first];
  const last = inRange(to, rule);
  if (rest.length > 0 || last < first) throw new CronSyntaxError(`${rule.name}: ${range} is not a range`);
  return [first, last];
}

function inRange(text: string, rule: FieldRule): number {
  const named = rule.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named !== -1) return named + rule.min;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= rule.min && value <= rule.max) return value;
  throw new CronSyntaxError(`${rule.name}: ${text || 'nothing'} is not one of ${rule.min}-${rule.max}`);
}

function positive(text: string, rule: FieldRule): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value >= 1) return value;
  throw new CronSyntaxError(`${rule.name}: the step ${text || 'nothing'} is not a positive number`);
}

function lengthOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** 1 is Sunday. */
function weekdayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

function daysOnWeekday(year: number, month: number, weekday: number): number[] {
  const first = 1 + ((weekday - weekdayOf(year, month, 1) + 7) % 7);
  const days: number[] = [];
  for (let day = first; day <= lengthOfMonth(year, month); day += 7) days.push(day);
  return days;
}

/** The Monday to Friday nearest to the day, in the same month. */
function nearestWeekday(year: number, month: number, day: number): number {
  const weekday = weekdayOf(year, month, day);
  if (weekday === 7) return day === 1 ? 3 : day - 1;
  if (weekday === 1) return day === lengthOfMonth(year, month) ? day - 2 : day + 1;
  return day;
}
