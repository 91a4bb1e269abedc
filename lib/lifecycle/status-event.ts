/** HealthOmics' Run Status Change event. Only arn and status are relied on; every other member is optional. */
import { senderOf, type TrustedSenders, whyNotTrusted } from '../routing/event-sender.ts';
import { parseRunStatus } from '../runs/run-status.ts';
import { type FollowPorts, followHint, type StatusHint } from './follow-run.ts';
import type { Executions } from './ports.ts';

interface StatusEvent {
  readonly account?: unknown;
  readonly region?: unknown;
  readonly detail?: unknown;
}

/** Takes the event unless it is of another account or region, be it by its envelope or by the run that it names. */
export async function takeStatusEvent(
  ports: FollowPorts & { readonly executions: Executions; readonly trusted: TrustedSenders },
  event: StatusEvent,
): Promise<void> {
  const hint = parseStatusEvent(event.detail);
  const [, , , region, account] = String((event.detail as { arn?: unknown }).arn).split(':');
  const foreign = [senderOf(event.account, event.region), senderOf(account, region)].find(
    (sender) => whyNotTrusted(sender, ports.trusted) !== undefined,
  );
  if (foreign !== undefined) {
    ports.log.warn('status event of another account or region ignored', { ...foreign });
    return;
  }
  const owner = await followHint(ports, hint);
  ports.log.info('run status', { runId: hint.runId, uuid: hint.uuid, status: hint.status, owner });
}

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
