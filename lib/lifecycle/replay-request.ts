/** A person sends a request round again that ended without a run, or decides one of which nobody knows whether it has one. */
import type { Ledger } from '../ledger/ledger.ts';
import { acted, adoptedByHand, canReopen, givenUp, hasActed, reopened, startedAgain } from '../runs/operator-steps.ts';
import { type Act, currentAttempt, type RequestRecord, toldOfOutcome } from '../runs/request-record.ts';
import { REQUEST_ID_TAG } from '../runs/start-run-input.ts';
import { isEverybodyTold } from '../runs/told.ts';
import { changedMembers } from './changed-members.ts';
import { startAnotherWatcher, type WatcherPorts } from './claim-request.ts';
import { findOwnRun } from './find-run.ts';
import type { Objects, Runs } from './ports.ts';

export interface ReplayRequestPorts extends WatcherPorts {
  readonly ledger: Pick<Ledger, 'requests'>;
  readonly runs: Pick<Runs, 'getRun' | 'findRunIdsByName'>;
  readonly objects: Pick<Objects, 'head'>;
}

export type ReplayedRequest =
  /** Another attempt waits for its start. */
  | { readonly kind: 'reopened'; readonly record: RequestRecord }
  /** Its inputs are others by now: these are to be taken as drops. */
  | { readonly kind: 'take-again'; readonly dropIds: readonly string[] }
  | { readonly kind: 'nothing'; readonly why: string };

/** Refused: a new attempt of the same request. Superseded: the drops as they are now, or where none changed, the same again. */
export async function replayRequest(
  ports: ReplayRequestPorts,
  record: RequestRecord,
  act: Act,
): Promise<ReplayedRequest> {
  if (!canReopen(record)) return { kind: 'nothing', why: sayWhyNot(record) };
  const changed = record.outcome === 'SUPERSEDED' ? await changedMembers(ports, record.members) : [];
  if (changed.some(({ now }) => now === undefined)) {
    return { kind: 'nothing', why: 'An input object is gone. Upload it again: that is a drop of its own.' };
  }
  if (changed.length > 0) {
    await ports.ledger.requests.change(record.identity, (latest) => acted(latest, act));
    return { kind: 'take-again', dropIds: changed.map(({ member }) => member.dropId) };
  }
  const found = await ownRunOf(ports, record);
  if (found !== undefined) {
    return { kind: 'nothing', why: `HealthOmics has run ${found} of it after all. Look at it before anything starts.` };
  }
  const after = await ports.ledger.requests.change(record.identity, (latest) => reopened(latest, act));
  if (!hasActed(after, act)) return { kind: 'nothing', why: sayWhyNot(after) };
  return { kind: 'reopened', record: await startAnotherWatcher(ports, after) };
}

function sayWhyNot(record: RequestRecord): string {
  const { state, outcome } = record;
  if (state === 'UNCERTAIN')
    return 'Nobody knows whether it has a run: decide with --adopt RUN, --start-again or --give-up.';
  if (state !== 'ENDED') return 'It is not over.';
  if (!isEverybodyTold(toldOfOutcome(record))) return 'Its outcome is still being announced. Try again in a minute.';
  return `It ended as ${outcome}. "rundrop rerun" runs it again.`;
}

/** A refusal can be the answer to a second call, of which the first one's reply was lost. */
async function ownRunOf(ports: Pick<ReplayRequestPorts, 'runs'>, record: RequestRecord): Promise<string | undefined> {
  const attempt = currentAttempt(record);
  return attempt.startCalledAt === undefined ? undefined : (await findOwnRun(ports, attempt))?.runId;
}

export type Decision =
  | { readonly kind: 'adopt'; readonly runId: string }
  | { readonly kind: 'start-again' }
  | { readonly kind: 'give-up' };

/** A decision does not fit what is there. */
export class DecisionRefused extends Error {
  override readonly name = 'DecisionRefused';
}

/**
 * Decides a request whose start is uncertain; its execution goes on with the next reconciliation.
 *
 * @throws DecisionRefused when it is not uncertain, the run to adopt is not there or another request's, or its own run has
 * come to light since
 */
export async function decideUncertain(
  ports: Pick<ReplayRequestPorts, 'ledger' | 'runs'>,
  record: RequestRecord,
  decision: Decision,
  act: Act,
): Promise<RequestRecord> {
  const { identity } = record;
  if (record.state !== 'UNCERTAIN') {
    throw new DecisionRefused(
      `Request ${identity} is ${record.outcome ?? record.state}, not UNCERTAIN: there is nothing to decide.`,
    );
  }
  const run = decision.kind === 'adopt' ? await adoptableRun(ports, record, decision.runId) : undefined;
  const found = await ownRunOf(ports, record);
  if (found !== undefined && found !== run?.runId) {
    throw new DecisionRefused(
      `HealthOmics has run ${found} of request ${identity} after all: decide with --adopt ${found}.`,
    );
  }
  const step = (latest: RequestRecord) => {
    if (run !== undefined) return adoptedByHand(latest, run, act);
    return decision.kind === 'start-again' ? startedAgain(latest, act) : givenUp(latest, act);
  };
  const after = await ports.ledger.requests.change(identity, step);
  if (!hasActed(after, act)) {
    throw new DecisionRefused(
      `Request ${identity} was decided by somebody else meanwhile: it is ${after.outcome ?? after.state}.`,
    );
  }
  return after;
}

async function adoptableRun(
  { ledger, runs }: Pick<ReplayRequestPorts, 'ledger' | 'runs'>,
  record: RequestRecord,
  runId: string,
) {
  const run = await runs.getRun(runId);
  if (run === undefined) throw new DecisionRefused(`HealthOmics has no run ${runId} in this account and region.`);
  const tag = run.tags[REQUEST_ID_TAG];
  const owner = await ledger.requests.findByUuid(run.uuid);
  const { requestId } = currentAttempt(record);
  if (owner !== undefined || (tag !== undefined && tag !== requestId)) {
    throw new DecisionRefused(
      `Run ${runId} is of another request${owner === undefined ? ` (requestId ${tag})` : `, ${owner.identity}`}.`,
    );
  }
  // All of it: its name, by which listings know it, may be another one than was sent, and it may have ended, with a reason.
  const { tags: _tags, ...facts } = run;
  return facts;
}
