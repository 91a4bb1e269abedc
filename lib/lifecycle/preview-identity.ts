/** The identity that drops would have, as far as what is known of their objects tells it. */
import type { Drop } from '../routing/drop.ts';
import type { Route } from '../routing/route.ts';
import { identityOf, requestIdOf } from '../runs/identity.ts';
import { type DroppedMember, originOf } from './claim-set.ts';
import { dropIdOf } from './take-drop.ts';

/** A drop that a route takes, and how much is known of its object. */
export interface PreviewedDrop {
  readonly drop: Drop;
  readonly wildcards: Readonly<Record<string, string>>;
  readonly sizeIsKnown: boolean;
  readonly etagIsKnown: boolean;
  /** S3 itself was asked, so that no checksum means that it keeps none. */
  readonly isLive: boolean;
}

export interface PreviewedIdentity {
  readonly identity?: string;
  readonly requestId?: string;
  /** What the identity rests on, or why it is not known. */
  readonly doubts: readonly string[];
}

const FIRST_ATTEMPT = 1;
const NO_VERSION =
  'identity: version needs the version id or the sequencer: an event tells one, HeadObject of a versioned bucket the other';

/** Of the drops of a whole set. Not known while something that it is made of is not. */
export function previewIdentity(route: Route, members: readonly PreviewedDrop[]): PreviewedIdentity {
  const doubts = new Set(members.map((member) => doubtOf(route, member)).filter((doubt) => doubt !== undefined));
  const unknown = [...doubts].filter(({ isKnown }) => !isKnown);
  if (unknown.length > 0) return { doubts: [...new Set(unknown.map(({ text }) => text))] };
  const identity = identityOf(originOf(route, members.map(droppedOf)));
  return {
    identity,
    requestId: requestIdOf(identity, FIRST_ATTEMPT),
    doubts: [...new Set([...doubts].map(({ text }) => text))],
  };
}

function doubtOf(
  { identity }: Route,
  { drop, etagIsKnown, sizeIsKnown, isLive }: PreviewedDrop,
): { readonly isKnown: boolean; readonly text: string } | undefined {
  if (identity === 'version') {
    const isKnown = drop.versionId !== undefined || drop.sequencer !== undefined;
    return isKnown ? undefined : { isKnown, text: NO_VERSION };
  }
  if (drop.checksum !== undefined && sizeIsKnown) return undefined;
  if (!etagIsKnown || !sizeIsKnown) {
    return { isKnown: false, text: 'the identity is of checksum (or ETag) and size, which only S3 or an event tells' };
  }
  if (isLive) return undefined;
  return {
    isKnown: true,
    text: 'the identity is right if S3 keeps no full-object checksum of the object; --live asks it',
  };
}

export function droppedOf({ drop, wildcards }: PreviewedDrop): DroppedMember {
  return { drop, wildcards, dropId: dropIdOf(drop) };
}
