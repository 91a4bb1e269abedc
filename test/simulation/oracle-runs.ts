/** Invariants 1, 3 and 8: how many runs there are, what the ledger says of them, and what was announced. */
import { givenUpIn } from './oracle-decisions.ts';
import { type RequestData, requestsIn, type Violate } from './oracle-ledger.ts';
import type { SimulatedRun } from './simulated-omics.ts';
import { LATE, MOST_A_DAY, MOST_ATTEMPTS, POISON } from './workload.ts';
import type { World } from './world.ts';

const WORTH_ANOTHER = [
  'SERVICE_ERROR',
  'INSTANCE_RESERVATION_FAILED',
  'FILE_SYSTEM_OUT_OF_SPACE',
  'MODIFIED_INPUT_RESOURCE',
];
const TAG = 'rundrop:requestId';
const LATEST_RECORD_MS = 60_000;

/** 1: at most one run for each requestId, and for each piece of work one after the other, as failures allow. */
export function checkRuns(world: World, violate: Violate): void {
  const { omics, ticks, released } = world;
  const givenUp = givenUpIn(world, requestsIn(world));
  const byWork = new Map<string, SimulatedRun[]>();
  const byRequestId = new Map<string, number>();
  const workOfMember = new Map<string, string>();
  for (const run of omics.runs) {
    if (run.input === undefined) continue;
    const requestId = String(run.input.requestId);
    byRequestId.set(requestId, (byRequestId.get(requestId) ?? 0) + 1);
    const route = run.tags['rundrop:route'] ?? '';
    if (route === 'console' || givenUp.has(requestId)) continue;
    // The same content by another version is other work.
    const version = route === 'versioned' ? (run.tags[TAG] ?? '') : '';
    const work = `${route} ${JSON.stringify(run.input.parameters)}${version}`;
    byWork.set(work, [...(byWork.get(work) ?? []), run]);
    const sample = /pair\/(\w+)_R/.exec(run.inputText)?.[1];
    // Of a released set a person knows that it is mixed.
    if (route !== 'pair' || released.has(`pair ${sample}`)) continue;
    for (const member of membersOf(run.input)) {
      const other = workOfMember.get(member) ?? work;
      if (other !== work) violate(`1: ${member} is in two sets that started: ${work}, ${other}`);
      workOfMember.set(member, work);
    }
  }
  for (const [requestId, count] of byRequestId) {
    if (count > 1) violate(`1: ${count} runs of requestId ${requestId}`);
  }
  for (const [work, runs] of byWork) checkChain(work, runs, ticks.size, violate);
}

function checkChain(work: string, runs: readonly SimulatedRun[], ticks: number, violate: Violate): void {
  const route = work.slice(0, work.indexOf(' '));
  if (route === 'nightly') {
    if (runs.length > 3 * ticks) violate(`1: ${runs.length} runs of ${ticks} ticks`);
    return;
  }
  const most = MOST_ATTEMPTS[route] ?? 1;
  if (runs.length > most) violate(`1: ${runs.length} runs, not ${most}, of ${work}`);
  for (const [index, run] of runs.slice(0, -1).entries()) {
    const next = runs[index + 1];
    const over = run.endedMs !== undefined && next !== undefined && run.endedMs <= next.createdMs;
    if (!over || !isWorthAnother(run)) violate(`1: run ${next?.uuid} follows ${run.uuid} (${run.status}) of ${work}`);
  }
}

function isWorthAnother({ status, failureReason }: SimulatedRun): boolean {
  return status === 'FAILED' && WORTH_ANOTHER.includes(failureReason ?? '');
}

/** Key and ETag of each member, as the parameters name them. */
export function membersOf(input: Readonly<Record<string, unknown>>): readonly string[] {
  const { one, etag_1, two, etag_2, input: only, etag } = (input.parameters ?? {}) as Record<string, unknown>;
  const pairs = [
    [one, etag_1],
    [two, etag_2],
    [only, etag],
  ];
  return pairs.flatMap(([uri, tag]) => (typeof uri === 'string' && tag !== undefined ? [`${uri} ${String(tag)}`] : []));
}

/** 3: the ledger and HealthOmics say the same. */
export function checkTruth(world: World, requests: readonly RequestData[], violate: Violate): void {
  const { omics } = world;
  const ownerOf = new Map<string, string>();
  for (const request of requests) {
    for (const { uuid, requestId } of request.attempts) {
      if (uuid === undefined) continue;
      const tag = omics.runs.find((run) => run.uuid === uuid)?.tags[TAG];
      const isAdopted = tag === undefined && request.acts?.some(({ what }) => what === 'adopt') === true;
      if (request.origin.kind !== 'run' && tag !== requestId && !isAdopted)
        violate(`3: request ${request.identity} has the run ${uuid}, which its StartRun did not make`);
      const other = ownerOf.get(uuid);
      if (other !== undefined) violate(`3: run ${uuid} belongs to the requests ${other} and ${request.identity}`);
      ownerOf.set(uuid, request.identity);
    }
    checkOutcome(request, world, violate);
  }
  const uncertain = new Set(requests.filter(({ state }) => state === 'UNCERTAIN').flatMap(requestIdsOf));
  const givenUp = givenUpIn(world, requests);
  for (const run of omics.runs) {
    const requestId = run.tags[TAG] ?? '';
    if (run.input === undefined || ownerOf.has(run.uuid) || givenUp.has(requestId)) continue;
    // Removed, or late: a person has been told, and finds it or not.
    if (uncertain.has(requestId) && (run.removedMs !== undefined || run.inputText.includes(LATE))) continue;
    violate(`3: run ${run.uuid} (${run.status}) is not in the ledger`);
  }
}

function requestIdsOf({ attempts }: RequestData): readonly string[] {
  return attempts.map(({ requestId }) => requestId);
}

function checkOutcome(request: RequestData, world: World, violate: Violate): void {
  const { runs } = world.omics;
  const { identity, outcome, attempts, state } = request;
  if (state !== 'ENDED') return;
  const last = attempts.at(-1);
  const run = runs.find(({ uuid }) => uuid === last?.uuid);
  switch (outcome) {
    case 'CANCELLED':
      // By hand, before it had a run.
      if (last?.uuid === undefined && request.cancelAskedAt !== undefined) {
        if (runs.some(({ tags }) => tags[TAG] === last?.requestId))
          violate(`3: request ${identity} was cancelled before it started, and there is a run of its last attempt`);
        return;
      }
      if (run?.status !== outcome) violate(`3: request ${identity} is ${outcome}, its run ${run?.status}`);
      return;
    case 'COMPLETED':
    case 'FAILED':
      if (run?.status !== outcome) violate(`3: request ${identity} is ${outcome}, its run ${run?.status}`);
      if (outcome === 'FAILED' && run !== undefined && !readsAnother(world, run) && request.cancelAskedAt === undefined)
        checkGivenUp(request, run, violate);
      return;
    case 'REMOVED':
      if (last?.uuid === undefined && request.acts?.some(({ what }) => what === 'give-up') === true) return;
      if (run?.removedMs === undefined) violate(`3: request ${identity} is REMOVED, its run ${run?.uuid} is there`);
      return;
    case 'REFUSED':
    case 'SUPERSEDED':
      if (runs.some(({ tags }) => tags[TAG] === last?.requestId))
        violate(`3: request ${identity} is ${outcome}, and there is a run of its last attempt`);
      return;
    default:
      violate(`3: request ${identity} ended as ${outcome}`);
  }
}

/** What it was reading became another object: another attempt would work on that. */
function readsAnother({ objects }: World, { input, failureReason }: SimulatedRun): boolean {
  if (failureReason !== 'MODIFIED_INPUT_RESOURCE' || input === undefined) return false;
  return membersOf(input).some((member) => {
    const [uri = '', etag] = member.split(' ');
    const changes = objects.changes.filter(({ key }) => uri.endsWith(`/${key}`));
    // It may have been long before the run was there: after the first call nobody looks again.
    return changes.slice(changes.findIndex((change) => change.etag === etag)).some((change) => change.etag !== etag);
  });
}

function checkGivenUp({ identity, route, attempts }: RequestData, run: SimulatedRun, violate: Violate): void {
  // Once its storage grows by itself, more room is no help.
  const enlarged = run.failureReason === 'FILE_SYSTEM_OUT_OF_SPACE' && run.input?.storageType === 'DYNAMIC';
  const fewest = route === 'single' ? 2 : (MOST_ATTEMPTS[route] ?? 1);
  if (isWorthAnother(run) && !enlarged && attempts.length < fewest)
    violate(`3: request ${identity} was given up after ${attempts.length} attempts and ${run.failureReason}`);
}

/** 8: decided once, announced at least once, with one eventId, and not before it was on record. */
export function checkAnnouncements({ announced }: World, requests: readonly RequestData[], violate: Violate): void {
  const requestOfEvent = new Map<string, string>();
  const eventOf = new Map<string, string>();
  for (const { detailType, detail, recorded } of announced) {
    if (detailType !== 'Run Outcome') continue;
    const { eventId, request: identity, outcome } = detail as { eventId: string; request: string; outcome: string };
    const request = `${identity}${recorded?.reopened === undefined ? '' : `, opened ${recorded.reopened} times`}`;
    if (recorded?.state !== 'ENDED' || recorded.outcome !== outcome)
      violate(`8: ${outcome} of request ${request} was announced before it was on record`);
    if ((requestOfEvent.get(eventId) ?? request) !== request) violate(`8: eventId ${eventId} is of two requests`);
    if ((eventOf.get(request) ?? eventId) !== eventId) violate(`8: request ${request} was announced by two eventIds`);
    requestOfEvent.set(eventId, request);
    eventOf.set(request, eventId);
  }
  for (const { identity, announcedAt, reopened } of requests) {
    const request = `${identity}${reopened === undefined ? '' : `, opened ${reopened} times`}`;
    if (announcedAt !== undefined && !eventOf.has(request)) violate(`8: request ${identity} was never announced`);
  }
}

/** 2: at rest every request has ended, or says why not. */
export function checkSettled(world: World, requests: readonly RequestData[], strict: boolean, violate: Violate): void {
  for (const request of requests) {
    const { identity, state, reason, announcedAt, requestText } = request;
    if (state === 'UNCERTAIN' && reason !== undefined) continue;
    if (state === 'WAITING' && reason !== undefined && requestText.includes(POISON)) continue;
    if (state === 'WAITING' && reason?.includes('is its limit') && MOST_A_DAY[request.route] !== undefined) continue;
    if (state !== 'ENDED') violate(`2: request ${identity} rests in ${state} (${reason ?? 'no reason'})`);
    else if (announcedAt === undefined) violate(`8: request ${identity} ended and is not announced`);
    if (strict) checkPrompt(world, request, violate);
  }
  const requestOf = new Map(requests.flatMap((request) => request.executions.map((arn) => [arn, request] as const)));
  for (const execution of world.executions.all.values()) {
    if (execution.status !== 'RUNNING' || requestOf.get(execution.arn)?.state !== 'ENDED') continue;
    const state = execution.entered.at(-1);
    if (strict || state !== 'WatchRun')
      violate(`2: execution ${execution.name} rests in ${state}, its request has ended`);
  }
}

function checkPrompt(
  { omics }: World,
  { identity, attempts, outcomeAt, watchers }: RequestData,
  violate: Violate,
): void {
  const run = omics.runs.find(({ uuid }) => uuid === attempts.at(-1)?.uuid);
  if (run?.endedMs !== undefined && Date.parse(outcomeAt ?? '') - run.endedMs > LATEST_RECORD_MS)
    violate(`2: the end of run ${run.uuid} was recorded ${outcomeAt}, long after it`);
  if (watchers > 1) violate(`5: request ${identity} has ${watchers} executions, and nothing went wrong`);
}

/** 2: in the end no execution waits for what is over. */
export function checkExecutions(world: World, requests: readonly RequestData[], violate: Violate): void {
  const requestOf = new Map(requests.flatMap((request) => request.executions.map((arn) => [arn, request] as const)));
  for (const execution of world.executions.all.values()) {
    if (execution.status === 'RUNNING' && requestOf.get(execution.arn)?.state === 'ENDED')
      violate(`2: execution ${execution.name} waits in ${execution.entered.at(-1)} for a request that has ended`);
  }
}
