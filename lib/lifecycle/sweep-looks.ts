/** Second looks, one GetRun each: at runs that a scan did not find, and at runs whose retention mode is not known. */
import {
  isActive,
  isSameRun,
  parseRetentionMode,
  type RunOwner,
  type StoredRun,
  uuidPrefixOf,
} from '../quota/stored-run.ts';
import { parseRunStatus } from '../runs/run-status.ts';
import { SweepPaused } from './sweep-calls.ts';
import { noteTimes, owner, type Sweep, save } from './sweep-memory.ts';
import { findOwnRun, mayBeOwn } from './sweep-own-runs.ts';
import type { SeenRun } from './sweep-ports.ts';

/** What was learned is saved every five minutes, so that a crash costs few calls. */
const LOOKS_BETWEEN_SAVES = 1_500;

/** Doubted runs first, because they may be counted for nothing; then unknown modes, newest first. */
export async function lookAtOpenQuestions(sweep: Sweep): Promise<void> {
  const runs = [...sweep.runs.values()];
  const doubted = runs.filter(({ isDoubted }) => isDoubted);
  const unknown = runs.filter((run) => !run.isDoubted && run.retentionMode === 'UNKNOWN');
  const questions = [...newestFirst(doubted), ...newestFirst(unknown)];
  let looked = 0;
  for (const run of questions) {
    if (sweep.runs.get(run.runId) !== run) continue;
    if (!(await lookAt(sweep, run))) return;
    looked += 1;
    sweep.ports.progress?.({ step: 'looking', done: looked, of: questions.length });
    if (looked % LOOKS_BETWEEN_SAVES === 0) await save(sweep);
  }
}

/** Whether the call could be made. Only a GetRun that finds nothing, or another run under that id, says that a run is gone. */
export async function lookAt(sweep: Sweep, run: StoredRun): Promise<boolean> {
  let seen: SeenRun | undefined;
  try {
    seen = await sweep.calls.get(() => sweep.ports.storedRuns.look(run.runId));
  } catch (error) {
    if (error instanceof SweepPaused) return false;
    throw error;
  }
  const found = seen === undefined ? undefined : await storedRunOf(sweep, seen);
  if (found === undefined) sweep.runs.delete(run.runId);
  else sweep.runs.set(run.runId, found);
  if (found === undefined || !isSameRun(run, found)) sweep.gone.push(run);
  return true;
}

async function storedRunOf(sweep: Sweep, seen: SeenRun): Promise<StoredRun> {
  noteTimes(sweep, seen);
  const uuidPrefix = uuidPrefixOf(seen.uuid);
  const { runId, createdMs } = seen;
  const own = mayBeOwn(seen.name)
    ? await findOwnRun(sweep.ports.requests, { runId, createdMs, uuidPrefix })
    : undefined;
  return {
    runId,
    createdMs,
    uuidPrefix,
    status: parseRunStatus(seen.status) ?? 'UNKNOWN',
    storageType: seen.storageType ?? 'UNKNOWN',
    // RETAIN is what HealthOmics does when nothing was asked for.
    retentionMode: parseRetentionMode(seen.retentionMode ?? 'RETAIN'),
    owner: owner(sweep, own?.owner ?? foreignOwner(seen)),
    isDoubted: false,
  };
}

function foreignOwner({ workflowId, runGroupId, startedBy }: SeenRun): RunOwner {
  return {
    ...(workflowId === undefined ? {} : { workflowId }),
    ...(runGroupId === undefined ? {} : { runGroupId }),
    startedBy: startedBy ?? '(not said)',
  };
}

/** More is stored than the quota allows: HealthOmics has removed what it removes first. Looks there, as far as it finds removals. */
export async function lookForRemovals(sweep: Sweep): Promise<void> {
  const excess = sweep.runs.size - sweep.quotas.storedRuns.value;
  if (excess <= 0) return;
  const removable = [...sweep.runs.values()].filter((run) => run.retentionMode === 'REMOVE' && !isActive(run));
  removable.sort((a, b) => a.createdMs - b.createdMs);
  for (const run of removable.slice(0, excess)) {
    if (!(await lookAt(sweep, run)) || sweep.runs.has(run.runId)) return;
  }
}

function newestFirst(runs: readonly StoredRun[]): StoredRun[] {
  return [...runs].sort((a, b) => b.createdMs - a.createdMs);
}
