/** Tells people of a set that stays incomplete for longer than its route allows: once for each time it waits. */
import type { Ledger } from '../ledger/ledger.ts';
import type { Route } from '../routing/route.ts';
import { opaqueId } from '../runs/identity.ts';
import type { Announcer, Clock } from './ports.ts';

export interface AnnounceIncompletePorts {
  readonly ledger: Pick<Ledger, 'gathers'>;
  readonly announcer: Announcer;
  readonly clock: Clock;
}

export const GATHER_INCOMPLETE = 'Gather Incomplete';

/** The set goes on waiting: what comes late still completes it. */
export async function announceIncomplete(
  ports: AnnounceIncompletePorts,
  route: Route,
  gatherId: string,
): Promise<void> {
  const { header } = await ports.ledger.gathers.read(gatherId);
  const withinMs = route.gather?.withinMs;
  if (header === undefined || withinMs === undefined || header.incompleteSince !== undefined) return;
  const nowMs = ports.clock.nowMs();
  if (header.missing.length === 0 || nowMs - Date.parse(header.firstSeenAt) < withinMs) return;
  const { generation, firstSeenAt, missing } = header;
  const eventId = opaqueId({ announcement: GATHER_INCOMPLETE, gatherId, generation, firstSeenAt });
  // Which samples they are stays in the ledger; the gather's id leads there.
  const detail = { version: '1', eventId, gatherId, route: route.name, waitsSince: firstSeenAt, missing };
  await ports.announcer.announce({ detailType: GATHER_INCOMPLETE, detail });
  const at = new Date(nowMs).toISOString();
  await ports.ledger.gathers.waitFor({ ...header, incompleteSince: at }, at);
}
