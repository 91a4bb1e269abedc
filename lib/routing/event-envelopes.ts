import { type DropEvents, parseDropEvents } from './drop-events.ts';
import { isRecord } from './json.ts';

/**
 * Every message inside what a person can have at hand: one event (as `parseDropEvents` reads it), a list of events,
 * what Lambda is given by SQS or SNS, or what ReceiveMessage answers. Throws MalformedDropEvent.
 */
export function parseEventEnvelopes(value: unknown): readonly DropEvents[] {
  return messagesOf(value).map(parseDropEvents);
}

function messagesOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(messagesOf);
  if (!isRecord(value)) return [value];
  const { Records: records, Messages: messages } = value;
  if (Array.isArray(messages)) return messages.map((message) => (isRecord(message) ? message.Body : message));
  if (!Array.isArray(records) || records.length === 0) return [value];
  if (!records.every((record) => isRecord(record) && isEnvelope(record))) return [value];
  return records.map((record: Record<string, unknown>) => bodyOf(record));
}

function isEnvelope(record: Readonly<Record<string, unknown>>): boolean {
  return record.eventSource === 'aws:sqs' || record.EventSource === 'aws:sns';
}

function bodyOf(record: Readonly<Record<string, unknown>>): unknown {
  if (record.eventSource === 'aws:sqs') return record.body;
  return isRecord(record.Sns) ? record.Sns.Message : undefined;
}
