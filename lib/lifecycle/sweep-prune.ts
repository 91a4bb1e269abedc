/**
 * Deletes old RETAIN runs, when the route file asks for it. The order makes a wrong deletion impossible and a lost record,
 * too: look, keep the evidence, write the intent, hold the fence, look again, delete, write what came of it.
 */
import type { Deletion } from '../ledger/deletions.ts';
import { judge, type KeptBecause, type PruneFacts, pruneCandidates } from '../quota/prune-rules.ts';
import { type StoredRun, uuidPrefixOf } from '../quota/stored-run.ts';
import type { EvidenceMark } from '../runs/request-record.ts';
import { errorName } from './error-name.ts';
import type { RunArchive } from './evidence-ports.ts';
import { lookForPruning } from './prune-look.ts';
import { keepRunEvidence, RunGone } from './run-evidence.ts';
import { SweepPaused } from './sweep-calls.ts';
import { lookAt } from './sweep-looks.ts';
import { prunedName, type Sweep, SweepOvertaken, writeState } from './sweep-memory.ts';
import type { OwnRun } from './sweep-own-runs.ts';
import type { PrunePorts, PruneSummary } from './sweep-ports.ts';

/** A run that was looked at longer ago is looked at again: meanwhile its id may name another one. */
const FRESH_MS = 10_000;
/** So many candidates are looked at for each that may go: the rest has its turn in the next sweep. */
const LOOKS_PER_DELETION = 2;
const MOST_UNSETTLED = 100;

type Pruned = 'deleted' | 'would-delete' | 'refused' | 'taken-over' | KeptBecause;

/** What a sweep before this one was doing when it ended: done if the run is gone, else left for another turn. */
export async function settleDeletions(sweep: Sweep): Promise<void> {
  const { prune } = sweep.ports;
  if (prune === undefined) return;
  for (const deletion of await prune.deletions.unsettled(MOST_UNSETTLED)) {
    const mine = { ...deletion, fence: sweep.state.fence };
    if (!(await prune.deletions.intend(mine))) continue;
    try {
      const found = await look(sweep, prune, deletion.runId);
      const isGone = found?.uuid === undefined ? found === undefined : found.uuid !== deletion.uuid;
      if (isGone) await settled(sweep, prune, mine);
      else await leftAlone(sweep, prune, mine, 'the sweep before ended on the way; the run is still there');
    } catch (error) {
      givenUp(sweep, error);
      return;
    }
  }
}

/** What cannot be deleted today costs nobody the picture: it is tried again by the next sweep. @throws SweepOvertaken */
function givenUp(sweep: Sweep, error: unknown): void {
  if (error instanceof SweepOvertaken) throw error;
  if (error instanceof SweepPaused) return;
  sweep.ports.log.error('pruning was given up for this sweep', { error: errorName(error) });
}

/** `undefined` when nothing is to be pruned. @throws SweepOvertaken */
export async function pruneRuns(sweep: Sweep): Promise<PruneSummary | undefined> {
  const { prune, clock } = sweep.ports;
  if (prune === undefined) return undefined;
  const { rules } = prune;
  const candidates = inTurn(pruneCandidates(sweep.runs.values(), rules, clock.nowMs()), sweep.state.pruneAfter);
  const outcomes: Partial<Record<Pruned, number>> = {};
  const named: string[] = [];
  let looked = 0;
  let last: StoredRun | undefined;
  for (const run of candidates.slice(0, rules.mostPerSweep * LOOKS_PER_DELETION)) {
    if (named.length >= rules.mostPerSweep) break;
    try {
      const outcome = await pruneOne(sweep, prune, run);
      looked += 1;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (outcome === 'deleted' || outcome === 'would-delete') named.push(run.runId);
      last = run;
    } catch (error) {
      // Whatever keeps one run from being kept and deleted keeps the others only until the next sweep.
      if (!(error instanceof SweepPaused)) last = run;
      givenUp(sweep, error);
      break;
    }
  }
  if (last !== undefined) await writeState(sweep, { ...sweep.state, pruneAfter: placeOf(last) });
  const summary = { dryRun: rules.dryRun, candidates: candidates.length, looked, outcomes, runs: named };
  sweep.ports.log.info('pruned', { dryRun: rules.dryRun, candidates: candidates.length, looked, ...outcomes });
  return summary;
}

/** After the one that was last looked at, so that runs which stay do not keep the others from their turn. */
function inTurn(candidates: readonly StoredRun[], after: string | undefined): readonly StoredRun[] {
  const next = after === undefined ? 0 : candidates.findIndex((run) => placeOf(run) > after);
  return next <= 0 ? candidates : [...candidates.slice(next), ...candidates.slice(0, next)];
}

function placeOf({ createdMs, runId }: StoredRun): string {
  return `${String(createdMs).padStart(16, '0')} ${runId}`;
}

async function pruneOne(sweep: Sweep, prune: PrunePorts, run: StoredRun): Promise<Pruned> {
  const { clock, requests } = sweep.ports;
  const { runs, rules } = prune;
  const looked = await lookForPruning({ runs, rules, requests, clock, calls: sweep.calls }, run);
  if ('kept' in looked) return kept(sweep, run, looked.kept);
  if (rules.dryRun) return 'would-delete';
  const { facts, own } = looked;
  const evidence = await keepWhole(sweep, prune, { runId: run.runId, uuid: facts.uuid ?? '' });
  if (typeof evidence === 'string') return kept(sweep, run, evidence);
  const deletion = deletionOf(sweep, run, { facts, own, evidence });
  if (!(await prune.deletions.intend(deletion))) return 'taken-over';
  // A sweep that was overtaken ends here: from now on the other one decides.
  await writeState(sweep, sweep.state);
  return deleteOne(sweep, prune, { run, deletion });
}

/** What keeps it, if its evidence cannot be had whole. */
async function keepWhole(
  sweep: Sweep,
  prune: PrunePorts,
  run: { readonly runId: string; readonly uuid: string },
): Promise<EvidenceMark | KeptBecause> {
  const { evidence, settings } = prune;
  const archive = withinRates(sweep, prune.archive);
  try {
    const { mark, isWhole } = await keepRunEvidence({ archive, evidence, settings, clock: sweep.ports.clock }, run);
    return isWhole ? mark : 'record-not-whole';
  } catch (error) {
    if (error instanceof RunGone) return 'gone';
    throw error;
  }
}

function withinRates({ calls }: Sweep, archive: RunArchive): RunArchive {
  return {
    run: (runId) => calls.get(() => archive.run(runId)),
    tasks: (runId, token) => calls.tasks(() => archive.tasks(runId, token)),
    task: (runId, taskId) => calls.task(() => archive.task(runId, taskId)),
    definition: (location) => archive.definition(location),
  };
}

interface Intended {
  readonly run: StoredRun;
  readonly deletion: Deletion;
}

async function deleteOne(sweep: Sweep, prune: PrunePorts, { run, deletion }: Intended): Promise<Pruned> {
  const { clock } = sweep.ports;
  const again = await look(sweep, prune, run.runId);
  const lookedMs = clock.nowMs();
  const verdict = judge(run, again, { rules: prune.rules, nowMs: lookedMs });
  const because = verdict.prune ? sameUuid(again, deletion) : verdict.because;
  if (because !== undefined) {
    await leftAlone(sweep, prune, deletion, because);
    return kept(sweep, run, because);
  }
  const answer = await sweep.calls.remove(async () =>
    clock.nowMs() - lookedMs > FRESH_MS ? ('stale' as const) : prune.runs.delete(run.runId),
  );
  if (answer === 'refused' || answer === 'stale') {
    const said = answer === 'refused' ? 'HealthOmics refused the call' : 'the call was held up for too long';
    await leftAlone(sweep, prune, deletion, said);
    return 'refused';
  }
  await settled(sweep, prune, deletion);
  // Counted until a look says that it is gone: this one, or the next sweep's.
  const doubted = { ...run, isDoubted: true };
  sweep.runs.set(run.runId, doubted);
  await lookAt(sweep, doubted);
  return 'deleted';
}

function sameUuid(facts: PruneFacts | undefined, { uuid }: Deletion): KeptBecause | undefined {
  return facts?.uuid === uuid ? undefined : 'another-run';
}

/** What GetRun contradicts is looked into by the next sweep, as anything that a scan did not find. */
function kept(sweep: Sweep, run: StoredRun, because: KeptBecause): KeptBecause {
  const contradicts = because === 'gone' || because === 'another-run' || because === 'not-retain';
  if (contradicts && sweep.runs.get(run.runId) === run) sweep.runs.set(run.runId, { ...run, isDoubted: true });
  return because;
}

function look(sweep: Sweep, prune: PrunePorts, runId: string): Promise<PruneFacts | undefined> {
  return sweep.calls.get(() => prune.runs.describe(runId));
}

function deletionOf(
  sweep: Sweep,
  run: StoredRun,
  {
    facts,
    own,
    evidence,
  }: { readonly facts: PruneFacts; readonly own: OwnRun | undefined; readonly evidence: EvidenceMark },
): Deletion {
  const iso = (timeMs: number) => new Date(timeMs).toISOString();
  return {
    uuid: facts.uuid ?? '',
    runId: run.runId,
    state: 'INTENDED',
    fence: sweep.state.fence,
    intendedAt: iso(sweep.ports.clock.nowMs()),
    createdAt: iso(facts.createdMs),
    stoppedAt: iso(facts.stoppedMs ?? 0),
    status: facts.status,
    owner: run.owner,
    evidence,
    ...(own === undefined ? {} : { identity: own.identity, attempt: own.attempt }),
  };
}

async function settled(sweep: Sweep, prune: PrunePorts, deletion: Deletion): Promise<void> {
  const { runId, uuid } = deletion;
  sweep.pruned.add(prunedName({ runId, uuidPrefix: uuidPrefixOf(uuid) }));
  const settledAt = new Date(sweep.ports.clock.nowMs()).toISOString();
  await prune.deletions.settle(deletion, { state: 'DELETED', settledAt });
  sweep.ports.log.info('run deleted', { runId, uuid });
}

async function leftAlone(sweep: Sweep, prune: PrunePorts, deletion: Deletion, reason: string): Promise<void> {
  const settledAt = new Date(sweep.ports.clock.nowMs()).toISOString();
  await prune.deletions.settle(deletion, { state: 'NOT_DELETED', settledAt, reason });
}
