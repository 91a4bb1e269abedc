/** What replaying objects that are there already would come to: found out by looking, without starting anything. */
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { gatherIdOf } from '../../lib/lifecycle/gather-drop.ts';
import type { Objects } from '../../lib/lifecycle/ports.ts';
import { type DropPreview, previewDrop } from '../../lib/lifecycle/preview-drop.ts';
import type { PreviewedDrop } from '../../lib/lifecycle/preview-identity.ts';
import type { Drop } from '../../lib/routing/drop.ts';
import { factsNeeded } from '../../lib/routing/drop-conditions.ts';
import { explainMatch } from '../../lib/routing/explain-match.ts';
import { gatherPlace } from '../../lib/routing/gather.ts';
import { type Matched, matchDrop } from '../../lib/routing/match-drop.ts';
import type { RouteFile } from '../../lib/routing/route-file.ts';
import type { ListedObject } from './listed-object.ts';

/**
 * `starts`: a run that there was not. `waits`: a member of a set that is not complete. `sheet`: its rows decide, each by
 * itself. `known`: asked for already. `refused`: its request is not valid. `impossible`: nothing tells whether it ran.
 */
export type Standing = 'starts' | 'waits' | 'sheet' | 'known' | 'refused' | 'impossible';

/** What is sent to the drops queue. */
export const SENT: ReadonlySet<Standing> = new Set(['starts', 'waits', 'sheet']);

export interface PlannedDrop {
  readonly drop: Drop;
  readonly route: string;
  readonly standing: Standing;
  /** One for each run or set that it is a part of. */
  readonly unit: string;
  readonly reason?: string;
}

export type Looked =
  | { readonly kind: 'taken'; readonly drop: Drop; readonly matched: Matched }
  | { readonly kind: 'gone' }
  | { readonly kind: 'not-taken'; readonly object: string; readonly nearest?: string; readonly reason: string };

export interface PlanPorts {
  readonly objects: Pick<Objects, 'head' | 'tags'>;
  readonly lastModified: (object: ListedObject) => number;
  readonly ledger: Pick<Ledger, 'gathers' | 'requests'>;
  readonly file: RouteFile;
  readonly nowMs: number;
  readonly rundropVersion: string;
}

/** Which route takes an object. Only one whose key a route could take is asked for. */
export async function lookAt(listed: ListedObject, { objects, file, lastModified }: PlanPorts): Promise<Looked> {
  const { bucket, key } = listed;
  const timeMs = lastModified(listed);
  const sketch = explainMatch(file, { bucket, key, etag: '', timeMs });
  if (sketch.matched === undefined) return notTaken(listed, sketch.misses[0]);
  const head = await objects.head({ bucket, key });
  if (head === undefined) return { kind: 'gone' };
  const { etag, sizeBytes, storageClass, checksum, versionId } = head;
  const drop: Drop = {
    bucket,
    key,
    etag,
    sizeBytes,
    storageClass,
    timeMs,
    ...(checksum === undefined ? {} : { checksum }),
    // An object from before the bucket kept versions.
    ...(versionId === undefined || versionId === 'null' ? {} : { versionId }),
    ...(factsNeeded(file, { bucket, key }).tags ? { tags: await objects.tags({ bucket, key }) } : {}),
  };
  const matched = matchDrop(file, drop);
  return matched.kind === 'matched' ? { kind: 'taken', drop, matched } : notTaken(listed, matched.misses[0]);
}

function notTaken(
  { bucket, key }: ListedObject,
  nearest: { readonly route: string; readonly reason: string } | undefined,
): Looked {
  return {
    kind: 'not-taken',
    object: `s3://${bucket}/${key}`,
    ...(nearest === undefined ? {} : { nearest: nearest.route }),
    reason: nearest?.reason ?? 'no route takes drops',
  };
}

type Taken = Extract<Looked, { kind: 'taken' }>;

const NO_VERSION =
  'identity: version, and the bucket keeps no versions: S3 tells the sequencers of earlier events to nobody, so it cannot be known whether this upload ran. To run it, copy the object onto itself.';

/** Objects that stand or fall together: one object, or what was found of one set. */
export function unitsOf(taken: readonly Taken[]): readonly (readonly Taken[])[] {
  const units = new Map<string, Taken[]>();
  for (const [index, one] of taken.entries()) {
    const { route } = one.matched;
    const id = route.gather === undefined ? `#${index}` : gatherIdOf(route, gatherPlace(route, one.matched).group);
    const unit = units.get(id) ?? [];
    units.set(id, unit);
    unit.push(one);
  }
  return [...units.values()];
}

/** Where the objects of one unit stand: before the ledger, and beside what it already has of their set. */
export async function planUnit(unit: readonly Taken[], ports: PlanPorts): Promise<readonly PlannedDrop[]> {
  const [first] = unit;
  if (first === undefined) return [];
  const { route } = first.matched;
  const isUnversioned = ({ drop }: Taken) => route.identity === 'version' && drop.versionId === undefined;
  if (unit.some(isUnversioned)) return planned(unit, { standing: 'impossible', reason: NO_VERSION });
  if (route.each !== undefined) return planned(unit, { standing: 'sheet' });
  const preview = await previewUnit(unit, ports);
  return planned(unit, await standingOf(preview, ports));
}

function planned(unit: readonly Taken[], how: Pick<PlannedDrop, 'standing' | 'reason'>): readonly PlannedDrop[] {
  const [first] = unit;
  const id = first === undefined ? '' : `s3://${first.drop.bucket}/${first.drop.key}`;
  return unit.map(({ drop, matched }) => ({ drop, route: matched.route.name, unit: id, ...how }));
}

/** The last object is explained, with the others as its mates; a marker is never the one, since it is no member. */
async function previewUnit(unit: readonly Taken[], ports: PlanPorts): Promise<DropPreview> {
  const last = unit.findLast(({ matched }) => matched.part === 'member') ?? unit.at(-1);
  if (last === undefined) throw new Error('A unit without objects cannot be planned.');
  const { route } = last.matched;
  const stored =
    route.gather === undefined
      ? undefined
      : await ports.ledger.gathers.read(gatherIdOf(route, gatherPlace(route, last.matched).group), ports.nowMs);
  return previewDrop({
    file: ports.file,
    matched: last.matched,
    dropped: seen(last),
    others: unit.filter((one) => one !== last).map(seen),
    ...(stored === undefined ? {} : { stored }),
    nowMs: ports.nowMs,
    rundropVersion: ports.rundropVersion,
  });
}

function seen({ drop, matched }: Taken): PreviewedDrop {
  return { drop, wildcards: matched.wildcards, sizeIsKnown: true, etagIsKnown: true, isLive: true };
}

async function standingOf(
  { identity, refused, gather }: DropPreview,
  { ledger }: PlanPorts,
): Promise<Pick<PlannedDrop, 'standing' | 'reason'>> {
  const record = identity === undefined ? undefined : await ledger.requests.read(identity);
  if (record !== undefined) return { standing: 'known' };
  if (gather !== undefined && gather.waitsFor.length > 0) {
    return { standing: 'waits', reason: gather.waitsFor.join(', ') };
  }
  return refused === undefined ? { standing: 'starts' } : { standing: 'refused', reason: refused.join(' ') };
}
