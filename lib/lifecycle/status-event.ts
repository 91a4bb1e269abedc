/** HealthOmics' Run Status Change event. Only arn and status are relied on; every other member is optional. */
import { parseRunStatus } from '../runs/run-status.ts';
import type { StatusHint } from './follow-run.ts';

/** Not an event that this version can read. Permanent. */
export class InvalidStatusEvent extends Error {
  override readonly name = 'InvalidStatusEvent';
}

export function parseStatusEvent(detail: unknown): StatusHint {
  const { arn, uuid, status } = (detail ?? {}) as Record<string, unknown>;
  // AWS's own example disagrees with itself on runId, so the id is taken from the ARN.
  const runId = typeof arn === 'string' ? /:run\/([0-9]+)$/.exec(arn)?.[1] : undefined;
  if (runId === undefined) throw new InvalidStatusEvent('A Run Status Change event has no run ARN.');
  const known = parseRunStatus(status);
  if (known === undefined) {
    throw new InvalidStatusEvent(
      `Run ${runId} is said to be ${JSON.stringify(status)}, a status that this version does not know.`,
    );
  }
  return { runId, status: known, ...(typeof uuid === 'string' && uuid !== '' ? { uuid } : {}) };
}
