import { isRecord } from './json.ts';
import { OWN_SOURCE } from './sheet-message.ts';

const DROP_AGAIN = 'Drop Again';

/** What goes into the drops queue for an object that is another one by now: the id of its old drop, and nothing else. */
export function writeDropAgain(dropId: string): string {
  return JSON.stringify({ source: OWN_SOURCE, 'detail-type': DROP_AGAIN, detail: { dropId } });
}

/** The drop that a message of ours is about; undefined when it is about none. */
export function readDropAgain(event: Readonly<Record<string, unknown>>): string | undefined {
  const { detail } = event;
  if (event['detail-type'] !== DROP_AGAIN || !isRecord(detail)) return undefined;
  const { dropId } = detail;
  return typeof dropId === 'string' && /^[0-9a-f]{32}$/.test(dropId) ? dropId : undefined;
}
