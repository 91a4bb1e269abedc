/** PutEvents: up to ten entries, each taken or refused by itself, all under one answer of 200. */
import { AwsError } from '../aws-error.ts';
import type { JsonObject } from '../aws-json.ts';
import type { BusEvent } from '../ports.ts';
import { busNameOf, isObject } from './rule-input.ts';

const ENTRIES_LIMIT = 10;
const TOTAL_LIMIT_BYTES = 256 * 1024;
/** AWS counts a given Time as this much. */
const TIME_BYTES = 14;

/** Why one entry was refused; the others go on. */
export class EntryRefusal extends Error {
  override readonly name = 'EntryRefusal';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** @throws AwsError ValidationException when the request as a whole is refused. */
export function readEntries(input: JsonObject): unknown[] {
  const entries: unknown = input.Entries;
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > ENTRIES_LIMIT) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${ENTRIES_LIMIT}`,
    );
  }
  const totalBytes = entries.reduce((sum: number, entry: unknown) => sum + entrySizeBytes(entry), 0);
  if (totalBytes > TOTAL_LIMIT_BYTES) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  return entries;
}

function entrySizeBytes(entry: unknown): number {
  if (!isObject(entry)) return 0;
  const resources: unknown[] = Array.isArray(entry.Resources) ? entry.Resources : [];
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...resources];
  const textBytes = texts.reduce(
    (sum: number, text) => sum + Buffer.byteLength(typeof text === 'string' ? text : ''),
    0,
  );
  return textBytes + (entry.Time === undefined ? 0 : TIME_BYTES);
}

/** @throws EntryRefusal with the error code and message that AWS gives for the entry. */
export function readEntry(entry: unknown): BusEvent & { readonly busName: string } {
  const members = isObject(entry) ? entry : {};
  const source = required(members, 'Source');
  const detailType = required(members, 'DetailType');
  const detail = parseDetail(required(members, 'Detail'));
  if (source.startsWith('aws.')) {
    throw new EntryRefusal('NotAuthorizedForSourceException', 'Not authorized for the source.');
  }
  const resources = Array.isArray(members.Resources) ? members.Resources.map(String) : [];
  const timeMs = readTimeMs(members.Time);
  const busName = busNameOf(members.EventBusName);
  return { source, detailType, detail, resources, busName, ...(timeMs === undefined ? {} : { timeMs }) };
}

function readTimeMs(time: unknown): number | undefined {
  if (time === undefined || time === null) return undefined;
  const timeMs = typeof time === 'number' ? time * 1000 : Number.NaN;
  if (!Number.isNaN(new Date(timeMs).getTime())) return timeMs;
  throw new EntryRefusal('InvalidArgument', 'Parameter Time is not valid. Reason: it must be seconds since 1970.');
}

function required(entry: JsonObject, member: string): string {
  const value = entry[member];
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new EntryRefusal(
    'InvalidArgument',
    `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
  );
}

function parseDetail(text: string): JsonObject {
  let detail: unknown;
  try {
    detail = JSON.parse(text);
  } catch {
    detail = undefined;
  }
  if (isObject(detail)) return detail;
  throw new EntryRefusal('MalformedDetail', 'Detail is malformed.');
}
