/** Invariant 8 beyond outcomes, and evidence: what ended is kept, and told to programs and people, before all is at rest. */
import { eventProblems } from '../support/schemas.ts';
import type { RequestData, Violate } from './oracle-ledger.ts';
import type { World } from './world.ts';

interface EvidenceRun {
  readonly uuid: string;
  readonly name: string;
}

interface Evidence {
  readonly kind: string;
  readonly request: string;
  readonly outcome: string;
  readonly attempts: readonly { readonly attempt: number; readonly run: EvidenceRun | null }[];
}

/** Whenever it is asked: what is marked as kept or told was kept and told, and says the same as the ledger. */
export function checkTold(world: World, requests: readonly RequestData[], violate: Violate): void {
  const notices = new Map<string, string>();
  for (const { eventId, subject } of world.notices) {
    if ((notices.get(eventId) ?? subject) !== subject) violate(`8: notices of ${eventId} say different things`);
    notices.set(eventId, subject);
  }
  const outcomes = outcomesTold(world);
  for (const request of requests) {
    checkOutcomesTold(request, outcomes, violate);
    if (request.evidence !== undefined) checkEvidence(world, request, violate);
  }
  for (const { detailType, detail } of world.announced) {
    if (detailType !== 'Run Outcome') continue;
    if ((detail.evidence === undefined) === (detail.evidenceMissing === undefined))
      violate(`8: the outcome of ${detail.request} names its evidence and says that it has none, or neither`);
  }
}

interface OutcomesTold {
  readonly programs: ReadonlyMap<string, ReadonlySet<string>>;
  readonly people: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The eventIds of each request's outcomes, of which there are several where a person opened it again. */
function outcomesTold({ announced, notices }: World): OutcomesTold {
  const programs = new Map<string, Set<string>>();
  const people = new Map<string, Set<string>>();
  const note = (told: Map<string, Set<string>>, request: string, eventId: string) =>
    told.set(request, (told.get(request) ?? new Set()).add(eventId));
  for (const { detailType, detail } of announced)
    if (detailType === 'Run Outcome') note(programs, String(detail.request), String(detail.eventId));
  for (const { about, eventId, subject } of notices)
    if (about === 'Run Outcome') note(people, subject.split(' ').at(-1) ?? '', eventId);
  return { programs, people };
}

function checkOutcomesTold(request: RequestData, outcomes: OutcomesTold, violate: Violate): void {
  const { identity, announcedAt, notifiedAt, earlierOutcomes = [] } = request;
  const programs = outcomes.programs.get(identity) ?? new Set();
  const people = outcomes.people.get(identity) ?? new Set();
  if (people.size < earlierOutcomes.length + (notifiedAt === undefined ? 0 : 1))
    violate(`8: people were never told of an outcome of request ${identity}`);
  // An ill bus keeps no word from people, nor an ill topic from programs, so before both are told they may differ.
  const isSame = programs.size === people.size && [...programs].every((eventId) => people.has(eventId));
  if (announcedAt !== undefined && notifiedAt !== undefined && !isSame)
    violate(`8: programs and people were told of request ${identity} under different eventIds`);
}

function checkEvidence(world: World, request: RequestData, violate: Violate): void {
  const key = request.evidence?.uri.replace('s3://evidence/', '') ?? '';
  const text = world.evidence.kept.get(key);
  if (text === undefined) {
    violate(`8: the evidence of request ${request.identity} is not there`);
    return;
  }
  const kept = JSON.parse(text) as Evidence;
  if (kept.request !== request.identity || kept.outcome !== request.outcome)
    violate(`8: the evidence of request ${request.identity} says ${kept.outcome} of ${kept.request}`);
  if (kept.attempts.length !== request.attempts.length)
    violate(`8: the evidence of request ${request.identity} lacks attempts`);
  for (const { attempt, run } of kept.attempts) {
    if (run === null) continue;
    const known = request.attempts[attempt - 1]?.uuid;
    const ours = world.omics.runs.find(({ uuid }) => uuid === known);
    if (run.uuid !== known || run.name !== ours?.name)
      violate(`8: the evidence of request ${request.identity} has run ${run.name} (${run.uuid}), the ledger ${known}`);
  }
}

/** Nothing has gone wrong for hours: everything is kept and told. */
export function checkAllTold(world: World, requests: readonly RequestData[], violate: Violate): void {
  for (const { detailType, detail } of world.announced) {
    for (const problem of eventProblems(detailType, detail))
      violate(`8: ${detailType} is not as documented: ${problem}`);
  }
  for (const request of requests) {
    const { identity, state, since, evidence, notifiedAt, outcome, attempts } = request;
    if (state === 'UNCERTAIN' && !isTold(world, 'Request Uncertain', 'request', identity))
      violate(`8: nobody was told that request ${identity} is uncertain`);
    const isMarked = request.uncertainAnnouncedSince === since && request.uncertainToldSince === since;
    if (state === 'UNCERTAIN' && !isMarked) violate(`8: request ${identity} is uncertain again, and that was not told`);
    if (state !== 'ENDED') continue;
    if (evidence === undefined) violate(`8: request ${identity} ended, and there is no evidence of it`);
    if (notifiedAt === undefined) violate(`8: request ${identity} ended, and people were not told`);
    // Retention may have taken it between its end and the look; but not when its end was seen and nothing was removed.
    const last = attempts.at(-1);
    const run = world.omics.runs.find(({ uuid }) => uuid === last?.uuid);
    if (outcome === 'COMPLETED' && run?.removedMs === undefined && evidence !== undefined) {
      const kept = JSON.parse(world.evidence.kept.get(evidence.uri.replace('s3://evidence/', '')) ?? '{}') as Evidence;
      if (kept.attempts?.at(-1)?.run === null) violate(`8: the evidence of request ${identity} has no run`);
    }
  }
  // Reconciliation tells of them.
  if (!world.options.reconciles) return;
  for (const item of world.store.items.values()) {
    if (item.sk !== 'DROP' || item.state !== 'REJECTED') continue;
    if (!isTold(world, 'Drop Rejected', 'dropId', String(item.dropId)))
      violate(`8: nobody was told that drop ${item.dropId} was rejected`);
  }
}

function isTold({ announced, notices }: World, detailType: string, member: string, id: string): boolean {
  // What a person sent round again is told anew, also where the first word had not reached everybody.
  const events = announced.filter((one) => one.detailType === detailType && one.detail[member] === id);
  return events.some(({ detail }) => notices.some(({ eventId }) => eventId === detail.eventId));
}
