/** Who a request is: the same drop, row or schedule tick always has the same identity, whatever delivers it and when. */
import { createHash } from 'node:crypto';

/** What one request comes from. Its canonical JSON, hashed, is the request's identity. */
export type Origin =
  | { readonly kind: 'drop'; readonly route: string; readonly members: readonly MemberIdentity[] }
  | RowOrigin
  | {
      readonly kind: 'schedule';
      readonly schedule: string;
      readonly scheduleArn: string;
      readonly scheduledTime: string;
    }
  | { readonly kind: 'execution'; readonly executionArn: string }
  /** A person's copy of another request, or of a foreign run by its uuid; each nonce is another one. */
  | { readonly kind: 'rerun'; readonly of: string; readonly nonce: string }
  | { readonly kind: 'run'; readonly uuid: string };

/**
 * A row of a sheet, or a group of rows: what its cells say and where the sheet lies, not which version of the sheet. So
 * an edited sheet under the same key starts only what is new in it, and the same row under another key is another run.
 */
export interface RowOrigin {
  readonly kind: 'row';
  readonly route: string;
  readonly bucket: string;
  readonly key: string;
  /** Hash of the cells that are not empty, by column; of a group, of its rows in any order. */
  readonly content: string;
  /** With `identity: version`: then every upload of the sheet is new. */
  readonly version?: string;
}

/** One object of a set. `content` is what makes two uploads the same: a checksum and size, an ETag, or a version. */
export interface MemberIdentity {
  readonly bucket: string;
  readonly key: string;
  readonly content: string;
}

const OPAQUE_ID_HEX_DIGITS = 32;

/** 32 hex digits (128 bits of SHA-256) that name a value and tell nothing of it. */
export function opaqueId(value: unknown): string {
  return sha256(canonicalJson(value)).slice(0, OPAQUE_ID_HEX_DIGITS);
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The identity of a request; members may come in any order. */
export function identityOf(origin: Origin): string {
  if (origin.kind !== 'drop') return opaqueId(origin);
  const members = [...origin.members].sort((a, b) => compareText(`${a.bucket}/${a.key}`, `${b.bucket}/${b.key}`));
  return opaqueId({ ...origin, members });
}

/** The requestId that attempt `attempt` (from 1) of a request sends to StartRun. 32 hex digits. */
export function requestIdOf(identity: string, attempt: number): string {
  return opaqueId({ identity, attempt });
}

/** What an object's `identity: content` says: the full-object checksum where S3 keeps one, else the ETag; with the size. */
export function contentOf(object: {
  readonly checksum?: string;
  readonly etag: string;
  readonly sizeBytes: number;
}): string {
  return `${object.checksum ?? `etag:${object.etag}`}:${object.sizeBytes}`;
}

/** What an object's `identity: version` says: its version, or where the bucket keeps none, its sequencer. */
export function versionOf(object: {
  readonly versionId?: string;
  readonly sequencer?: string;
  readonly etag: string;
}): string {
  if (object.versionId !== undefined) return `version:${object.versionId}`;
  return object.sequencer === undefined ? `etag:${object.etag}` : `sequencer:${object.sequencer}`;
}

/** JSON with object members in code-unit order and without those that are undefined: equal values, equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    members.sort(([a], [b]) => compareText(a, b));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
