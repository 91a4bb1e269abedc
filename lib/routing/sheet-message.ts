import { isRecord } from './json.ts';

/** A part of a dropped sheet's rows that is to be claimed. */
export interface SheetPartOfDrop {
  readonly dropId: string;
  /** From 0. */
  readonly part: number;
}

/** `source` of the messages that Rundrop sends itself. */
export const OWN_SOURCE = 'rundrop';
const SHEET_PART = 'Sheet Part';

/** What goes into the drops queue for a part: opaque ids only, since dead-letter queues are looked into. */
export function writeSheetMessage({ dropId, part }: SheetPartOfDrop): string {
  return JSON.stringify({ source: OWN_SOURCE, 'detail-type': SHEET_PART, detail: { dropId, part } });
}

/** The part that a message of ours is about; undefined when it is about none. */
export function readSheetMessage(event: Readonly<Record<string, unknown>>): SheetPartOfDrop | undefined {
  const { detail } = event;
  if (event['detail-type'] !== SHEET_PART || !isRecord(detail)) return undefined;
  const { dropId, part } = detail;
  if (typeof dropId !== 'string' || !/^[0-9a-f]{32}$/.test(dropId)) return undefined;
  return Number.isSafeInteger(part) && Number(part) >= 0 ? { dropId, part: Number(part) } : undefined;
}
