/**
 * One attempt's StartRun, so that at most one run comes of it whatever happens on the way. In three steps, of which the
 * starter takes the first and the last for several requests side by side: look, call, write down.
 */
import type { Ledger } from '../ledger/ledger.ts';
import { WOULD_FAIL } from '../runs/outcome-words.ts';
import { currentAttempt, type RequestRecord } from '../runs/request-record.ts';
import { startRunInput } from '../runs/start-run-input.ts';
import { ended, type StartedRun, startCalled, startDenied } from '../runs/transitions.ts';
import { type AnnouncePorts, announceOutcome } from './announce-outcome.ts';
import { changedMembers, superseded } from './changed-members.ts';
import { checkBeforeStart } from './check-before-start.ts';
import { dropAgain } from './drop-again.ts';
import { findOwnRun, leaveToPerson, lookForUnwanted, noteReason } from './find-run.ts';
import { MAY_NOT_SHOW_YET_MS } from './follow-run.ts';
import type { DropsAgain, Executions, Objects, Runs, Settings, StartRunResult } from './ports.ts';
import { sentences } from './sentences.ts';
import { answerAll } from './tokens.ts';

export interface StartOnePorts extends AnnouncePorts {
  readonly ledger: Pick<Ledger, 'counters' | 'requests' | 'tokens'>;
  readonly runs: Runs;
  readonly objects: Pick<Objects, 'head' | 'someUnder'>;
  readonly dropsAgain: DropsAgain;
  readonly executions: Executions;
  readonly settings: Settings;
}

/** Routes and days whose limit is reached, so that the rest of a burst is not looked at one by one. */
export type ReachedLimits = Set<string>;

export type Prepared =
  /** It does not wait any more, or not for a StartRun of now. */
  { readonly kind: 'settled' } | { readonly kind: 'ready'; readonly record: RequestRecord };

/** Looks whether the request can and may start. Calls nothing that costs or counts, so it may come to nothing. */
export async function prepareStart(ports: StartOnePorts, identity: string, reached: ReachedLimits): Promise<Prepared> {
  const record = await ports.ledger.requests.read(identity);
  if (record?.state !== 'WAITING') return { kind: 'settled' };
  if (record.cancelAskedAt !== undefined) {
    await lookForUnwanted(ports, record, record.cancelAskedAt);
    return { kind: 'settled' };
  }
  const attempt = currentAttempt(record);
  // Only before the first call: afterwards a run may exist, and what matters is to find it.
  if (attempt.startCalledAt !== undefined) return { kind: 'ready', record };
  if (needsCount(ports, record) && reached.has(limitOf(ports, record).name)) {
    await holdForLimit(ports, record);
    return { kind: 'settled' };
  }
  // A person in the console gets HealthOmics' own answer.
  const byHand = record.origin.kind === 'execution';
  const [changed, problems] = await Promise.all([
    changedMembers(ports, record.members, ports.log),
    byHand ? [] : checkBeforeStart(ports, startRunInput(record, attempt)),
  ]);
  const [first] = changed;
  // Before the outcome is on record: afterwards nobody would look at this request again.
  await dropAgain(ports.dropsAgain, changed);
  if (first !== undefined) return end(ports, record, { outcome: 'SUPERSEDED', ...superseded(first) });
  if (problems.length === 0) return { kind: 'ready', record };
  const reason = `Not started, because it would fail. ${sentences(problems)}`;
  return end(ports, record, { outcome: 'REFUSED', reason, code: WOULD_FAIL });
}

export type Called =
  | { readonly kind: 'settled' }
  /** By name and tag: it had been started before. */
  | { readonly kind: 'found'; readonly record: RequestRecord; readonly run: StartedRun }
  | {
      readonly kind: 'answered';
      readonly record: RequestRecord;
      readonly result: StartRunResult;
      /** A call before this one may have made a run all the same: only an answer to the first one is the whole truth. */
      readonly isFirst: boolean;
    };

/** Calls StartRun for a request that is ready, or looks for the run of a call that is too old to be repeated. */
export async function callStart(ports: StartOnePorts, record: RequestRecord, reached: ReachedLimits): Promise<Called> {
  const attempt = currentAttempt(record);
  const calledAt = attempt.startCalledAt;
  const nowMs = ports.clock.nowMs();
  if (calledAt !== undefined && nowMs - Date.parse(calledAt) > ports.settings.requestIdTrustSeconds * 1000) {
    return lookForRun(ports, record);
  }
  if (calledAt === undefined && !(await withinDailyLimit(ports, record, reached))) return { kind: 'settled' };
  const at = new Date(nowMs).toISOString();
  const step = (latest: RequestRecord) => startCalled(latest, attempt.attempt, at);
  const called = await ports.ledger.requests.change(record.identity, step, record);
  if (called.state !== 'WAITING' || currentAttempt(called).attempt !== attempt.attempt) return { kind: 'settled' };
  // A person was faster, and what may be there already is looked for instead.
  if (called.cancelAskedAt !== undefined) return { kind: 'settled' };
  const result = await ports.runs.startRun(startRunInput(called, currentAttempt(called)));
  // A role or a workflow may be gone since the call before this one, which may have made a run.
  if (result.kind === 'refused' && calledAt !== undefined) {
    const run = await findOwnRun(ports, attempt);
    if (run !== undefined) return { kind: 'found', record: called, run };
    if (nowMs - Date.parse(calledAt) < MAY_NOT_SHOW_YET_MS)
      return { kind: 'answered', record: called, result: { kind: 'later', reason: result.reason }, isFirst: false };
  }
  // Another invocation may have called it since this one read the record.
  const isFirst = calledAt === undefined && currentAttempt(called).startCalledAt === at;
  return { kind: 'answered', record: called, result, isFirst };
}

/** HealthOmics turned the first call of the attempt away: there is no run, nothing to look for, and inputs may change. */
export async function denied(ports: StartOnePorts, record: RequestRecord): Promise<void> {
  const { attempt, startCalledAt } = currentAttempt(record);
  if (startCalledAt === undefined) return;
  const step = (latest: RequestRecord) => startDenied(latest, attempt, startCalledAt);
  await ports.ledger.requests.change(record.identity, step, record);
}

export interface NotStarted {
  readonly outcome: 'REFUSED' | 'SUPERSEDED';
  readonly reason: string;
  /** What of the reason names nothing. */
  readonly code: string | undefined;
}

/** Over, without a run: on record, answered and announced. */
export async function end(
  ports: StartOnePorts,
  record: RequestRecord,
  { outcome, reason, code }: NotStarted,
): Promise<{ readonly kind: 'settled' }> {
  const at = new Date(ports.clock.nowMs()).toISOString();
  const over = await ports.ledger.requests.change(record.identity, (latest) =>
    latest.state === 'WAITING' ? ended(latest, outcome, at, reason, code) : latest,
  );
  ports.log.warn('request not started', { identity: record.identity, outcome });
  await answerAll(ports, over, 'start');
  await announceOutcome(ports, over);
  return { kind: 'settled' };
}

interface DailyLimit {
  readonly name: string;
  /** UTC. */
  readonly day: string;
}

function limitOf({ clock }: Pick<StartOnePorts, 'clock'>, { route }: RequestRecord): DailyLimit {
  const day = new Date(clock.nowMs()).toISOString().slice(0, 10);
  return { name: `started#${route}#${day}`, day };
}

/** Of each attempt, once a day. */
function needsCount(ports: Pick<StartOnePorts, 'clock'>, record: RequestRecord): boolean {
  return record.maxRunsPerDay !== undefined && currentAttempt(record).countedOn !== limitOf(ports, record).day;
}

/** Counts the start against its route's limit. What is over it keeps its place in line and goes on the next day. */
async function withinDailyLimit(ports: StartOnePorts, record: RequestRecord, reached: ReachedLimits): Promise<boolean> {
  if (record.maxRunsPerDay === undefined || !needsCount(ports, record)) return true;
  const { name } = limitOf(ports, record);
  const nowMs = ports.clock.nowMs();
  if (!reached.has(name) && (await ports.ledger.counters.countUp(name, record.maxRunsPerDay, nowMs))) return true;
  reached.add(name);
  await holdForLimit(ports, record);
  return false;
}

async function holdForLimit(ports: StartOnePorts, record: RequestRecord): Promise<void> {
  const { route, maxRunsPerDay } = record;
  const { day } = limitOf(ports, record);
  const reason = `Route ${route} has started its ${maxRunsPerDay} runs of ${day} (UTC), which is its limit; it goes on the next day.`;
  await noteReason(ports, record, reason);
}

/** The call is older than HealthOmics can be trusted to remember: never repeat it blindly. */
async function lookForRun(ports: StartOnePorts, record: RequestRecord): Promise<Called> {
  const run = await findOwnRun(ports, currentAttempt(record));
  if (run !== undefined) return { kind: 'found', record, run };
  await leaveToPerson(ports, record, 'The call is too old to be repeated.');
  return { kind: 'settled' };
}
