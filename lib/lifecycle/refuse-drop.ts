/** A drop whose event is of a foreign account or region: it is put on record where a route would have taken it, and starts nothing. */
import type { Ledger } from '../ledger/ledger.ts';
import type { Drop } from '../routing/drop.ts';
import type { EventSender } from '../routing/event-sender.ts';
import { matchDrop } from '../routing/match-drop.ts';
import { opaqueId, versionOf } from '../runs/identity.ts';
import type { Clock, Log, Routes } from './ports.ts';

export interface RefuseDropPorts {
  readonly ledger: Pick<Ledger, 'drops'>;
  readonly routes: Routes;
  readonly clock: Clock;
  readonly log: Log;
}

/** Safe to repeat. */
export async function refuseDrop(
  ports: RefuseDropPorts,
  { drop, from, reason }: { readonly drop: Drop; readonly from: EventSender; readonly reason: string },
): Promise<'rejected' | 'unmatched'> {
  // An id of its own: a forged event must not take the place of the object's true one.
  const dropId = opaqueId({ bucket: drop.bucket, key: drop.key, version: versionOf(drop), from: { ...from } });
  ports.log.warn('drop refused: its event comes from elsewhere', {
    dropId,
    account: from.account,
    region: from.region,
  });
  const match = matchDrop(await ports.routes.read(), drop);
  if (match.kind === 'unmatched') return 'unmatched';
  await ports.ledger.drops.record({
    dropId,
    bucket: drop.bucket,
    key: drop.key,
    etag: drop.etag,
    sizeBytes: drop.sizeBytes,
    time: new Date(drop.timeMs).toISOString(),
    receivedAt: new Date(ports.clock.nowMs()).toISOString(),
    route: match.route.name,
    state: 'REJECTED',
    reason,
    reasonCode: 'NOT_ALLOWED',
  });
  return 'rejected';
}
