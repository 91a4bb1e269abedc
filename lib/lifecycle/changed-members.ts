/** Looks at a request's objects again: each may have been overwritten or deleted since it was taken. */
import { INPUT_DELETED, INPUT_OVERWRITTEN } from '../runs/outcome-words.ts';
import type { MemberRecord } from '../runs/request-record.ts';
import type { ObjectHead, Objects } from './ports.ts';
import { sideBySide } from './side-by-side.ts';

export interface ChangedMember {
  readonly member: MemberRecord;
  /** What lies there now; `undefined` when nothing does. */
  readonly now: ObjectHead | undefined;
}

const HEADS_AT_ONCE = 8;

/** HealthOmics reads what lies under a URI, so what counts is the newest version, also where the bucket keeps others. */
export async function changedMembers(
  { objects }: { readonly objects: Pick<Objects, 'head'> },
  members: readonly MemberRecord[],
): Promise<readonly ChangedMember[]> {
  const looked = await sideBySide(members, HEADS_AT_ONCE, async (member) => {
    const now = await objects.head({ bucket: member.bucket, key: member.key });
    return now?.etag === member.etag ? [] : [{ member, now }];
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
