import type { Drop } from './drop.ts';
import { readDropAgain } from './drop-again-message.ts';
import { type EventSender, senderOf } from './event-sender.ts';
import { isRecord, kindOf } from './json.ts';
import { OWN_SOURCE, readSheetMessage, type SheetPartOfDrop } from './sheet-message.ts';

/** The drops of one message, or why it holds none. */
export type DropEvents =
  | { readonly kind: 'drops'; readonly drops: readonly Drop[]; readonly from: EventSender }
  /** Rundrop's own: a part of a dropped sheet's rows that is still to be claimed. */
  | { readonly kind: 'sheet'; readonly part: SheetPartOfDrop }
  /** Rundrop's own: what lies now where that drop lay is to be taken. */
  | { readonly kind: 'again'; readonly dropId: string }
  | { readonly kind: 'ignored'; readonly reason: string };

/** The message is none of the events that S3 sends, nor one of ours. Trying again cannot help. */
export class MalformedDropEvent extends Error {
  override readonly name = 'MalformedDropEvent';
}

const ENVELOPE_LIMIT = 3;

/**
 * Reads the body of an SQS message: EventBridge's `Object Created` (keys raw), S3's own notification (keys
 * form-URL-encoded, several records), either of them inside an SNS message, or as text; and Rundrop's own messages. Throws MalformedDropEvent,
 * naming what is missing.
 */
export function parseDropEvents(body: unknown): DropEvents {
  let value = body;
  for (let envelopes = 0; envelopes <= ENVELOPE_LIMIT; envelopes += 1) {
    if (typeof value === 'string') value = parseText(value);
    if (!isRecord(value)) throw new MalformedDropEvent(`the message is ${kindOf(value)}, not an event of S3`);
    if (value.Type === 'Notification' && Object.hasOwn(value, 'Message')) value = value.Message;
    else return readEvent(value);
  }
  throw new MalformedDropEvent(`more than ${ENVELOPE_LIMIT} SNS messages inside each other`);
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedDropEvent('the message is not JSON', { cause: error });
  }
}

function readEvent(event: Readonly<Record<string, unknown>>): DropEvents {
  if (Object.hasOwn(event, 'detail-type')) return readEventBridge(event);
  if (Object.hasOwn(event, 'Records')) return readNotification(event.Records);
  if (event.Event === 's3:TestEvent')
    return { kind: 'ignored', reason: 's3:TestEvent, which S3 sends when notifications are set up' };
  if (event.Type === 'SubscriptionConfirmation') return { kind: 'ignored', reason: 'an SNS subscription confirmation' };
  throw new MalformedDropEvent('neither detail-type (EventBridge) nor Records (S3 notification) is there');
}

function readEventBridge(event: Readonly<Record<string, unknown>>): DropEvents {
  const { source } = event;
  const type = event['detail-type'];
  if (source === OWN_SOURCE) return readOwn(event);
  if (source !== 'aws.s3') return ignore(`the event comes from ${String(source).slice(0, 60)}, not from aws.s3`);
  if (type !== 'Object Created') return ignore(`the event is ${String(type).slice(0, 60)}, not Object Created`);
  const detail = record(event, 'detail');
  const object = record(detail, 'object', 'detail.');
  const bucket = text(record(detail, 'bucket', 'detail.'), 'name', 'detail.bucket.');
  const drop = readObject(object, { at: 'detail.object.', versionId: 'version-id', etag: 'etag' });
  const from = senderOf(event.account, event.region);
  return { kind: 'drops', drops: [{ bucket, ...drop, timeMs: time(event, 'time') }], from };
}

function readOwn(event: Readonly<Record<string, unknown>>): DropEvents {
  const part = readSheetMessage(event);
  if (part !== undefined) return { kind: 'sheet', part };
  const dropId = readDropAgain(event);
  if (dropId !== undefined) return { kind: 'again', dropId };
  throw new MalformedDropEvent("the message is Rundrop's own, and names neither a part of a sheet nor a drop");
}

function readNotification(records: unknown): DropEvents {
  if (!Array.isArray(records)) throw new MalformedDropEvent('Records is not a list');
  const drops: Drop[] = [];
  let other = '';
  for (const [index, entry] of records.entries()) {
    const at = `Records[${index}].`;
    if (!isRecord(entry)) throw new MalformedDropEvent(`Records[${index}] is ${kindOf(entry)}`);
    const name = text(entry, 'eventName', at);
    if (/^(?:s3:)?ObjectCreated:/.test(name)) drops.push(readRecord(entry, at));
    else other = name;
  }
  // S3 puts records of one bucket into a notification, and so of one region; it does not name the account.
  if (drops.length > 0) return { kind: 'drops', drops, from: senderOf(undefined, records[0].awsRegion) };
  return ignore(other === '' ? 'Records is empty' : `the event is ${other.slice(0, 60)}, not ObjectCreated`);
}

function readRecord(entry: Readonly<Record<string, unknown>>, at: string): Drop {
  const s3 = record(entry, 's3', at);
  const bucket = text(record(s3, 'bucket', `${at}s3.`), 'name', `${at}s3.bucket.`);
  const where = `${at}s3.object.`;
  const drop = readObject(record(s3, 'object', `${at}s3.`), { at: where, versionId: 'versionId', etag: 'eTag' });
  return { bucket, ...drop, key: decodeKey(drop.key, `${where}key`), timeMs: time(entry, 'eventTime', at) };
}

/** Keys in notifications are encoded as HTML forms are: a space is `+`. */
function decodeKey(key: string, at: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (error) {
    throw new MalformedDropEvent(`${at} is not URL-encoded UTF-8`, { cause: error });
  }
}

function readObject(
  object: Readonly<Record<string, unknown>>,
  names: { readonly at: string; readonly versionId: string; readonly etag: string },
): Pick<Drop, 'key' | 'sizeBytes' | 'etag' | 'versionId' | 'sequencer'> {
  const sizeBytes = object.size;
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new MalformedDropEvent(`${names.at}size is ${kindOf(sizeBytes)}, not a number of bytes`);
  }
  const versionId = object[names.versionId];
  const { sequencer } = object;
  return {
    key: text(object, 'key', names.at),
    sizeBytes,
    etag: text(object, names.etag, names.at).replaceAll('"', ''),
    // Buckets without versioning say nothing, or an empty text, or null.
    ...(typeof versionId === 'string' && versionId !== '' && versionId !== 'null' ? { versionId } : {}),
    ...(typeof sequencer === 'string' && sequencer !== '' ? { sequencer } : {}),
  };
}

function record(owner: Readonly<Record<string, unknown>>, name: string, at = ''): Record<string, unknown> {
  const value = Object.hasOwn(owner, name) ? owner[name] : undefined;
  if (!isRecord(value)) throw new MalformedDropEvent(`${at}${name} is missing`);
  return value;
}

function text(owner: Readonly<Record<string, unknown>>, name: string, at: string): string {
  const value = Object.hasOwn(owner, name) ? owner[name] : undefined;
  if (typeof value !== 'string' || value === '') throw new MalformedDropEvent(`${at}${name} is missing`);
  return value;
}

function time(owner: Readonly<Record<string, unknown>>, name: string, at = ''): number {
  const timeMs = Date.parse(text(owner, name, at));
  if (Number.isNaN(timeMs)) throw new MalformedDropEvent(`${at}${name} is not a time`);
  return timeMs;
}

function ignore(reason: string): DropEvents {
  return { kind: 'ignored', reason };
}
