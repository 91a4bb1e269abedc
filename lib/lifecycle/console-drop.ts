/** An object that a person names in the console: taken exactly as its event would have been, and then followed. */

import type { Drop } from '../routing/drop.ts';
import { factsNeeded } from '../routing/drop-conditions.ts';
import { gatherPlace } from '../routing/gather.ts';
import { isLookedAt, matchDrop } from '../routing/match-drop.ts';
import type { Route, RouteFile } from '../routing/route-file.ts';
import type { RequestRecord } from '../runs/request-record.ts';
import { type DropInput, DropNotStarted, InvalidInput, SheetTaken } from './execution-input.ts';
import { gatherIdOf, namelessMissing } from './gather-drop.ts';
import { dropIdOf, type Taken, takeDrop } from './take-drop.ts';
import type { TakeSheetPorts } from './take-sheet.ts';

/**
 * The request that the object belongs to, claimed now or before: the same identity as by its event, so never a second run.
 *
 * @throws InvalidInput when there is no such object; DropNotStarted when no route takes it, it is refused, or its set is
 * incomplete; SheetTaken when its rows are what starts runs.
 */
export async function requestOfDrop(ports: TakeSheetPorts, input: DropInput): Promise<RequestRecord> {
  const file = await ports.routes.read();
  if (!isLookedAt(file, input)) refuseUnmatched(file, { ...input, etag: '', sizeBytes: 0, timeMs: 0 });
  const drop = await look(ports, file, input);
  refuseUnmatched(file, drop);
  refuseUnknownVersion(file, drop);
  const taken = await takeDrop(ports, drop);
  const dropId = dropIdOf(drop);
  const identity = await identityAfter(ports, { file, drop, dropId, taken });
  const record = await ports.ledger.requests.read(identity);
  if (record === undefined) throw new Error(`The ledger has no request ${identity} of drop ${dropId}. Try again.`);
  return record;
}

/** The object as its event would tell it, with what a route may ask of it. */
async function look(ports: TakeSheetPorts, file: RouteFile, input: DropInput): Promise<Drop> {
  const head = await ports.objects.head(input);
  if (head === undefined) {
    throw new InvalidInput(
      `There is no such object${input.versionId === undefined ? '' : ' in that version'}. The key is taken as it is, not URL-encoded.`,
    );
  }
  const { bucket, key } = input;
  // S3 names the one version of an object that was written while versioning was off "null"; its event names none.
  const versionId = input.versionId ?? (head.versionId === 'null' ? undefined : head.versionId);
  const needed = factsNeeded(file, input);
  return {
    bucket,
    key,
    etag: head.etag,
    sizeBytes: head.sizeBytes,
    timeMs: head.lastModifiedMs ?? ports.clock.nowMs(),
    ...(head.checksum === undefined ? {} : { checksum: head.checksum }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(needed.storageClass ? { storageClass: head.storageClass } : {}),
    ...(needed.tags ? { tags: await ports.objects.tags(input) } : {}),
  };
}

/** Says it by what stands in the route file: the reasons of `rundrop explain` quote the key, and a cause is kept for long. */
function refuseUnmatched(file: RouteFile, drop: Drop): void {
  const match = matchDrop(file, drop);
  if (match.kind === 'matched') return;
  const [nearest] = match.misses;
  const route = file.routes.find(({ name }) => name === nearest?.route);
  throw new DropNotStarted(
    `No route takes this object${route === undefined ? ': the route file has none' : `; ${sayNearest(route, drop)}`}. "rundrop explain --live" with its S3 URI says what every route says to it.`,
  );
}

function sayNearest(route: Route, drop: Drop): string {
  if (route.bucket !== drop.bucket) return `nearest is ${route.name}, of bucket ${route.bucket}`;
  const fits = route.pattern.match(drop.key) !== undefined;
  return fits
    ? `nearest is ${route.name}: the key fits, and one of its conditions (except, needs, when, or that the object has content) does not hold`
    : `nearest is ${route.name}, whose keys are ${route.pattern.text}`;
}

/** Without versions only S3's own event tells one upload from the next, and it has gone by. */
function refuseUnknownVersion(file: RouteFile, drop: Drop): void {
  const match = matchDrop(file, drop);
  if (match.kind === 'unmatched' || match.route.identity !== 'version' || drop.versionId !== undefined) return;
  throw new DropNotStarted(
    `Route ${match.route.name} tells uploads apart (identity: version), and the bucket keeps no versions, so nothing tells whether this upload has run. Upload the object again, or start the run with {"run": …}.`,
  );
}

interface After {
  readonly file: RouteFile;
  readonly drop: Drop;
  readonly dropId: string;
  readonly taken: Taken;
}

async function identityAfter(ports: TakeSheetPorts, { file, drop, dropId, taken }: After): Promise<string> {
  const record = await ports.ledger.drops.read(dropId);
  if (record?.identity !== undefined) return record.identity;
  if (record?.sheet !== undefined && record.state !== 'REJECTED') throw new SheetTaken(saySheet(dropId, record.sheet));
  const match = matchDrop(file, drop);
  if (match.kind === 'matched' && match.route.gather !== undefined && taken !== 'rejected') {
    const { header } = await ports.ledger.gathers.read(gatherIdOf(match.route, gatherPlace(match.route, match).group));
    // The same object may be in its set by another event's name for it.
    if (taken !== 'gathering' && header?.fired !== undefined) return header.fired.identity;
    const missing = namelessMissing(match.route, header?.missing ?? []);
    throw new DropNotStarted(
      `The object is in its set (gather ${header?.gatherId}), which is incomplete: it waits for ${missing.join(', ')}. It starts by itself when they come; "rundrop waiting" shows it.`,
    );
  }
  const reason = record?.reason ?? `it came to "${taken}"`;
  throw new DropNotStarted(
    `The object (drop ${dropId}) starts nothing: ${reason} When the cause is mended, "rundrop replay ${dropId}" has it looked at again.`,
  );
}

function saySheet(
  dropId: string,
  sheet: { readonly rows: number; readonly parts: number; readonly done: readonly number[] } & Readonly<
    Record<'started' | 'known' | 'refused' | 'duplicates', number>
  >,
): string {
  const { rows, parts, done, started, known, refused, duplicates } = sheet;
  const rest =
    done.length < parts ? ` ${done.length} of ${parts} parts are claimed; the others follow by themselves.` : '';
  return (
    `The object (drop ${dropId}) is a sheet of ${rows} rows: ${started} runs asked for, ${known} asked for before, ` +
    `${refused} rows refused, ${duplicates} the same as another.${rest} Each run has an execution of its own: "rundrop runs" lists them.`
  );
}
