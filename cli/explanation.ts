/** Explains what a drop leads to: which route, why not the others, and what it would send to StartRun. */
import type { Ledger } from '../lib/ledger/ledger.ts';
import { gatherIdOf } from '../lib/lifecycle/gather-drop.ts';
import type { Objects } from '../lib/lifecycle/ports.ts';
import { type DropPreview, previewDrop } from '../lib/lifecycle/preview-drop.ts';
import type { PreviewedDrop } from '../lib/lifecycle/preview-identity.ts';
import { factsNeeded } from '../lib/routing/drop-conditions.ts';
import { type ExplainedMatch, explainMatch, type SketchedDrop, type Verdict } from '../lib/routing/explain-match.ts';
import { gatherPlace } from '../lib/routing/gather.ts';
import type { RouteFile } from '../lib/routing/route-file.ts';
import { RUN_REQUEST_LIMIT_BYTES } from '../lib/routing/run-request.ts';
import { statusOf } from './rows.ts';

/** An object as far as it is known: from a URI, from an event, or from S3 itself. */
export type SketchedObject = Omit<SketchedDrop, 'etag'> & { readonly etag?: string };

/** Where `--live` looks. */
export interface Live {
  readonly objects: Pick<Objects, 'head' | 'tags' | 'read'>;
  readonly ledger: Pick<Ledger, 'gathers' | 'requests'>;
}

/** One answer; what `--json` prints of it. */
export interface Explanation extends Partial<DropPreview> {
  readonly object: string;
  /** Absent when no route takes it. */
  readonly route?: string;
  /** `marker`: it completes a set without being a member. */
  readonly part?: 'member' | 'marker';
  readonly wildcards?: Readonly<Record<string, string>>;
  /** What must be true of the object for this route to take it, and is not known. */
  readonly assumes: readonly string[];
  /** What the other routes say; the nearest first. */
  readonly others: readonly Pick<Verdict, 'route' | 'verdict' | 'reason'>[];
  /** What is there already under this identity. */
  readonly known?: string;
  readonly notes: readonly string[];
}

export interface ExplainGiven {
  readonly file: RouteFile;
  readonly live?: Live;
  /** The text of a run request or sheet that is at hand. */
  readonly body?: string;
  readonly nowMs: number;
  readonly rundropVersion: string;
}

interface Looked {
  readonly object: SketchedObject;
  readonly found: ExplainedMatch;
  readonly notes: readonly string[];
}

/** One answer for each object, in their order. Objects of one set are taken together, as they would be when they come. */
export async function explainObjects(
  objects: readonly SketchedObject[],
  given: ExplainGiven,
): Promise<readonly Explanation[]> {
  const looked: Looked[] = [];
  for (const object of objects) looked.push(await look(object, given));
  const answers: Explanation[] = [];
  for (const one of looked) answers.push(await explain(one, looked, given));
  return answers;
}

async function look(object: SketchedObject, { file, live }: ExplainGiven): Promise<Looked> {
  const { seen, notes } = live === undefined ? { seen: object, notes: [] } : await ask(object, file, live);
  return { object: seen, notes, found: explainMatch(file, { ...seen, etag: seen.etag ?? '' }) };
}

/** What S3 says of the object now. */
async function ask(
  object: SketchedObject,
  file: RouteFile,
  { objects }: Live,
): Promise<{ readonly seen: SketchedObject; readonly notes: readonly string[] }> {
  const { bucket, key, versionId } = object;
  const place = { bucket, key, ...(versionId === undefined ? {} : { versionId }) };
  const head = await objects.head(place);
  if (head === undefined) {
    return { seen: object, notes: ['the object is not there now: it would be rejected until it is dropped again'] };
  }
  const isOther = object.etag !== undefined && object.etag !== head.etag;
  const found = versionId ?? (head.versionId === 'null' ? undefined : head.versionId);
  const seen: SketchedObject = {
    ...object,
    sizeBytes: head.sizeBytes,
    etag: head.etag,
    storageClass: head.storageClass,
    ...(head.checksum === undefined ? {} : { checksum: head.checksum }),
    ...(found === undefined ? {} : { versionId: found }),
    ...(factsNeeded(file, place).tags ? { tags: await objects.tags(place) } : {}),
  };
  const overwritten =
    'the object was overwritten since the event: that drop is superseded, and the newer one is explained';
  return { seen, notes: isOther ? [overwritten] : [] };
}

async function explain({ object, found, notes }: Looked, all: readonly Looked[], given: ExplainGiven) {
  const { file, live, nowMs, rundropVersion } = given;
  const name = `s3://${object.bucket}/${object.key}`;
  const { matched } = found;
  if (matched === undefined) return { object: name, assumes: [], others: othersOf(found), notes };
  const { route, part, wildcards } = matched;
  const verdict = found.verdicts.find((one) => one.route === route.name);
  const { stored, body, unread } = await gatherFacts(matched, given);
  const answer: Explanation = {
    object: name,
    route: route.name,
    part,
    wildcards,
    assumes: verdict?.assumes ?? [],
    others: othersOf(found),
    ...previewDrop({
      file,
      matched,
      dropped: previewed(object, matched, live !== undefined),
      others: mates(matched, all, live !== undefined),
      ...(stored === undefined ? {} : { stored }),
      ...(body === undefined ? {} : { body }),
      nowMs,
      rundropVersion,
    }),
    notes: [...notes, ...unread],
  };
  const record = answer.identity === undefined ? undefined : await live?.ledger.requests.read(answer.identity);
  return record === undefined ? answer : { ...answer, known: `${statusOf(record)}, asked for at ${record.createdAt}` };
}

type Match = NonNullable<ExplainedMatch['matched']>;

/** What is needed beyond the drop itself: the set so far, the object's text. */
async function gatherFacts({ route, wildcards, key, drop }: Match, { live, body, nowMs }: ExplainGiven) {
  const stored =
    route.gather === undefined
      ? undefined
      : await live?.ledger.gathers.read(gatherIdOf(route, gatherPlace(route, { wildcards, key }).group), nowMs);
  const readsObject = route.run.fromObject !== undefined || route.each !== undefined;
  const limitBytes = route.sheet?.maxSizeBytes ?? RUN_REQUEST_LIMIT_BYTES;
  const text = readsObject && body === undefined ? await live?.objects.read(drop, limitBytes) : body;
  const unread =
    readsObject && text === undefined ? ['what starts stands in the object: --live reads it, or --body FILE'] : [];
  const tooLarge = text === 'too-large' ? [`the object is larger than ${limitBytes} bytes: it would be rejected`] : [];
  return { stored, body: tooLarge.length > 0 || !readsObject ? undefined : text, unread: [...unread, ...tooLarge] };
}

function previewed(object: SketchedObject, { drop, wildcards }: Match, isLive: boolean): PreviewedDrop {
  const etagIsKnown = object.etag !== undefined;
  return { drop, wildcards, sizeIsKnown: object.sizeBytes !== undefined, etagIsKnown, isLive: isLive && etagIsKnown };
}

/** The other objects of the same set. */
function mates(matched: Match, all: readonly Looked[], isLive: boolean): readonly PreviewedDrop[] {
  const { route } = matched;
  if (route.gather === undefined) return [];
  const idOf = (match: Match) => gatherIdOf(match.route, gatherPlace(match.route, match).group);
  return all.flatMap(({ object, found }) => {
    const other = found.matched;
    if (other === undefined || other === matched || other.route !== route || idOf(other) !== idOf(matched)) return [];
    return [previewed(object, other, isLive)];
  });
}

function othersOf({ matched, verdicts, misses }: ExplainedMatch): Explanation['others'] {
  const later = verdicts.filter(({ verdict }) => verdict === 'later');
  return [
    ...later.map(({ route, verdict, reason }) => ({ route, verdict, reason })),
    ...misses
      .filter(({ route }) => route !== matched?.route.name)
      .map(({ route, reason }) => ({ route, verdict: 'no' as const, reason })),
  ];
}
