/** A drop arrives: which route takes it, is its set complete, and is there a request to claim? */

import type { DropRecord } from '../ledger/drops.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Drop } from '../routing/drop.ts';
import { factsNeeded } from '../routing/drop-conditions.ts';
import { fillRequest, RequestRefused } from '../routing/fill-request.ts';
import { type Matched, matchDrop } from '../routing/match-drop.ts';
import type { Route, RouteFile } from '../routing/route-file.ts';
import { RUN_REQUEST_LIMIT_BYTES, readRunRequest } from '../routing/run-request.ts';
import { opaqueId, versionOf } from '../runs/identity.ts';
import { ensureWatcher } from './claim-request.ts';
import { claimSet, type DroppedMember } from './claim-set.ts';
import { addToGather } from './gather-drop.ts';
import type { Clock, Executions, Log, Objects, Routes, Settings } from './ports.ts';
import { sentences } from './sentences.ts';
import type { TakeSheetPorts } from './take-sheet.ts';

export interface TakeDropPorts {
  readonly ledger: Pick<Ledger, 'drops' | 'gathers' | 'requests'>;
  readonly objects: Objects;
  readonly executions: Executions;
  readonly routes: Routes;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly log: Log;
}

/** `reading`: the rest of a sheet's rows are taken by other invocations. */
export type Taken = 'unmatched' | 'rejected' | 'superseded' | 'gathering' | 'reading' | 'started' | 'known';

/** A drop's id: one version of one object. */
export function dropIdOf(drop: Drop): string {
  return opaqueId({ bucket: drop.bucket, key: drop.key, version: versionOf(drop) });
}

/** Takes one drop as far as it goes now. Safe to repeat at any point; a repeat of what is done changes nothing. */
export async function takeDrop(ports: TakeSheetPorts, drop: Drop): Promise<Taken> {
  const dropId = dropIdOf(drop);
  // A first invocation reads the route file while the ledger answers.
  const [known, file] = await Promise.all([ports.ledger.drops.read(dropId), ports.routes.read()]);
  if (known?.sheet !== undefined || known?.state === 'READING') return sheet(ports, dropId);
  const settled = known === undefined ? undefined : await settledBefore(ports, known);
  if (settled !== undefined) return settled;
  const match = matchDrop(file, await withFacts(ports, file, drop));
  if (match.kind === 'unmatched') {
    ports.log.info('no route takes the drop', { dropId });
    if (known?.state !== 'REPLAYED') return 'unmatched';
    await ports.ledger.drops.change(dropId, { state: 'REJECTED', reason: 'No route takes the object any more.' });
    return 'rejected';
  }
  const dropped = await look(ports, dropId, drop, match);
  if (dropped === 'rejected' || dropped === 'superseded') return dropped;
  if (match.route.each !== undefined) return sheet(ports, dropId);
  if (match.route.gather !== undefined) return addToGather(ports, file, match, dropped);
  return claimSingle(ports, file, match.route, dropped);
}

/** Few drops are sheets, and reading one takes a parser. */
async function sheet(ports: TakeSheetPorts, dropId: string): Promise<Taken> {
  const { takeSheet } = await import('./take-sheet.ts');
  return takeSheet(ports, dropId);
}

/** Events tell neither tags nor storage class: they are asked for where a route looks at them. */
async function withFacts(ports: TakeDropPorts, file: RouteFile, drop: Drop): Promise<Drop> {
  const needed = factsNeeded(file, drop);
  const { bucket, key, versionId } = drop;
  const object = { bucket, key, ...(versionId === undefined ? {} : { versionId }) };
  const head = needed.storageClass ? await ports.objects.head(object) : undefined;
  return {
    ...drop,
    ...(head === undefined ? {} : { storageClass: head.storageClass }),
    ...(needed.tags ? { tags: await ports.objects.tags(object) } : {}),
  };
}

/** What an earlier delivery of the same drop came to, if nothing is left to do for this one. */
async function settledBefore(ports: TakeDropPorts, known: DropRecord): Promise<Taken | undefined> {
  if (known.identity !== undefined) {
    const request = await ports.ledger.requests.read(known.identity);
    if (request === undefined) return undefined;
    await ensureWatcher(ports, request);
    return 'known';
  }
  if (known.state === 'REJECTED') return 'rejected';
  return known.state === 'SUPERSEDED' ? 'superseded' : undefined;
}

/** Looks at the object itself: it may be gone, or be another one by now. Puts the drop in the ledger. */
async function look(
  ports: TakeDropPorts,
  dropId: string,
  drop: Drop,
  match: Matched,
): Promise<DroppedMember | 'rejected' | 'superseded'> {
  const { bucket, key, versionId } = drop;
  const head = await ports.objects.head({ bucket, key, ...(versionId === undefined ? {} : { versionId }) });
  const receivedAt = new Date(ports.clock.nowMs()).toISOString();
  const base = recordOf(dropId, drop, match.route.name, receivedAt);
  if (head === undefined) {
    const reason = 'The object was gone before it was read. Drop it again.';
    await settleDrop(ports, { ...base, state: 'REJECTED', reason, reasonCode: 'OBJECT_GONE' });
    ports.log.warn('drop rejected: the object is gone', { dropId, route: match.route.name });
    return 'rejected';
  }
  if (drop.etag !== '' && head.etag !== drop.etag) {
    const reason = 'The object was overwritten before it was read; the newer one is a drop of its own.';
    await settleDrop(ports, { ...base, state: 'SUPERSEDED', reason });
    ports.log.warn('drop superseded: the object was overwritten', { dropId, route: match.route.name });
    return 'superseded';
  }
  const seen: Drop = {
    ...drop,
    etag: head.etag,
    sizeBytes: head.sizeBytes,
    ...(head.checksum === undefined ? {} : { checksum: head.checksum }),
  };
  const state = stateBefore(match.route);
  const recorded = await ports.ledger.drops.record({ ...recordOf(dropId, seen, match.route.name, receivedAt), state });
  if (recorded.state === 'REPLAYED') {
    await ports.ledger.drops.retake(dropId, { state, route: match.route.name, at: receivedAt });
  }
  return { dropId, drop: seen, wildcards: match.wildcards };
}

/** A drop's state until its request is claimed, or its rows'. */
function stateBefore({ gather, each }: Route): 'TAKEN' | 'GATHERING' | 'READING' {
  if (gather !== undefined) return 'GATHERING';
  return each === undefined ? 'TAKEN' : 'READING';
}

/** An earlier delivery that came less far may have put the drop in the ledger as one that starts something. */
async function settleDrop(ports: TakeDropPorts, drop: DropRecord & { readonly reason: string }): Promise<void> {
  const { dropId, state, reason, reasonCode } = drop;
  const recorded = await ports.ledger.drops.record(drop);
  if (recorded.state === state) return;
  await ports.ledger.drops.change(dropId, { state, reason, ...(reasonCode === undefined ? {} : { reasonCode }) });
}

/** A route without a gather: the drop alone makes the request. */
async function claimSingle(
  ports: TakeDropPorts,
  file: RouteFile,
  route: Route,
  dropped: DroppedMember,
): Promise<Taken> {
  try {
    const request = route.run.fromObject
      ? await requestInObject(ports, route, dropped)
      : fillRequest(route, { members: [dropped], timeMs: dropped.drop.timeMs });
    await claimSet(ports, { file, route, members: [dropped], request });
    return 'started';
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    await ports.ledger.drops.change(dropped.dropId, { state: 'REJECTED', reason: sentences(error.problems) });
    ports.log.warn('drop rejected: no valid request', { dropId: dropped.dropId, route: route.name });
    return 'rejected';
  }
}

async function requestInObject(ports: TakeDropPorts, route: Route, { drop }: DroppedMember) {
  const text = await ports.objects.read(drop, RUN_REQUEST_LIMIT_BYTES);
  if (text === undefined)
    throw new RequestRefused(['The object was gone or overwritten before it was read. Drop it again.']);
  if (text === 'too-large') {
    throw new RequestRefused([
      `The object is ${drop.sizeBytes} bytes long; a run request may have ${RUN_REQUEST_LIMIT_BYTES}. Is it the right file?`,
    ]);
  }
  return readRunRequest(route, drop, text);
}

function recordOf(dropId: string, drop: Drop, route: string, receivedAt: string): Omit<DropRecord, 'state'> {
  return {
    dropId,
    bucket: drop.bucket,
    key: drop.key,
    etag: drop.etag,
    sizeBytes: drop.sizeBytes,
    ...(drop.versionId === undefined ? {} : { versionId: drop.versionId }),
    ...(drop.sequencer === undefined ? {} : { sequencer: drop.sequencer }),
    time: new Date(drop.timeMs).toISOString(),
    receivedAt,
    route,
  };
}
