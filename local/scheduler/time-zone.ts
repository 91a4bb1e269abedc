/** Wall time in an IANA time zone, by the zone data of Intl. A wall time is the UTC milliseconds that read the same. */

const DAY_MS = 86_400_000;

export interface TimeZone {
  toWallMs(instantMs: number): number;
  /**
   * The moments at which a clock in the zone shows `wallMs`: none when the clocks skip it, two when they go back over it,
   * the earlier first.
   */
  instantsMs(wallMs: number): readonly number[];
}

/** Undefined when there is no such zone. */
export function findTimeZone(name: string): TimeZone | undefined {
  if (name === 'UTC') return { toWallMs: (instantMs) => instantMs, instantsMs: (wallMs) => [wallMs] };
  const format = formatter(name);
  if (format === undefined) return undefined;
  const toWallMs = (instantMs: number) => readWall(format, instantMs);
  return {
    toWallMs,
    instantsMs(wallMs) {
      const offsetsMs = new Set([wallMs - DAY_MS, wallMs + DAY_MS].map((near) => toWallMs(near) - near));
      const candidates = [...offsetsMs].map((offsetMs) => wallMs - offsetMs);
      return candidates.filter((instantMs) => toWallMs(instantMs) === wallMs).sort((a, b) => a - b);
    },
  };
}

function formatter(name: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readWall(format: Intl.DateTimeFormat, instantMs: number): number {
  const parts = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
  const read = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const seconds = Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second'));
  return seconds + (((instantMs % 1000) + 1000) % 1000);
}
