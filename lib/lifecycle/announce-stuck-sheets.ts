/**
 * Tells people of a sheet whose rows are not all claimed after an hour: a part of it failed five times and is in the
 * dead-letter queue, or its message is lost. Once for each time; `rundrop replay` sends what is missing again.
 */
import type { DropRecord } from '../ledger/drops.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { opaqueId } from '../runs/identity.ts';
import { isEverybodyTold, type Told, toldBy } from '../runs/told.ts';
import { errorName } from './error-name.ts';
import { noticeText } from './notice-text.ts';
import type { Clock } from './ports.ts';
import { type TellPorts, tell } from './tell.ts';

export interface AnnounceStuckSheetsPorts extends TellPorts {
  readonly ledger: Pick<Ledger, 'drops'>;
  readonly clock: Clock;
}

const SHEET_UNFINISHED = 'Sheet Unfinished';
/** The last part of the longest sheet is sent within a quarter of an hour, and tried five times in another. */
const STUCK_AFTER_MS = 60 * 60_000;
const MOST_PER_PASS = 100;

/** Since when the rows of a sheet are being claimed, ISO: since it came, or since a person sent it round again. */
export function readingSince({ receivedAt, acts }: Pick<DropRecord, 'receivedAt' | 'acts'>): string {
  return acts?.at(-1)?.at ?? receivedAt;
}

export function isStuckSheet(drop: Pick<DropRecord, 'state' | 'receivedAt' | 'acts'>, nowMs: number): boolean {
  return drop.state === 'READING' && nowMs - Date.parse(readingSince(drop)) >= STUCK_AFTER_MS;
}

export async function announceStuckSheets(
  ports: AnnounceStuckSheetsPorts,
): Promise<{ readonly seen: number; readonly repaired: number }> {
  let seen = 0;
  for (const { dropId } of await ports.ledger.drops.openSheets(MOST_PER_PASS)) {
    const drop = await ports.ledger.drops.read(dropId);
    if (drop?.state !== 'READING') continue;
    seen += 1;
    if (!isStuckSheet(drop, ports.clock.nowMs())) continue;
    try {
      await announce(ports, drop);
    } catch (error) {
      ports.log.error('stuck sheet not announced', { dropId, error: errorName(error) });
    }
  }
  return { seen, repaired: 0 };
}

async function announce(ports: AnnounceStuckSheetsPorts, drop: DropRecord): Promise<void> {
  const before = toldBy(drop.stuckAnnouncedAt, drop.stuckSince);
  const mark = (told: Told) => ports.ledger.drops.toldStuck(drop, new Date(ports.clock.nowMs()).toISOString(), told);
  // Two at once may have marked one half each, so that it is still nominated.
  if (isEverybodyTold(before)) return mark(before);
  const { dropId, route, sheet } = drop;
  const since = readingSince(drop);
  const eventId = opaqueId({ announcement: SHEET_UNFINISHED, dropId, since });
  const progress = { rows: sheet?.rows, parts: sheet?.parts, partsDone: sheet?.done.length ?? 0 };
  const detail = { version: '1', eventId, dropId, route, since, ...progress };
  ports.log.warn('sheet is not finished', { dropId, ...progress });
  const lines = [
    `The rows of a sheet of route ${route} are not all claimed, ${since} being long ago: ${progress.partsDone} of ${progress.parts ?? '?'} parts are.`,
    'What is missing is in the dead-letter queue of drops, or lost.',
    '',
    `Drop:     ${dropId}`,
    '',
    'Which object it is:       rundrop drops',
    `Send what is missing:     rundrop replay ${dropId}`,
  ];
  const subject = `UNFINISHED ${route} sheet ${dropId}`;
  const text = noticeText(eventId, lines);
  const word = {
    event: { detailType: SHEET_UNFINISHED, detail },
    notice: { eventId, about: SHEET_UNFINISHED, kind: 'INCOMPLETE', route, subject, text },
  } as const;
  await tell(ports, word, before, mark);
}
