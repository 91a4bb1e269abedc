/**
 * What a drop would lead to, by the very steps that `takeDrop` takes and without any of their effects: nothing is
 * written, nothing starts.
 */
import { type GatherHeader, type GatherMember, replacesMember } from '../ledger/gathers.ts';
import type { Drop } from '../routing/drop.ts';
import { expectedMembers } from '../routing/expected-members.ts';
import { fillRequest, RequestRefused } from '../routing/fill-request.ts';
import { assessGather, gatherPlace, type Member } from '../routing/gather.ts';
import type { Matched } from '../routing/match-drop.ts';
import type { Route, RouteFile } from '../routing/route-file.ts';
import { readRunRequest } from '../routing/run-request.ts';
import { placeholdersOf } from '../routing/template.ts';
import { askedName, runNameOf, type StartRunInput, startRunInput } from '../runs/start-run-input.ts';
import { newRequest } from './claim-request.ts';
import { claimOf, type DroppedMember } from './claim-set.ts';
import { gatherIdOf, heldBack } from './gather-drop.ts';
import { droppedOf, type PreviewedDrop, type PreviewedIdentity, previewIdentity } from './preview-identity.ts';
import { previewSheet, type SheetPreview } from './preview-sheet.ts';

export interface PreviewGiven {
  readonly file: RouteFile;
  readonly matched: Matched;
  readonly dropped: PreviewedDrop;
  /** Other drops of the same set, where a gather waits for several. */
  readonly others: readonly PreviewedDrop[];
  /** The set as the ledger has it. */
  readonly stored?: { readonly header?: GatherHeader; readonly members: readonly GatherMember[] };
  /** The object's text, for a route whose run is the object. */
  readonly body?: string;
  readonly nowMs: number;
  readonly rundropVersion: string;
}

export interface DropPreview extends PreviewedIdentity {
  readonly gather?: GatherPreview;
  readonly sheet?: SheetPreview;
  /** The complete StartRun request of the first attempt. */
  readonly request?: StartRunInput;
  /** Why there is none. */
  readonly refused?: readonly string[];
  /** Values in the request that are stand-ins for what is not known. */
  readonly standIns: readonly string[];
}

export interface GatherPreview {
  readonly gatherId: string;
  readonly group: Readonly<Record<string, string>>;
  readonly slot: string;
  readonly complete: boolean;
  /** What the set still waits for, for people. Empty: it starts now. */
  readonly waitsFor: readonly string[];
  readonly members: readonly { readonly slot: string; readonly uri: string }[];
  /** Members that are not there yet, as they would be called; the request is filled with them. */
  readonly expected: readonly string[];
}

export function previewDrop(given: PreviewGiven): DropPreview {
  const { matched } = given;
  if (matched.route.each !== undefined) return previewSheet(given);
  if (matched.route.gather !== undefined) return previewSet(given);
  const identity = previewIdentity(matched.route, [given.dropped]);
  return { ...previewRequest(given, [droppedOf(given.dropped)], identity), ...identity };
}

function previewSet(given: PreviewGiven): DropPreview {
  const { matched, dropped, others, stored } = given;
  const { route } = matched;
  const place = gatherPlace(route, matched);
  const gatherId = gatherIdOf(route, place.group);
  const all = mergeMembers(route, stored?.members ?? [], [...others, dropped]);
  const assessed = assessGather(route, all);
  const set = assessed.set.map((member) => memberIn(all, member));
  const drops = Object.fromEntries(set.map(({ slot, dropId }) => [slot, dropId]));
  const header = stored?.header ?? emptyHeader(route, gatherId, place.group);
  const identity: PreviewedIdentity = assessed.complete
    ? previewIdentity(
        route,
        set.map((member) => knowledgeOf(member, [...others, dropped])),
      )
    : { doubts: ['the identity is known when the set is complete: it is of all members'] };
  const hasFired = identity.identity !== undefined && identity.identity === header.fired?.identity;
  const held = () => heldBack(route, header, { drops, members: all, nowMs: given.nowMs });
  const waitsFor = !assessed.complete ? assessed.missing : hasFired ? [] : held();
  const like = { drop: dropped.drop, wildcards: dropped.wildcards };
  const expected = matched.part === 'marker' ? [] : expectedMembers(route, all, like);
  const filled = [...all, ...expected.map((member) => ({ ...member, slot: '', dropId: '' }))];
  const request = set.length + expected.length === 0 ? {} : previewRequest(given, filled, identity);
  const isWhole = assessed.complete && waitsFor.length === 0;
  return {
    gather: {
      gatherId,
      ...place,
      complete: isWhole,
      waitsFor,
      members: set.map(({ slot, drop }) => ({ slot, uri: uriOf(drop) })),
      expected: expected.map(({ drop }) => uriOf(drop)),
    },
    standIns: [],
    ...request,
    ...identity,
  };
}

function emptyHeader(route: Route, gatherId: string, group: GatherHeader['group']): GatherHeader {
  return { gatherId, route: route.name, group, generation: 0, firstSeenAt: '', missing: [] };
}

/** The newcomers in the place of what the ledger has under the same slots. */
function mergeMembers(
  route: Route,
  stored: readonly GatherMember[],
  newcomers: readonly PreviewedDrop[],
): readonly GatherMember[] {
  const bySlot = new Map(stored.map((member) => [member.slot, member]));
  for (const newcomer of newcomers) {
    const { slot } = gatherPlace(route, { wildcards: newcomer.wildcards, key: newcomer.drop.key });
    const known = bySlot.get(slot);
    if (known === undefined || replacesMember(newcomer, known)) bySlot.set(slot, { slot, ...droppedOf(newcomer) });
  }
  return [...bySlot.values()];
}

function memberIn(all: readonly GatherMember[], { drop }: Member): GatherMember {
  const found = all.find((member) => member.drop === drop);
  if (found === undefined) throw new Error('A gathered set holds a member that it was not given.');
  return found;
}

/** What the ledger holds was looked at when it was taken. */
function knowledgeOf(member: GatherMember, newcomers: readonly PreviewedDrop[]): PreviewedDrop {
  const newcomer = newcomers.find(({ drop }) => drop === member.drop);
  if (newcomer !== undefined) return newcomer;
  return { drop: member.drop, wildcards: member.wildcards, sizeIsKnown: true, etagIsKnown: true, isLive: true };
}

/** Stands where the requestId would, while it is not known. */
const UNKNOWN_REQUEST_ID = '?'.repeat(32);

function previewRequest(
  given: PreviewGiven,
  members: readonly DroppedMember[],
  { requestId = UNKNOWN_REQUEST_ID }: Pick<PreviewedIdentity, 'requestId'>,
): Pick<DropPreview, 'request' | 'refused' | 'standIns'> {
  const { file, matched, dropped, body, nowMs, rundropVersion } = given;
  const { route } = matched;
  const timeMs = Math.max(...members.map(({ drop }) => drop.timeMs));
  try {
    if (route.run.fromObject !== undefined && body === undefined) return { standIns: [] };
    const request =
      body === undefined ? fillRequest(route, { members, timeMs }) : readRunRequest(route, dropped.drop, body);
    const claim = claimOf({ file, route, members, request });
    const record = newRequest(claim, { rundropVersion }, new Date(nowMs).toISOString());
    const [attempt] = record.attempts;
    if (attempt === undefined) throw new Error('A new request has no attempt.');
    const name = runNameOf(askedName(record.requestText, route.name), requestId);
    return { request: startRunInput(record, { ...attempt, name, requestId }), standIns: standInsOf(route, dropped) };
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    return { refused: error.problems, standIns: [] };
  }
}

/** The request speaks of something that nobody told. */
function standInsOf(route: Route, { sizeIsKnown, etagIsKnown, drop, isLive }: PreviewedDrop): string[] {
  const unknown = new Set([
    ...(sizeIsKnown ? [] : ['size']),
    ...(etagIsKnown ? [] : ['etag']),
    ...(drop.versionId === undefined && !isLive ? ['versionId'] : []),
  ]);
  const used = [...route.run.members.values()].flatMap((template) => [...placeholdersOf(template)]);
  return [...new Set(used.filter(({ name }) => unknown.has(name)).map(({ text }) => text))];
}

function uriOf({ bucket, key }: Drop): string {
  return `s3://${bucket}/${key}`;
}
