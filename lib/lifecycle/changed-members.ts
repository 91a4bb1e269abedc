/** Looks at a request's objects again: each may have been overwritten or deleted since it was taken. */
import { INPUT_DELETED, INPUT_OVERWRITTEN } from '../runs/outcome-words.ts';
import type { MemberRecord } from '../runs/request-record.ts';
import { ObjectForbidden } from './object-forbidden.ts';
import type { Log, ObjectHead, Objects } from './ports.ts';
import { sideBySide } from './side-by-side.ts';

export interface ChangedMember {
  readonly member: MemberRecord;
  /** What lies there now; `undefined` when nothing does. */
  readonly now: ObjectHead | undefined;
}

const HEADS_AT_ONCE = 8;

/**
 * HealthOmics reads what lies under a URI, so what counts is the newest version, also where the bucket keeps others.
 * With `log`, an object that may not be looked at is noted there and does not count as changed: a request stays as it was
 * claimed also when a deployment has taken its route away, and with it the right to read there.
 */
export async function changedMembers(
  { objects }: { readonly objects: Pick<Objects, 'head'> },
  members: readonly MemberRecord[],
  log?: Log,
): Promise<readonly ChangedMember[]> {
  const looked = await sideBySide(members, HEADS_AT_ONCE, async (member) => {
    try {
      const now = await objects.head({ bucket: member.bucket, key: member.key });
      return now?.etag === member.etag ? [] : [{ member, now }];
    } catch (error) {
      if (log === undefined || !(error instanceof ObjectForbidden)) throw error;
      log.warn('an input may not be looked at', { dropId: member.dropId });
      return [];
    }
  });
  return looked.flat();
}

/** Why a request is not started: for people, and as a word that names nothing. */
export function superseded({ member: { dropId }, now }: ChangedMember): {
  readonly reason: string;
  readonly code: string;
} {
  if (now === undefined) {
    const reason = `An input object (drop ${dropId}) was deleted before the run started. Drop it again.`;
    return { reason, code: INPUT_DELETED };
  }
  const reason = `An input object (drop ${dropId}) was overwritten before the run started; the newer one is a drop of its own.`;
  return { reason, code: INPUT_OVERWRITTEN };
}
