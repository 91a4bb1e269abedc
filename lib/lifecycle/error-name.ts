/** What a log may say of an error: its message may quote what a dropped object is named or contains. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
