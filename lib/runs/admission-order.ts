/** Who starts first. */
import type { RequestRecord } from './request-record.ts';

/**
 * The order in which waiting requests start: a higher priority first, then the one that waits longer, then by identity
 * so that the order is total.
 */
export function admissionOrder(requests: readonly RequestRecord[]): RequestRecord[] {
  return [...requests].sort(
    (a, b) => b.priority - a.priority || compareText(a.since, b.since) || compareText(a.identity, b.identity),
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
