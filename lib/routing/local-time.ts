/** `{date}` and `{time}` of an instant in a time zone: `2026-12-24` and `2026-12-24T18:00:00+01:00` (`Z` in UTC). */
export function localTime(timeMs: number, timezone: string): { readonly date: string; readonly time: string } {
  const instant = new Date(timeMs);
  const iso = instant.toISOString();
  if (timezone === 'UTC') return { date: iso.slice(0, 10), time: `${iso.slice(0, 19)}Z` };
  const parts = new Map(
    new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'longOffset',
    })
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const date = `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
  const offset = (parts.get('timeZoneName') ?? 'GMT').replace('GMT', '') || '+00:00';
  return { date, time: `${date}T${parts.get('hour')}:${parts.get('minute')}:${parts.get('second')}${offset}` };
}
