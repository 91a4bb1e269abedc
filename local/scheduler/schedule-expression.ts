/**
 * `rate(…)`, `cron(…)` and `at(…)` with their time zone. As AWS documents daylight saving: a wall time that the clocks
 * skip is skipped, one that they pass twice is taken once, and a day of a rate is 24 hours.
 */
import { CronSyntaxError, parseCron } from './cron-expression.ts';
import { findTimeZone, type TimeZone } from './time-zone.ts';

/** The message is the reason. */
export class ScheduleSyntaxError extends Error {
  override readonly name = 'ScheduleSyntaxError';
}

export interface ScheduleTimes {
  readonly kind: 'rate' | 'cron' | 'at';
  /** The first moment later than `afterMs`; undefined when there is none. `anchorMs` is a rate's first moment. */
  next(afterMs: number, anchorMs: number): number | undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** More wall times than these are never skipped in a row: the clocks go back by hours, not days. */
const MOST_SKIPPED = 2_000;

/** @throws ScheduleSyntaxError */
export function parseSchedule(expression: string, timeZoneName: string): ScheduleTimes {
  const zone = findTimeZone(timeZoneName);
  if (zone === undefined) throw new ScheduleSyntaxError(`there is no time zone ${timeZoneName}`);
  const [, kind, inner] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  if (inner === undefined) throw new ScheduleSyntaxError('it is none of rate(…), cron(…), at(…)');
  if (kind === 'rate') return parseRate(inner);
  return kind === 'cron' ? zonedCron(inner, zone) : parseAt(inner, zone);
}

function parseRate(text: string): ScheduleTimes {
  const [, digits, unit, plural] = /^([1-9]\d{0,9}) +(minute|hour|day)(s?)$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit ?? ''];
  if (digits === undefined || unitMs === undefined) {
    throw new ScheduleSyntaxError('a rate is a positive number and one of minutes, hours, days');
  }
  if ((digits === '1') !== (plural === '')) {
    throw new ScheduleSyntaxError(`a rate of ${digits} takes the unit ${unit}${digits === '1' ? '' : 's'}`);
  }
  const periodMs = Number(digits) * unitMs;
  return {
    kind: 'rate',
    next: (afterMs, anchorMs) =>
      afterMs < anchorMs ? anchorMs : anchorMs + (Math.floor((afterMs - anchorMs) / periodMs) + 1) * periodMs,
  };
}

function zonedCron(text: string, zone: TimeZone): ScheduleTimes {
  const cron = orSyntaxError(() => parseCron(text));
  return {
    kind: 'cron',
    next(afterMs) {
      let wallMs = cron.next(zone.toWallMs(afterMs));
      for (let skipped = 0; wallMs !== undefined && skipped < MOST_SKIPPED; skipped += 1) {
        const first = zone.instantsMs(wallMs)[0];
        if (first !== undefined && first > afterMs) return first;
        wallMs = cron.next(wallMs);
      }
      return undefined;
    },
  };
}

function orSyntaxError<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof CronSyntaxError) throw new ScheduleSyntaxError(error.message, { cause: error });
    throw error;
  }
}

function parseAt(text: string, zone: TimeZone): ScheduleTimes {
  const wallMs = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  if (Number.isNaN(wallMs) || !new Date(wallMs).toISOString().startsWith(text)) {
    throw new ScheduleSyntaxError('at takes a date and time that exist, as yyyy-mm-ddThh:mm:ss');
  }
  const instantMs = zone.instantsMs(wallMs)[0];
  return { kind: 'at', next: (afterMs) => (instantMs !== undefined && instantMs > afterMs ? instantMs : undefined) };
}
