/** `rundrop prune`: which runs the route file's `prune` would delete, and which the sweeper has deleted. Deletes nothing. */
import { createPrunableRuns } from '../../lib/aws/prunable-runs.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { lookForPruning } from '../../lib/lifecycle/prune-look.ts';
import { createSweepCalls } from '../../lib/lifecycle/sweep-calls.ts';
import { loadChunks } from '../../lib/lifecycle/sweep-memory.ts';
import { type KeptBecause, pruneCandidates } from '../../lib/quota/prune-rules.ts';
import type { PruneRules } from '../../lib/quota/prune-settings.ts';
import type { StoredRun } from '../../lib/quota/stored-run.ts';
import { openLedger, openOmics } from '../clients.ts';
import { CommandError } from '../errors.ts';
import { deletedLines, type PlannedRun, type PrunePlan, planLines } from '../quota/prune-views.ts';
import { readRouteFile } from '../routing.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';

export interface PruneOptions {
  readonly routes: string;
  readonly limit: number;
  readonly deleted?: boolean;
  readonly json?: boolean;
}

/** Half of GetRun's rate. */
const RATE_SHARE = 0.5;
const MOST_TIME_MS = 10 * 60_000;

export async function prune(target: Target, terminal: Terminal, options: PruneOptions): Promise<number> {
  const ledger = await openLedger(target, terminal);
  if (options.deleted) {
    const deletions = await ledger.deletions.list(options.limit);
    if (options.json) terminal.out(JSON.stringify(deletions, null, 2));
    else for (const line of deletedLines(deletions, terminal.screen)) terminal.out(line);
    return 0;
  }
  const { prune: rules } = await readRouteFile(options.routes);
  if (rules === undefined)
    throw new CommandError(
      `${options.routes} has no \`prune\`: no run is ever deleted. docs/routes.md says what it can be.`,
    );
  const plan = await planOf(target, ledger, { rules, limit: options.limit });
  if (options.json) terminal.out(JSON.stringify(plan, null, 2));
  else for (const line of planLines(plan, terminal.screen, Date.now())) terminal.out(line);
  return 0;
}

async function planOf(
  target: Target,
  ledger: Ledger,
  { rules, limit }: { readonly rules: PruneRules; readonly limit: number },
): Promise<PrunePlan> {
  const state = await ledger.sweeps.readState();
  const runs = state?.scannedMs === undefined ? undefined : await loadChunks(ledger.sweeps, state.chunks);
  if (state?.scannedMs === undefined || runs === undefined)
    throw new CommandError('There is no picture of the stored runs yet: a sweep makes one every 15 minutes.');
  const nowMs = Date.now();
  const candidates = pruneCandidates(runs, rules, nowMs);
  const looked = await lookAtEach(target, ledger, rules, candidates.slice(0, limit));
  return {
    rules,
    scannedAt: new Date(state.scannedMs).toISOString(),
    storedRuns: runs.length,
    candidates: candidates.length,
    looked,
  };
}

async function lookAtEach(
  target: Target,
  { requests }: Ledger,
  rules: PruneRules,
  candidates: readonly StoredRun[],
): Promise<PlannedRun[]> {
  const omics = await openOmics(target);
  const clock = {
    nowMs: () => Date.now(),
    sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
  };
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const pace = { clock, log: silent, deadlineMs: clock.nowMs() + MOST_TIME_MS, rateShare: RATE_SHARE };
  const calls = createSweepCalls(pace);
  const runs = createPrunableRuns(() => omics);
  const planned: PlannedRun[] = [];
  for (const run of candidates) {
    const looked = await lookForPruning({ runs, requests, calls, clock, rules }, run);
    planned.push(plannedOf(run, 'kept' in looked ? looked.kept : undefined));
  }
  return planned;
}

function plannedOf(
  { runId, uuidPrefix, createdMs, status, owner }: StoredRun,
  kept: KeptBecause | undefined,
): PlannedRun {
  const createdAt = new Date(createdMs).toISOString();
  return {
    runId,
    uuidPrefix,
    createdAt,
    status,
    owner,
    verdict: kept === undefined ? 'goes' : 'stays',
    because: kept ?? null,
  };
}
