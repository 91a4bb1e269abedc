/** Tells of drops that start nothing, or of which some rows do not. Which objects they are stays in the ledger. */
import type { DropRecord } from '../ledger/drops.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { opaqueId } from '../runs/identity.ts';
import { isEverybodyTold, type Told, toldBy } from '../runs/told.ts';
import { noticeText } from './notice-text.ts';
import type { Clock } from './ports.ts';
import { type TellPorts, tell, type Word } from './tell.ts';

export interface AnnounceRejectedPorts extends TellPorts {
  readonly ledger: Pick<Ledger, 'drops'>;
  readonly clock: Clock;
}

const DROP_REJECTED = 'Drop Rejected';

/** Words for every `reasonCode` of a drop. */
const WORDS: Readonly<Record<string, string>> = {
  OBJECT_GONE: 'The object was gone before it was read.',
  NO_VALID_REQUEST: 'It makes no valid StartRun request.',
  SHEET_REFUSED: 'The sheet cannot be read, or none of its rows can start.',
  ROWS_REFUSED: 'Some rows of the sheet start nothing; the others do.',
  NOT_ALLOWED: 'Its event is of an account, a region or a bucket that is not allowed.',
};

export async function announceRejected(ports: AnnounceRejectedPorts, dropId: string): Promise<void> {
  const drop = await ports.ledger.drops.read(dropId);
  if (drop === undefined || !isRejected(drop)) return;
  const before = toldBy(drop.announcedAt, drop.notifiedAt);
  const mark = (told: Told) => ports.ledger.drops.told(drop, new Date(ports.clock.nowMs()).toISOString(), told);
  // Two at once may have marked one half each, so that it is still nominated.
  if (isEverybodyTold(before)) return mark(before);
  await tell(ports, wordOf(drop), before, mark);
}

function isRejected({ state, sheet }: DropRecord): boolean {
  return state === 'REJECTED' || (state === 'TAKEN' && (sheet?.refused ?? 0) > 0);
}

function rejectionCode({ state, sheet, reasonCode }: DropRecord): string {
  if (state === 'TAKEN') return 'ROWS_REFUSED';
  return reasonCode ?? (sheet === undefined ? 'NO_VALID_REQUEST' : 'SHEET_REFUSED');
}

function wordOf(drop: DropRecord): Word {
  const { dropId, route, receivedAt, sheet, reopened } = drop;
  const eventId = opaqueId({ announcement: DROP_REJECTED, dropId, reopened });
  const code = rejectionCode(drop);
  const reason = WORDS[code] ?? 'It starts nothing.';
  const rows = sheet === undefined ? {} : { rows: sheet.rows, refusedRows: sheet.refused };
  const detail = { version: '1', eventId, dropId, route, receivedAt, code, reason, ...rows };
  const lines = [
    `A drop of route ${route} was rejected. ${reason}`,
    ...(sheet === undefined ? [] : [`${sheet.refused} of its ${sheet.rows} rows start nothing.`]),
    '',
    `Drop:     ${dropId}`,
    `Received: ${receivedAt}`,
    '',
    'Which object it is, and why in full:  rundrop drops',
    `Once that is mended:                  rundrop replay ${dropId}`,
  ];
  const subject = `REJECTED ${route} drop ${dropId}`;
  return {
    event: { detailType: DROP_REJECTED, detail },
    notice: { eventId, about: DROP_REJECTED, kind: 'REJECTED', route, subject, text: noticeText(eventId, lines) },
  };
}
