/** Names of time zones. The first question to Intl loads its data, some milliseconds of a start that asks nothing else of it. */
const good = new Set<string>();

/** Zones that were found good when the route file was packaged; called before it is read. */
export function learnTimeZones(names: readonly string[]): void {
  for (const name of names) good.add(name);
}

/** Whether `name` is an IANA name that this machine knows. */
export function isTimeZone(name: string): boolean {
  if (good.has(name)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
