/** Tells people of a set that stays incomplete for longer than its route allows: once for each time it waits. */
import type { GatherHeader } from '../ledger/gathers.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Route } from '../routing/route.ts';
import { opaqueId } from '../runs/identity.ts';
import { isEverybodyTold, toldBy } from '../runs/told.ts';
import { namelessMissing } from './gather-drop.ts';
import { noticeText } from './notice-text.ts';
import type { Clock } from './ports.ts';
import { type TellPorts, tell, type Word } from './tell.ts';

export interface AnnounceIncompletePorts extends TellPorts {
  readonly ledger: Pick<Ledger, 'gathers'>;
  readonly clock: Clock;
}

const GATHER_INCOMPLETE = 'Gather Incomplete';

/** The set goes on waiting: what comes late still completes it. */
export async function announceIncomplete(
  ports: AnnounceIncompletePorts,
  route: Route,
  gatherId: string,
): Promise<void> {
  const { header } = await ports.ledger.gathers.read(gatherId);
  const withinMs = route.gather?.withinMs;
  if (header === undefined || withinMs === undefined) return;
  const before = toldBy(header.incompleteSince, header.peopleToldAt);
  if (isEverybodyTold(before)) return;
  const nowMs = ports.clock.nowMs();
  if (header.missing.length === 0 || nowMs - Date.parse(header.firstSeenAt) < withinMs) return;
  const at = new Date(nowMs).toISOString();
  await tell(ports, wordOf(route, header), before, (told) => {
    const programs = told.programs ? { incompleteSince: header.incompleteSince ?? at } : {};
    const people = told.people ? { peopleToldAt: header.peopleToldAt ?? at } : {};
    return ports.ledger.gathers.waitFor({ ...header, ...programs, ...people }, at);
  });
}

/** Which samples they are stays in the ledger; the gather's id leads there. */
function wordOf(route: Route, { gatherId, generation, firstSeenAt, missing: found }: GatherHeader): Word {
  const eventId = opaqueId({ announcement: GATHER_INCOMPLETE, gatherId, generation, firstSeenAt });
  const missing = namelessMissing(route, found);
  const detail = { version: '1', eventId, gatherId, route: route.name, waitsSince: firstSeenAt, missing };
  const lines = [
    `A set of drops of route ${route.name} has waited for the rest of its members since ${firstSeenAt}, longer than its route expects.`,
    'It goes on waiting: what comes late still completes it.',
    '',
    `Missing:  ${missing.join('; ')}`,
    `Gather:   ${gatherId}`,
    '',
    'Which objects are there, and which are not:  rundrop waiting',
  ];
  const subject = `INCOMPLETE ${route.name} gather ${gatherId}`;
  return {
    event: { detailType: GATHER_INCOMPLETE, detail },
    notice: {
      eventId,
      about: GATHER_INCOMPLETE,
      kind: 'INCOMPLETE',
      route: route.name,
      subject,
      text: noticeText(eventId, lines),
    },
  };
}
