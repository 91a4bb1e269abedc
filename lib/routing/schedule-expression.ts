/** EventBridge Scheduler's cron: six fields, `minutes hours day-of-month month day-of-week year`. */

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
  /** Forms of this field alone. */
  readonly special?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const FIELDS: readonly Field[] = [
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31, special: /^(?:\?|L|LW|(?:[1-9]|[12][0-9]|3[01])W)$/ },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  {
    name: 'day of week',
    min: 1,
    max: 7,
    names: DAYS,
    special: /^(?:\?|L|(?:[1-7]|[A-Z]{3})L|(?:[1-7]|[A-Z]{3})#[1-5])$/,
  },
  { name: 'year', min: 1970, max: 2199 },
];

/** What is wrong with a cron expression, as `must …`; undefined when it is sound. */
export function checkCron(text: string): string | undefined {
  const fields = text.split(/\s+/);
  if (fields.length !== FIELDS.length) {
    return `must have the six fields of EventBridge (minutes hours day-of-month month day-of-week year)`;
  }
  for (const [index, field] of FIELDS.entries()) {
    const value = fields[index] ?? '';
    if (!value.split(',').every((part) => isPart(part.toUpperCase(), field))) {
      return `must have ${field.min} to ${field.max}, ranges, lists, steps or * as ${field.name}`;
    }
  }
  const questions = [fields[2], fields[4]].filter((field) => field === '?').length;
  return questions === 1 ? undefined : "must have '?' as day of month or as day of week, and not as both";
}

function isPart(part: string, field: Field): boolean {
  if (part === '*' || field.special?.test(part)) return true;
  const [range, step, ...more] = part.split('/');
  if (more.length > 0 || range === undefined) return false;
  if (step !== undefined && !/^[1-9][0-9]{0,3}$/.test(step)) return false;
  if (range === '*') return step !== undefined;
  const ends = range.split('-');
  return ends.length <= 2 && ends.every((end) => isValue(end, field));
}

function isValue(text: string, { min, max, names }: Field): boolean {
  if (names?.includes(text)) return true;
  return /^[0-9]{1,4}$/.test(text) && Number(text) >= min && Number(text) <= max;
}
